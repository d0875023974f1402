"""Tokens on the original text, words and clauses on the normalised."""

from __future__ import annotations

import random
import threading
from itertools import pairwise

import pytest
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.keys import CLAUSES, WORDS
from bot.nlu.tokenizer import GinzaTokenizer, tokenize


@pytest.fixture(scope="module")
def tokenizer() -> GinzaTokenizer:
    return GinzaTokenizer(GinzaTokenizer.get_default_config())


class TestGinzaTokenizer:
    @pytest.mark.parametrize(
        "text",
        [
            "ﾜｶｲ子ｶﾞ𠮷野家でめっちゃ～～やめた！！！🙂",
            "㍿つばめで25人です",
            "👨‍👩‍👧‍👦でやってます",
            "人が足りない\n求人出した",
        ],
    )
    def test_tokens_are_slices_of_the_original(self, tokenizer: GinzaTokenizer, text: str) -> None:
        tokens = tokenizer.tokenize(Message({TEXT: text}), TEXT)

        assert [text[token.start : token.end] for token in tokens] == [t.text for t in tokens]

    def test_composes_half_width_kana_into_one_token(self, tokenizer: GinzaTokenizer) -> None:
        tokens = tokenizer.tokenize(Message({TEXT: "ｶﾞｿﾘﾝを"}), TEXT)

        assert [(token.text, token.start, token.end) for token in tokens] == [
            ("ｶﾞｿﾘﾝ", 0, 5),
            ("を", 5, 6),
        ]

    def test_tokens_do_not_overlap_whatever_is_typed(self, tokenizer: GinzaTokenizer) -> None:
        alphabet = "あさ社員𠮷ﾊﾟﾞ゛〜ー…。！1２ａ㍿①🙂👨‍👩 　\n\u200b\ufe0f\u0301\x00"
        chance = random.Random(3)
        for _ in range(500):
            text = "".join(chance.choice(alphabet) for _ in range(chance.randint(0, 30)))

            tokens = tokenizer.tokenize(Message({TEXT: text}), TEXT)

            assert all(a.end <= b.start for a, b in pairwise(tokens))
            assert all(text[token.start : token.end] == token.text for token in tokens)

    def test_takes_two_thousand_characters(self, tokenizer: GinzaTokenizer) -> None:
        message = Message({TEXT: "若い子が続かなくて、" * 200})

        tokenizer.process([message])

        assert message.get(WORDS)[-1].end == 2000
        assert len(message.get(CLAUSES)) <= 24

    @pytest.mark.parametrize(
        ("text", "clauses"),
        [
            (
                "若い子が続かなくて、求人出しても応募がない",
                ["若い子が続かなくて", "求人出しても応募がない"],
            ),
            ("採用は足りてるけど育成が", ["採用は足りてるけど", "育成が"]),
            ("どうすればいいか教えてください", ["どうすればいいか教えてください"]),
            ("人が足りない 求人を出しても来ない", ["人が足りない", "求人を出しても来ない"]),
        ],
    )
    def test_splits_clauses(self, tokenizer: GinzaTokenizer, text: str, clauses: list[str]) -> None:
        message = Message({TEXT: text})

        tokenizer.process([message])

        assert [clause.text.rstrip("、") for clause in message.get(CLAUSES)] == clauses

    def test_works_in_several_threads_at_once(self) -> None:
        failures: list[Exception] = []

        def work() -> None:
            try:
                for _ in range(50):
                    tokenize("求人を出しても応募がありません")
            except RuntimeError as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert not failures
