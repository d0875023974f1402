"""Lengths and cuts as LINE counts: UTF-16 units, characters as readers see them, bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.line.messages import measure

YOSHI = "\U00020bb7"
"""A kanji beyond U+FFFF, in many names."""
IVS = "葛\U000e0100"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
HARD = st.sampled_from([YOSHI, IVS, FAMILY, "か\u3099", "、", "。", "\n", "a", "」", " "])
TEXTS = st.lists(HARD, max_size=60).map("".join)


@pytest.mark.parametrize(
    ("text", "units", "clusters", "label"),
    [
        ("吉野家", 3, 3, 3),
        (f"{YOSHI}野家", 4, 3, 3),
        (f"{IVS}城", 4, 2, 3),
        (FAMILY, 11, 1, 7),
        ("\U0001f34e", 2, 1, 1),
        ("", 0, 0, 0),
    ],
)
def test_lengths(text: str, units: int, clusters: int, label: int) -> None:
    assert measure.utf16_units(text) == units == len(text.encode("utf-16-le")) // 2
    assert len(measure.graphemes(text)) == clusters
    assert measure.label_length(text) == label


class TestCuts:
    def test_a_label_that_fits_stays(self) -> None:
        assert measure.cut_label("あ" * 20, 20) == "あ" * 20

    def test_a_label_ends_before_a_character_that_would_be_halved(self) -> None:
        assert measure.cut_label("あ" * 14 + FAMILY, 20) == "あ" * 14 + "…"

    def test_a_label_is_cut_where_a_variant_would_lose_its_selector(self) -> None:
        assert measure.cut_label("あ" * 18 + IVS + "い", 20) == "あ" * 18 + "…"

    def test_one_character_of_too_many_signs_does_not_empty_the_label(self) -> None:
        cut = measure.cut_label("あ" + "\u0301" * 50, 20)

        assert 1 < len(cut) <= 20

    @given(TEXTS, st.integers(2, 30))
    def test_cuts_keep_to_the_limit_and_to_the_beginning(self, text: str, most: int) -> None:
        label, words = measure.cut_label(text, most), measure.cut_text(text, most)

        assert measure.label_length(label) <= most
        assert measure.utf16_units(words) <= most
        for cut in (label, words):
            assert cut == text or text.startswith(cut.removesuffix("…"))


class TestSplitting:
    @given(TEXTS, st.integers(11, 40), st.booleans())
    def test_nothing_is_lost_and_no_character_halved(
        self, text: str, most: int, anywhere: bool
    ) -> None:
        pieces = measure.split_text(text, most, anywhere=anywhere)

        assert "".join(pieces) == text
        assert all(0 < measure.utf16_units(piece) <= most for piece in pieces)
        assert sum(map(len, map(measure.graphemes, pieces))) == len(measure.graphemes(text))

    def test_a_sentence_ends_the_piece(self) -> None:
        assert measure.split_text("あいう。えお。かきく", 9) == ["あいう。えお。", "かきく"]

    def test_a_closing_mark_stays_with_its_sentence(self) -> None:
        assert measure.split_text("「あいうえお。」かきく", 10) == ["「あいうえお。」", "かきく"]

    def test_an_empty_line_is_the_better_border(self) -> None:
        assert measure.split_text("あいう\n\nえ。お。か", 8) == ["あいう\n\n", "え。お。か"]


class TestAddresses:
    def test_kanji_count_nine_times(self) -> None:
        assert measure.uri_length("https://example.jp/燕") == len("https://example.jp/") + 9

    def test_what_is_encoded_stays(self) -> None:
        assert measure.encoded_uri("https://a.jp/%E7%87%95?a=b#c") == "https://a.jp/%E7%87%95?a=b#c"


def test_bytes_are_those_of_the_longer_spelling() -> None:
    assert measure.json_bytes({"a": "人"}) == len('{"a": "\\u4eba"}')
