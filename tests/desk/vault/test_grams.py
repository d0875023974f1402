"""Words are found in whatever width and case, and marked where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.vault.cipher import Vault
from desk.vault.grams import find_words, fold, grams_of, has_words, words_of
from desk.vault.keys import KeyFile
from desk.vault.types import gram_words

SIGNS = "離職若い子がｶﾞガＡaＢb １1が\n㍿é"


class TestFold:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("ＡＢＣ　株式会社", "abc 株式会社"),
            ("ｶﾞｿﾘﾝ", "ガソリン"),
            ("か\u3099いじん", "がいじん"),
            ("㍿信州", "株式会社信州"),
        ],
    )
    def test_one_spelling(self, text: str, folded: str) -> None:
        assert fold(text).text == folded

    @given(st.text(SIGNS))
    def test_every_character_knows_where_it_came_from(self, text: str) -> None:
        folded = fold(text)

        assert len(folded.spans) == len(folded.text)
        assert all(text[start:end] for start, end in folded.spans)


class TestGrams:
    def test_pairs_do_not_reach_over_white_space(self) -> None:
        assert grams_of("求人 票\n離職") == {"求人", "離職"}

    @given(st.text(SIGNS), st.text(SIGNS), st.text(SIGNS, min_size=2))
    def test_a_text_has_the_grams_of_whatever_stands_in_it(
        self, before: str, after: str, word: str
    ) -> None:
        if has_words(before + word + after, [fold(word).text]):
            assert grams_of(word) <= grams_of(before + word + after)

    def test_hashes_are_numbers_of_32_bits_that_only_the_key_gives(
        self, key_file: KeyFile, vault: Vault
    ) -> None:
        first, before = vault.grams({"離職", "求人"})
        second = key_file.add().id
        named, after = vault.grams({"離職", "求人"})

        assert (first, named) == (vault.key_ids[0], second)
        assert len(before) == 2
        assert all(-(1 << 31) <= number < 1 << 31 for number in before)
        assert not set(before) & set(after)
        assert vault.gram_sets({"離職", "求人"}) == [before, after]

    def test_a_negative_number_is_a_word_of_eight_digits(self) -> None:
        assert gram_words([-1, 0, 255]) == "ffffffff 00000000 000000ff"


class TestFindWords:
    @pytest.mark.parametrize(
        ("text", "typed", "marked"),
        [
            ("離職が多い。離職率は？", "離職", ["離職", "離職"]),
            ("ＡＢＣ会社の若い子", "abc 若い", ["ＡＢＣ", "若い"]),
            ("ｶﾞｿﾘﾝ代", "ガソリン", ["ｶﾞｿﾘﾝ"]),
            ("求人票", "求人 人票", ["求人票"]),
            ("㍿信州", "会社", ["㍿"]),
            ("なにもない", "離職", []),
        ],
    )
    def test_hits_are_marked_in_the_text_as_it_was_written(
        self, text: str, typed: str, marked: list[str]
    ) -> None:
        found = find_words(text, words_of(typed))

        assert [text[start:end] for start, end in found] == marked
