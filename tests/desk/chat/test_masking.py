"""Numbers that must not be stored."""

import pytest

from desk.chat.masking import MASK, mask_numbers

WORDS = ("口座",)


class TestMaskNumbers:
    @pytest.mark.parametrize(
        "text",
        [
            "マイナンバーは123456789018です",
            "１２３４５６７８９０１８",
            "1234-5678-9018",
            "カード 4111 1111 1111 1111 で払う",
            "口座番号は1234567です",
        ],
    )
    def test_secret_number_is_hidden(self, text: str):
        assert MASK in mask_numbers(text, WORDS)

    @pytest.mark.parametrize(
        "text",
        [
            "従業員は25人です",
            "電話は0256-12-3456です",
            "売上は120000000円くらい",
            "123456789012",
            "4111111111111112",
            "番号は1234567です",
            "受付番号TSU-2611-0042",
        ],
    )
    def test_ordinary_number_stays(self, text: str):
        assert mask_numbers(text, WORDS) == text

    def test_text_around_the_number_stays_as_typed(self):
        assert mask_numbers("え𠮷１２３４５６７８９０１８ね", WORDS) == f"え𠮷{MASK}ね"
