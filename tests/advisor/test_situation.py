"""What is known about a company: immutable, and stored as JSON."""

import json

import pytest

from advisor.errors import SituationError
from advisor.situation import Situation


class TestSituation:
    def test_a_fact_replaces_an_earlier_one_and_not_knowing(self) -> None:
        situation = Situation().with_unknown("employees").with_fact("employees", 25, "25人")

        assert situation.facts == {"employees": 25}
        assert situation.unknown == frozenset()
        assert situation.quotes == {"employees": "25人"}

    def test_not_knowing_replaces_a_level_and_its_quote(self) -> None:
        situation = Situation().with_level("F4.a", 2, "ときどき").with_unknown("F4.a")

        assert situation.levels == {}
        assert situation.quotes == {}
        assert situation.knows("F4.a")

    @pytest.mark.parametrize("level", [-1, 5])
    def test_a_level_outside_0_to_4_is_refused(self, level: int) -> None:
        with pytest.raises(SituationError):
            Situation().with_level("F4.a", level)

    def test_the_first_words_about_a_concern_stay(self) -> None:
        situation = (
            Situation().with_concern("hiring", "来ない").with_concern("hiring", "まだ来ない")
        )

        assert [s.quote for s in situation.concerns] == ["来ない"]

    def test_words_are_added_to_a_concern_without_any(self) -> None:
        situation = Situation().with_concern("hiring").with_concern("engagement", "続かない")
        situation = situation.with_concern("hiring", "来ない").with_concern("hiring")

        assert [s.quote for s in situation.concerns] == ["来ない", "続かない"]

    def test_an_answer_or_concern_can_be_taken_back(self) -> None:
        situation = Situation().with_fact("employees", 25, "25人").with_concern("hiring", "来ない")

        situation = situation.without("employees").without("hiring")

        assert situation == Situation()
        assert not situation.knows("employees")

    def test_mappings_cannot_be_changed(self) -> None:
        facts = {"employees": 25}
        situation = Situation(facts=facts)
        facts["employees"] = 1

        assert situation.facts["employees"] == 25
        with pytest.raises(TypeError):
            situation.facts["employees"] = 2  # type: ignore[index]


class TestJson:
    def test_a_situation_comes_back_from_json(self) -> None:
        situation = (
            Situation()
            .with_fact("municipality", "燕市", "燕市。25人")
            .with_fact("accepts_external_talent", False)
            .with_level("F4.a", 0, "ないなあ")
            .with_unknown("employees")
            .with_concern("hiring", "応募がない")
        )

        stored = json.loads(json.dumps(situation.to_json()))

        assert Situation.from_json(stored) == situation

    def test_an_empty_object_is_an_empty_situation(self) -> None:
        assert Situation.from_json({}) == Situation()

    @pytest.mark.parametrize(
        "data", [{"concerns": ["hiring"]}, {"levels": {"a": "x"}}, {"facts": 3}, {"unknown": 5}]
    )
    def test_another_shape_is_an_error(self, data: dict[str, object]) -> None:
        with pytest.raises(SituationError, match="not a stored situation"):
            Situation.from_json(data)
