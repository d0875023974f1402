"""A situation is the same after it was stored."""

import json

from hypothesis import given
from hypothesis import strategies as st

from advisor.situation import Situation, Statement

keys = st.text(max_size=8)
values = st.one_of(st.booleans(), st.integers(), st.text(max_size=20))
any_situation = st.builds(
    Situation,
    facts=st.dictionaries(keys, values, max_size=6),
    levels=st.dictionaries(keys, st.integers(0, 4), max_size=6),
    unknown=st.frozensets(keys, max_size=6),
    concerns=st.lists(st.builds(Statement, concern=keys, quote=st.text()), max_size=4).map(tuple),
    quotes=st.dictionaries(keys, st.text(), max_size=4),
)


def kinds(situation: Situation) -> list[type]:
    return [type(value) for value in situation.facts.values()]


class TestStoring:
    @given(situation=any_situation)
    def test_what_is_written_is_read_back(self, situation: Situation) -> None:
        stored = json.dumps(situation.to_json(), ensure_ascii=False)

        read = Situation.from_json(json.loads(stored))

        assert read == situation
        assert kinds(read) == kinds(situation)

    @given(situation=any_situation, key=keys, value=values)
    def test_a_fact_that_is_taken_back_leaves_no_trace(
        self, situation: Situation, key: str, value: bool | int | str
    ) -> None:
        noted = situation.with_fact(key, value, "そのままの言葉")

        assert not noted.without(key).knows(key)
        assert key not in noted.without(key).quotes
        assert noted.without(key) == situation.without(key)

    @given(situation=any_situation, key=keys, value=values)
    def test_the_last_answer_holds(
        self, situation: Situation, key: str, value: bool | int | str
    ) -> None:
        noted = situation.with_unknown(key).with_fact(key, value)

        assert noted.facts[key] == value
        assert key not in noted.unknown
        assert situation.with_fact(key, value).with_unknown(key).facts.get(key) is None
