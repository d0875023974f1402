"""Normalising, and the way back to the text as it was typed."""

from __future__ import annotations

import random

import pytest

from bot.nlu.text import Span, normalise


class TestNormalise:
    @pytest.mark.parametrize(
        ("typed", "plain"),
        [
            ("ﾜｶｲ子ｶﾞ続かﾅｲ", "ワカイ子ガ続かナイ"),
            ("２５人", "25人"),
            ("ＴＢＭ―２６１１ー００４２", "tbm-2611-0042"),
            ("スーパ−をやってます！！！", "スーパーをやってます!"),
            ("す〜ごく困ってまーーす", "すーごく困ってまーす"),
            ("20～30人", "20〜30人"),
            ("困ってます・・・", "困ってます…"),
            ("髙橋", "高橋"),
            ("か゛んは゛る", "がんばる"),
            ("人が　足りない\u200b", "人が 足りない"),
            ("あああああああ", "あああ"),
            ("1,000人,そう", "1,000人、そう"),
            ("  \n　", ""),
        ],
    )
    def test_brings_spellings_together(self, typed: str, plain: str) -> None:
        assert normalise(typed).text == plain

    def test_keeps_the_original_text(self) -> None:
        assert normalise("２５人").original == "２５人"

    def test_ignores_what_is_beyond_the_limit(self) -> None:
        assert len(normalise("若い子が、" * 1000, max_chars=2000).text) == 2000

    @pytest.mark.parametrize("text", ["👍", "。。。", "？！", "", "\u200d\ufe0f"])
    def test_finds_no_words_in_symbols(self, text: str) -> None:
        assert not normalise(text).has_words


class TestToOriginal:
    @pytest.mark.parametrize(
        ("typed", "part", "original"),
        [
            ("うちは𠮷野家ﾃﾞｽ", "デス", "ﾃﾞｽ"),
            ("🙂ｶﾞｿﾘﾝｽﾀﾝﾄﾞ", "ガソリンスタンド", "ｶﾞｿﾘﾝｽﾀﾝﾄﾞ"),
            ("㍿つばめで２５人", "株式会社", "㍿"),
            ("困った！！！ほんとに", "!", "！！！"),
            ("👨‍👩‍👧‍👦が２５人", "25人", "２５人"),
        ],
    )
    def test_gives_the_span_as_it_was_typed(self, typed: str, part: str, original: str) -> None:
        text = normalise(typed)
        start = text.text.index(part)

        span = text.to_original(start, start + len(part))

        assert typed[span.start : span.end] == original

    def test_gives_an_empty_span_for_an_empty_one(self) -> None:
        assert normalise("人").to_original(1, 1) == Span(1, 1)

    def test_offsets_rise_and_stay_inside_whatever_is_typed(self) -> None:
        alphabet = "あガ漢𠮷野ﾊﾟﾞ゛〜ー-…。！1２ａ㍿①🙂👨‍👩 　\n\u200b\ufe0f\u0301\x00"
        chance = random.Random(7)
        for _ in range(2000):
            typed = "".join(chance.choice(alphabet) for _ in range(chance.randint(0, 30)))

            text = normalise(typed)

            assert len(text.text) == len(text.starts) == len(text.ends)
            assert list(text.starts) == sorted(text.starts)
            assert all(
                0 <= a < b <= len(typed) for a, b in zip(text.starts, text.ends, strict=True)
            )
