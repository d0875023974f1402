"""The number of a company's own people."""

from __future__ import annotations

import pytest

from bot.nlu.employees import find_employees
from bot.nlu.numbers import find_numbers, parse_kana, parse_kanji
from bot.nlu.text import normalise


def employees(text: str) -> int | None:
    found = find_employees(normalise(text).text)
    return found.value if found else None


class TestNumbers:
    @pytest.mark.parametrize(
        ("numeral", "value"),
        [
            ("二十五", 25),
            ("百二十", 120),
            ("千", 1000),
            ("一万二千", 12000),
            ("二五", 25),
            ("十", 10),
        ],
    )
    def test_reads_kanji(self, numeral: str, value: int) -> None:
        assert parse_kanji(numeral) == value

    @pytest.mark.parametrize(
        ("numeral", "value"), [("にじゅうご", 25), ("ひゃくさんじゅう", 130), ("いちに", None)]
    )
    def test_reads_kana(self, numeral: str, value: int | None) -> None:
        assert parse_kana(numeral) == value

    def test_reads_figures_with_commas_and_mixed_units(self) -> None:
        assert [number.value for number in find_numbers("1,200人と2百人")] == [1200, 200]


class TestFindEmployees:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("25人", 25),
            ("２５名", 25),
            ("二十五人です", 25),
            ("社員25", 25),
            ("従業員は三十人", 30),
            ("パート含めて40", 40),
            ("俺と嫁の2人でやってます", 2),
            ("一人親方です", 1),
            ("にじゅうごにんです", 25),
            ("ｼﾞｭｳｷﾞｮｳｲﾝﾊ12ﾆﾝﾃﾞｽ", 12),
            ("燕で金属加工、25人", 25),
            ("社長の私を入れて全部で9人の町工場です", 9),
            ("木製家具を六人で作ってます", 6),
            ("正社員が八人、パートさんが五人います", 13),
            ("社長のおれと職人三人", 4),
            ("派遣を除くと36名、派遣を入れると50名くらい", 36),
        ],
    )
    def test_reads_the_companys_people(self, text: str, value: int) -> None:
        assert employees(text) == value

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("30人じゃなくて25人", 25),
            ("さっきの30人は間違い、25人", 25),
            ("20人って書いたけど23人でした", 23),
            ("今は17人だけど去年までは22人いた", 17),
            ("人数は31じゃなくて13です", 13),
            ("40人って書いたけどそれはパート抜きで、入れると52人だわ", 52),
        ],
    )
    def test_takes_the_corrected_number(self, text: str, value: int) -> None:
        assert employees(text) == value

    @pytest.mark.parametrize(
        "text",
        [
            "3人辞めた",
            "応募が2人",
            "20代が5人",
            "去年3人採ったのに2人辞めました",
            "あと2人欲しい",
            "社員を2人出向させたい",
            "お客さんが30人来た",
            "新卒が1人",
            "創業50年です",
            "3年で半分になる",
            "25歳です",
            "500万円",
            "一人前になるまで10年かかる",
            "ひとりも来ない",
            "十数人です",
            "2、3人です",
            "20〜30人くらい",
            "3人に1人が辞める",
            "工場は三条です",
        ],
    )
    def test_leaves_out_other_people_and_other_numbers(self, text: str) -> None:
        assert employees(text) is None

    def test_takes_the_total_of_a_long_message(self) -> None:
        text = "松本で部品を削ってる30人の会社です。採用も毎年1人か2人はできてるけど2年で去っていく"

        assert employees(text) == 30
