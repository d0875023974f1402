"""Finding passages: words and vectors together, filters, and when a result is sure."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from advisor.retrieval.index import PassageIndex
from advisor.retrieval.language import SentenceEncoder, SudachiTokenizer
from advisor.retrieval.passages import Passage

Ask = Callable[..., list[bool]]


def passage(key: str, text: str, *, context: str = "", program: str | None = None) -> Passage:
    return Passage(key=key, text=text, context=context, source="seed", program=program)


class TestSudachiTokenizer:
    def test_spellings_of_a_word_become_one(self, tokenizer: SudachiTokenizer) -> None:
        assert tokenizer.words("申込の受付") == tokenizer.words("申し込みの受け付け")

    def test_only_words_with_content_stay(self, tokenizer: SudachiTokenizer) -> None:
        assert tokenizer.words("社員が、よその会社で働いたのです。") == [
            "社員", "余所", "会社", "働く",
        ]  # fmt: skip

    def test_a_compound_stands_beside_its_parts(self, tokenizer: SudachiTokenizer) -> None:
        words = tokenizer.words("助成金")

        assert words == ["助成金", "助成", "金"]

    def test_words_of_any_question_are_left_out(self, tokenizer: SudachiTokenizer) -> None:
        assert tokenizer.words("教えてください") == []

    def test_another_tokenizer_may_keep_other_words(self) -> None:
        nouns = SudachiTokenizer({"名詞"}, {"会社"})

        assert nouns.words("会社で社員が働く") == ["社員"]

    def test_it_serves_several_threads(self, tokenizer: SudachiTokenizer) -> None:
        texts = ["出向の相手を探してくれるところは", "副業の補助金"] * 200

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(tokenizer.words, texts))

        assert found == [tokenizer.words(text) for text in texts]


class TestSentenceEncoder:
    def test_one_serves_the_process(self, encoder: SentenceEncoder) -> None:
        assert SentenceEncoder.shared() is encoder

    def test_vectors_are_of_unit_length(self, encoder: SentenceEncoder) -> None:
        vectors = encoder.encode(["人が続かない", "社員がすぐ辞める"])

        assert vectors.shape == (2, 512)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-4)

    def test_no_texts_have_no_vectors(self, encoder: SentenceEncoder) -> None:
        assert encoder.encode([]).shape == (0, 512)


class TestFind:
    @pytest.fixture
    def few(self, tokenizer: SudachiTokenizer, encoder: SentenceEncoder) -> PassageIndex:
        return PassageIndex(
            [
                passage("programs/a/answers/amount", "上限は50万円です。", program="a"),
                passage("programs/b/answers/amount", "相談は無料です。", program="b"),
                passage("topics/line", "LINEでは受け付けていません。"),
            ],
            tokenizer,
            encoder,
            unanswered=[
                passage("programs/b/unanswered/1", "", context="相談の予約は無料か", program="b"),
            ],
        )

    def test_the_nearest_comes_first_and_scores_fall(self, few: PassageIndex) -> None:
        found = few.find("相談は無料ですか")

        assert found[0].passage.key == "programs/b/answers/amount"
        scores = [item.score for item in found]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)

    def test_no_more_than_the_limit_are_given(self, few: PassageIndex) -> None:
        assert len(few.find("相談は無料ですか", limit=2)) == 2

    def test_only_passages_of_the_programs_are_given(self, few: PassageIndex) -> None:
        found = few.find("相談は無料ですか", programs=["a"])

        assert [item.passage.program for item in found] == ["a"]

    def test_only_passages_of_the_kinds_are_given(self, few: PassageIndex) -> None:
        found = few.find("相談は無料ですか", kinds=["topics"])

        assert [item.passage.kind for item in found] == ["topics"]

    def test_nothing_is_given_when_no_passage_is_allowed(self, few: PassageIndex) -> None:
        assert few.find("相談は無料ですか", programs=["c"]) == ()

    @pytest.mark.parametrize("question", ["", " 　\n"])
    def test_an_empty_question_finds_nothing(self, few: PassageIndex, question: str) -> None:
        assert few.find(question) == ()

    def test_a_question_without_content_words_is_never_sure(self, few: PassageIndex) -> None:
        found = few.find("それは、どうですか")

        assert len(found) == 3
        assert not any(item.is_sure for item in found)

    def test_an_index_of_nothing_finds_nothing(
        self, tokenizer: SudachiTokenizer, encoder: SentenceEncoder
    ) -> None:
        assert PassageIndex([], tokenizer, encoder).find("相談は無料ですか") == ()

    def test_asking_twice_gives_the_same(self, few: PassageIndex) -> None:
        assert few.find("相談は無料ですか") == few.find("相談は無料ですか")


class TestIsSure:
    QUESTION = "相談は無料ですか"
    ANSWER = passage("programs/b/answers/amount", "相談は無料です。", program="b")
    OTHERS = (
        passage("programs/a/answers/amount", "上限は50万円です。", program="a"),
        passage("topics/line", "LINEでは受け付けていません。"),
    )

    @pytest.fixture
    def sure_of(self, tokenizer: SudachiTokenizer, encoder: SentenceEncoder) -> Ask:
        def ask(question: str, *more: Passage, unanswered: tuple[Passage, ...] = ()) -> list[bool]:
            rows = [self.ANSWER, *self.OTHERS, *more]
            index = PassageIndex(rows, tokenizer, encoder, unanswered=unanswered)
            return [item.is_sure for item in index.find(question)]

        return ask

    def test_a_passage_that_holds_the_whole_question_is_sure_alone(self, sure_of: Ask) -> None:
        assert sure_of(self.QUESTION) == [True, False, False]

    def test_a_telling_word_that_no_passage_holds_makes_unsure(self, sure_of: Ask) -> None:
        assert not any(sure_of("インボイスの相談は無料ですか"))

    def test_one_word_asks_nothing(self, sure_of: Ask) -> None:
        assert not any(sure_of("無料"))

    def test_a_question_known_to_have_no_answer_is_not_answered(self, sure_of: Ask) -> None:
        nothing = passage("unanswered/1", "", context=self.QUESTION)

        assert not any(sure_of(self.QUESTION, unanswered=(nothing,)))

    def test_two_subjects_equally_near_are_not_told_apart(self, sure_of: Ask) -> None:
        other = passage("programs/c/answers/amount", "相談は、無料です。", program="c")

        assert not any(sure_of(self.QUESTION, other))

    def test_two_subjects_that_say_the_same_do_not_disturb(self, sure_of: Ask) -> None:
        same = passage("programs/c/answers/amount", self.ANSWER.text, program="c")

        assert sure_of(self.QUESTION, same)[0]

    def test_what_another_program_leaves_open_does_not_disturb_inside_one_program(
        self, tokenizer: SudachiTokenizer, encoder: SentenceEncoder
    ) -> None:
        other = passage("programs/a/unanswered/1", "", context=self.QUESTION, program="a")
        own = passage("programs/b/unanswered/1", "", context=self.QUESTION, program="b")
        rows = [self.ANSWER, *self.OTHERS]

        beside_other = PassageIndex(rows, tokenizer, encoder, unanswered=[other])
        beside_own = PassageIndex(rows, tokenizer, encoder, unanswered=[own])

        assert beside_other.find(self.QUESTION, programs=["b"])[0].is_sure
        assert not beside_own.find(self.QUESTION, programs=["b"])[0].is_sure


class TestRealKnowledge:
    def test_no_question_finds_what_nothing_published_answers(self, index: PassageIndex) -> None:
        found = index.find("新現役交流会の申し込み方", limit=len(index.passages) + 1)

        assert len(found) == len(index.passages)
        assert all(item.passage.text for item in found)
