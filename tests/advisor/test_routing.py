"""Routing and the table of places."""

import pytest

from advisor.knowledge import KnowledgeBase
from advisor.labels import HUBS
from advisor.places import Places
from advisor.routing import RouteKind, route


def where(
    kb: KnowledgeBase, municipality: str | None, prefecture: str | None = None
) -> tuple[str, str | None]:
    found = route(kb, municipality=municipality, prefecture=prefecture)
    return found.kind.value, found.hub_id


class TestRoute:
    @pytest.mark.parametrize(
        "name",
        [
            "燕市",
            "燕",
            "つばめ",
            "ツバメ",
            "ﾂﾊﾞﾒｼ",
            "つばめし",
            "つばめ市",
            "新潟県燕市",
            "新潟燕市",
            " 燕 市 ",
        ],
    )
    def test_a_hub_is_found_by_every_spelling_of_its_place(
        self, small: KnowledgeBase, name: str
    ) -> None:
        assert where(small, name) == ("hub", "tsubame")

    @pytest.mark.parametrize(
        "name", ["三条市", "さんじょう", "豊栄市", "豊栄", "北区", "大子", "久慈郡大子町"]
    )
    def test_other_places_of_the_prefectures_go_to_the_bureau(
        self, small: KnowledgeBase, name: str
    ) -> None:
        assert where(small, name) == ("bureau", "bureau")

    def test_characters_written_in_two_ways_mean_the_same(self, small: KnowledgeBase) -> None:
        for name in ("鎌ケ谷市", "鎌ヶ谷市", "鎌ヶ谷", "かまがや"):
            assert where(small, name) == ("bureau", "bureau")

    def test_a_name_in_two_prefectures_is_asked_back(self, small: KnowledgeBase) -> None:
        found = route(small, municipality="昭和", prefecture=None)

        assert found.kind is RouteKind.AMBIGUOUS
        assert found.candidates == ("群馬県昭和村", "山梨県昭和町")
        assert found.hub_id is None

    def test_the_prefecture_settles_it(self, small: KnowledgeBase) -> None:
        found = route(small, municipality="昭和", prefecture="山梨")

        assert found.municipality is not None
        assert found.municipality.full_name == "山梨県昭和町"

    def test_a_candidate_that_was_asked_back_is_clear(self, small: KnowledgeBase) -> None:
        assert where(small, "群馬県昭和村") == ("bureau", "bureau")
        assert where(small, "東京都府中市") == ("bureau", "bureau")
        assert where(small, "広島県府中市") == ("outside", None)

    def test_a_namesake_outside_is_asked_back(self, small: KnowledgeBase) -> None:
        found = route(small, municipality="府中", prefecture=None)

        assert found.kind is RouteKind.AMBIGUOUS
        assert found.candidates == ("東京都府中市", "広島県府中市")

    def test_an_area_is_asked_back(self, small: KnowledgeBase) -> None:
        found = route(small, municipality="燕三条", prefecture=None)

        assert found.candidates == ("新潟県燕市", "新潟県三条市")

    @pytest.mark.parametrize(
        "name",
        ["大阪市", "大阪", "大阪府", "大阪府堺市", "大阪堺", "札幌", "北海道", "大阪府箕面市"],
    )
    def test_places_elsewhere_are_outside(self, small: KnowledgeBase, name: str) -> None:
        assert where(small, name) == ("outside", None)

    def test_a_prefecture_alone_goes_to_the_bureau(self, small: KnowledgeBase) -> None:
        assert where(small, None, "新潟県") == ("bureau", "bureau")
        assert where(small, None, "新潟") == ("bureau", "bureau")
        assert where(small, "山梨県", None) == ("bureau", "bureau")
        assert where(small, None, "大阪府") == ("outside", None)

    def test_an_unknown_name_in_a_known_prefecture_goes_by_the_prefecture(
        self, small: KnowledgeBase
    ) -> None:
        assert where(small, "どこか町", "新潟県") == ("bureau", "bureau")
        assert where(small, "どこか町", "大阪府") == ("outside", None)
        assert where(small, "新潟県どこか町") == ("bureau", "bureau")

    def test_a_place_that_is_not_in_the_stated_prefecture_is_asked_back(
        self, small: KnowledgeBase
    ) -> None:
        found = route(small, municipality="燕市", prefecture="山梨県")

        assert found.kind is RouteKind.AMBIGUOUS
        assert found.candidates == ("新潟県燕市",)
        assert where(small, "新潟県燕市", "山梨県")[0] == "ambiguous"

    def test_nothing_known_is_unknown(self, small: KnowledgeBase) -> None:
        assert where(small, None) == ("unknown", None)
        assert where(small, "どこか町") == ("unknown", None)
        assert where(small, None, "どこか県") == ("unknown", None)
        assert where(small, "どこか町", "どこか県") == ("unknown", None)


class TestPlaces:
    def test_an_unknown_prefecture_finds_nothing(self, small: KnowledgeBase) -> None:
        assert small.places.resolve("燕市", "どこか県") == ()

    def test_areas_are_found_by_name(self, small: KnowledgeBase) -> None:
        area = small.places.area("燕三条")

        assert area is not None
        assert area.candidates == ("燕市", "三条市")
        assert small.places.area("燕") is None

    def test_candidates_of_an_area_may_name_their_prefecture(self, small: KnowledgeBase) -> None:
        found = route(small, municipality="昭和の里", prefecture=None)

        assert found.candidates == ("群馬県昭和村", "山梨県昭和町")

    @pytest.mark.parametrize(
        ("name", "is_outside"),
        [
            ("堺市", True),
            ("堺", True),
            ("大阪", True),
            ("府中市", False),
            ("燕", False),
            ("どこか", False),
        ],
    )
    def test_outside(self, small: KnowledgeBase, name: str, is_outside: bool) -> None:
        assert small.places.is_outside(name) is is_outside

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("うちは三条でやってます", ["三条市"]),
            ("新潟の三条市です", ["三条市"]),
            ("新潟県の会社です", []),
            ("山梨の昭和にあります", ["昭和町"]),
            ("燕三条のあたりです", ["三条市"]),
            ("豊栄で金属加工", ["新潟市"]),
            ("昭和の里で旅館", ["昭和村", "昭和町"]),
            ("金属加工です", []),
            ("燕", ["燕市"]),
        ],
    )
    def test_names_are_found_in_sentences(
        self, small: KnowledgeBase, text: str, names: list[str]
    ) -> None:
        assert [m.name for m in small.places.find_in(text)] == names

    @pytest.mark.parametrize(
        ("text", "prefecture"),
        [
            ("新潟", "新潟県"),
            ("長くて新潟県です", "新潟県"),
            ("大阪の会社", "大阪府"),
            ("どこか", None),
        ],
    )
    def test_prefectures_are_found_in_sentences(
        self, small: KnowledgeBase, text: str, prefecture: str | None
    ) -> None:
        assert small.places.find_prefecture(text) == prefecture

    def test_without_word_lists_only_full_names_are_found(self, small: KnowledgeBase) -> None:
        bare = Places(small.places.municipalities, {}, (), type(small.places.marks)())

        assert [m.name for m in bare.resolve("燕市")] == ["燕市"]
        assert bare.resolve("燕") == ()


class TestRealTable:
    def test_every_municipality_of_the_eleven_prefectures_is_routed(
        self, real: KnowledgeBase
    ) -> None:
        served = {}
        for municipality in real.places.municipalities:
            found = route(real, municipality=municipality.name, prefecture=municipality.prefecture)
            assert found.municipality == municipality
            assert found.kind in {RouteKind.HUB, RouteKind.BUREAU}
            served.setdefault(found.hub_id, municipality.name)

        assert set(served) == set(HUBS)

    def test_every_name_with_its_prefecture_is_clear(self, real: KnowledgeBase) -> None:
        for municipality in real.places.municipalities:
            found = route(real, municipality=municipality.full_name, prefecture=None)

            assert found.municipality == municipality

    def test_a_name_alone_is_clear_or_asked_back(self, real: KnowledgeBase) -> None:
        for municipality in real.places.municipalities:
            found = route(real, municipality=municipality.name, prefecture=None)

            if found.kind is RouteKind.AMBIGUOUS:
                assert municipality.full_name in found.candidates
                assert len(found.candidates) > 1
            else:
                assert found.municipality == municipality

    def test_every_place_outside_is_outside_or_asked_back(self, real: KnowledgeBase) -> None:
        for prefecture in real.places.outside_prefectures:
            assert where(real, None, prefecture) == ("outside", None)

    @pytest.mark.parametrize(
        ("name", "hub"),
        [
            ("塩尻", "shiojiri"),
            ("日立", "hitachi"),
            ("三島", "mishima"),
            ("長岡", "nagaoka"),
            ("大子", "daigo"),
            ("常陸太田", "hitachiota"),
            ("松本", "matsumoto"),
            ("燕", "tsubame"),
        ],
    )
    def test_short_forms_of_the_eight_areas(self, real: KnowledgeBase, name: str, hub: str) -> None:
        assert where(real, name) == ("hub", hub)
