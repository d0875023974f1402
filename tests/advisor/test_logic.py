"""Three-valued logic."""

import itertools

import pytest

from advisor.logic import (
    AllOf,
    AnyOf,
    Comparison,
    FactValue,
    Not,
    Operator,
    Truth,
    all_of,
    any_of,
    comparisons,
    evaluate,
    negate,
    open_facts,
)

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def compare(fact: str, op: str, value: FactValue | tuple[FactValue, ...]) -> Comparison:
    return Comparison(fact=fact, op=Operator(op), value=value)


class TestTruthTables:
    @pytest.mark.parametrize(
        ("left", "right", "both", "either"),
        [
            (T, T, T, T),
            (T, F, F, T),
            (T, U, U, T),
            (F, F, F, F),
            (F, U, F, U),
            (U, U, U, U),
        ],
    )
    def test_and_and_or_follow_kleene(
        self, left: Truth, right: Truth, both: Truth, either: Truth
    ) -> None:
        assert all_of([left, right]) is all_of([right, left]) is both
        assert any_of([left, right]) is any_of([right, left]) is either

    @pytest.mark.parametrize(("value", "opposite"), [(T, F), (F, T), (U, U)])
    def test_unknown_stays_unknown_when_negated(self, value: Truth, opposite: Truth) -> None:
        assert negate(value) is opposite

    def test_nothing_combines_to_the_neutral_value(self) -> None:
        assert all_of([]) is T
        assert any_of([]) is F

    def test_de_morgan_holds(self) -> None:
        for left, right in itertools.product(Truth, repeat=2):
            assert negate(all_of([left, right])) is any_of([negate(left), negate(right)])


class TestEvaluate:
    @pytest.mark.parametrize(
        ("op", "below", "at", "above"),
        [
            ("lt", T, F, F),
            ("le", T, T, F),
            ("gt", F, F, T),
            ("ge", F, T, T),
            ("eq", F, T, F),
            ("ne", T, F, T),
        ],
    )
    def test_thresholds(self, op: str, below: Truth, at: Truth, above: Truth) -> None:
        condition = compare("employees", op, 20)

        values = [evaluate(condition, {"employees": number}) for number in (19, 20, 21)]

        assert values == [below, at, above]

    def test_an_absent_fact_is_unknown_whatever_the_operator(self) -> None:
        for op in ("eq", "ne", "lt", "le", "gt", "ge"):
            assert evaluate(compare("employees", op, 20), {}) is U
        assert evaluate(compare("industry", "in", ("E",)), {}) is U

    def test_membership(self) -> None:
        condition = compare("industry", "in", ("E", "D"))

        assert evaluate(condition, {"industry": "D"}) is T
        assert evaluate(condition, {"industry": "M"}) is F

    def test_true_is_not_the_number_one(self) -> None:
        assert evaluate(compare("employees", "eq", 1), {"employees": True}) is F
        assert evaluate(compare("wants", "eq", True), {"wants": 1}) is F

    def test_an_order_between_words_is_unknown(self) -> None:
        assert evaluate(compare("employees", "lt", 20), {"employees": "few"}) is U
        assert evaluate(compare("employees", "ge", 20), {"employees": True}) is U

    def test_nested_conditions(self) -> None:
        condition = AllOf(
            parts=(
                AnyOf(parts=(compare("a", "eq", True), compare("b", "eq", True))),
                Not(part=compare("c", "eq", True)),
            )
        )

        assert evaluate(condition, {"a": True, "c": False}) is T
        assert evaluate(condition, {"a": False}) is U
        assert evaluate(condition, {"c": True}) is F


class TestOpenFacts:
    condition = AllOf(
        parts=(
            AnyOf(parts=(compare("a", "eq", True), compare("b", "eq", True))),
            Not(part=compare("c", "eq", True)),
        )
    )

    def test_only_facts_that_can_still_decide_are_listed(self) -> None:
        assert open_facts(self.condition, {}) == ("a", "b", "c")
        assert open_facts(self.condition, {"a": True}) == ("c",)
        assert open_facts(self.condition, {"c": True}) == ()

    def test_a_known_fact_that_cannot_be_compared_is_not_listed(self) -> None:
        assert open_facts(compare("employees", "lt", 20), {"employees": "few"}) == ()

    def test_all_comparisons_are_listed_in_reading_order(self) -> None:
        assert [item.fact for item in comparisons(self.condition)] == ["a", "b", "c"]
