"""Routing is total: every place gets its desk, and what is no place gets no hub."""

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.labels import BUREAU
from advisor.places import Municipality, to_katakana
from advisor.routing import Route, RouteKind, route
from tests.advisor.properties.conftest import real_base

PLACES = real_base().places
HUB_PLACES = [m for m in PLACES.municipalities if m.hub != BUREAU]
SYLLABLES = [
    "市",
    "町",
    "村",
    "県",
    "郡",
    "区",
    "の",
    "です",
    "旧",
    "新",
    "東",
    " ",
    "　",
    "ほげ",
    "x",
]
fragments = st.sampled_from(
    [*SYLLABLES, *PLACES.prefectures, *PLACES.outside_prefectures, *PLACES.areas]
    + [word for m in HUB_PLACES for word in (m.name, m.kana, *m.aliases, m.name[:-1])]
)
place_like = st.lists(fragments, max_size=4).map("".join)
texts = st.one_of(st.text(max_size=12), place_like)
prefectures = st.one_of(
    st.none(), st.sampled_from([*PLACES.prefectures, *PLACES.outside_prefectures]), texts
)


def desk_of(municipality: Municipality) -> tuple[RouteKind, str]:
    kind = RouteKind.BUREAU if municipality.hub == BUREAU else RouteKind.HUB
    return kind, municipality.hub


def is_desk_of(found: Route, municipality: Municipality) -> bool:
    return (found.kind, found.hub_id) == desk_of(municipality)


def words_of(municipality: Municipality) -> set[str]:
    """Names under which owners write a municipality, without their endings."""
    names = {PLACES.fold(n) for n in (municipality.name, municipality.kana, *municipality.aliases)}
    marks = (*PLACES.marks.suffixes, *PLACES.marks.readings)
    bare = {n.removesuffix(mark) for n in names for mark in marks if n != mark}
    return {to_katakana(name) for name in (names | bare) if name}


class TestEveryMunicipality:
    def test_its_name_with_the_prefecture_leads_to_its_desk(self) -> None:
        kb = real_base()

        wrong = [
            m.full_name
            for m in PLACES.municipalities
            for found in (
                route(kb, municipality=m.name, prefecture=m.prefecture),
                route(kb, municipality=m.full_name, prefecture=None),
                route(kb, municipality=m.full_name, prefecture=m.prefecture),
            )
            if not is_desk_of(found, m) or found.municipality != m
        ]

        assert wrong == []

    def test_its_name_alone_leads_to_its_desk_or_is_asked_back_with_it(self) -> None:
        kb = real_base()

        wrong = []
        for m in PLACES.municipalities:
            found = route(kb, municipality=m.name, prefecture=None)
            is_asked_back = found.kind is RouteKind.AMBIGUOUS and m.full_name in found.candidates
            if not is_desk_of(found, m) and not is_asked_back:
                wrong.append(m.full_name)

        assert wrong == []

    def test_every_place_that_is_asked_back_is_clear_when_it_is_chosen(self) -> None:
        kb = real_base()

        unclear = []
        for m in PLACES.municipalities:
            for name in route(kb, municipality=m.name, prefecture=None).candidates:
                chosen = route(kb, municipality=name, prefecture=None)
                if chosen.kind not in {RouteKind.HUB, RouteKind.BUREAU, RouteKind.OUTSIDE}:
                    unclear.append(name)

        assert unclear == []


class TestAnyText:
    @settings(max_examples=400)
    @given(municipality=st.one_of(st.none(), texts), prefecture=prefectures)
    def test_always_gets_one_of_five_answers(
        self, municipality: str | None, prefecture: str | None
    ) -> None:
        found = route(real_base(), municipality=municipality, prefecture=prefecture)

        is_desk = found.kind in {RouteKind.HUB, RouteKind.BUREAU}
        assert (found.hub_id is not None) == is_desk
        assert bool(found.candidates) == (found.kind is RouteKind.AMBIGUOUS)
        if found.hub_id is not None:
            assert found.hub_id in real_base().hubs

    @settings(max_examples=400)
    @given(text=texts, prefecture=prefectures)
    def test_gets_a_hub_only_when_it_names_a_municipality_of_that_hub(
        self, text: str, prefecture: str | None
    ) -> None:
        found = route(real_base(), municipality=text, prefecture=prefecture)

        if found.kind is RouteKind.HUB:
            assert found.municipality is not None
            assert found.municipality.hub == found.hub_id
            written = to_katakana(PLACES.fold(text))
            assert any(word in written for word in words_of(found.municipality))

    @given(prefecture=prefectures)
    def test_a_prefecture_alone_never_gets_a_hub(self, prefecture: str | None) -> None:
        found = route(real_base(), municipality=None, prefecture=prefecture)

        assert found.kind is not RouteKind.HUB
