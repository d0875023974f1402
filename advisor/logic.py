"""Three-valued logic over facts: a condition holds, does not hold, or is not known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

FactValue = bool | int | str


class Truth(Enum):
    """Value of a condition; UNKNOWN is never no."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class Operator(StrEnum):
    """Comparison that a condition may declare."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


ORDER_OPERATORS = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One fact against a value, or a tuple of values for ``in``."""

    fact: str
    op: Operator
    value: FactValue | tuple[FactValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Holds when every part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Holds when at least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Holds when its part does not."""

    part: "Condition"


Condition = Comparison | AllOf | AnyOf | Not


def negate(value: Truth) -> Truth:
    """Give the opposite; unknown stays unknown."""
    if value is Truth.UNKNOWN:
        return Truth.UNKNOWN
    return Truth.FALSE if value is Truth.TRUE else Truth.TRUE


def all_of(values: Iterable[Truth]) -> Truth:
    """Combine by *and*: one FALSE decides, else one UNKNOWN leaves it open."""
    result = Truth.TRUE
    for value in values:
        if value is Truth.FALSE:
            return Truth.FALSE
        if value is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def any_of(values: Iterable[Truth]) -> Truth:
    """Combine by *or*: one TRUE decides, else one UNKNOWN leaves it open."""
    result = Truth.FALSE
    for value in values:
        if value is Truth.TRUE:
            return Truth.TRUE
        if value is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _same(left: FactValue, right: FactValue) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _compare(known: FactValue, comparison: Comparison) -> Truth:
    wanted = comparison.value
    op = comparison.op
    if isinstance(wanted, tuple):
        return Truth.TRUE if any(_same(known, item) for item in wanted) else Truth.FALSE
    if op is Operator.EQ:
        return Truth.TRUE if _same(known, wanted) else Truth.FALSE
    if op is Operator.NE:
        return Truth.FALSE if _same(known, wanted) else Truth.TRUE
    if not (_is_whole(known) and _is_whole(wanted)):
        return Truth.UNKNOWN
    holds = {
        Operator.LT: int(known) < int(wanted),
        Operator.LE: int(known) <= int(wanted),
        Operator.GT: int(known) > int(wanted),
        Operator.GE: int(known) >= int(wanted),
    }[op]
    return Truth.TRUE if holds else Truth.FALSE


def evaluate(condition: Condition, facts: Mapping[str, FactValue]) -> Truth:
    """Evaluate a condition; an absent fact is unknown, never no."""
    if isinstance(condition, Comparison):
        if condition.fact not in facts:
            return Truth.UNKNOWN
        return _compare(facts[condition.fact], condition)
    if isinstance(condition, AllOf):
        return all_of(evaluate(part, facts) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any_of(evaluate(part, facts) for part in condition.parts)
    return negate(evaluate(condition.part, facts))


def comparisons(condition: Condition) -> tuple[Comparison, ...]:
    """List the comparisons of a condition, in reading order."""
    if isinstance(condition, Comparison):
        return (condition,)
    if isinstance(condition, Not):
        return comparisons(condition.part)
    return tuple(item for part in condition.parts for item in comparisons(part))


def open_facts(condition: Condition, facts: Mapping[str, FactValue]) -> tuple[str, ...]:
    """List the unknown facts that can still decide a condition, in reading order.

    A part that is already decided does not name its facts.
    """
    if evaluate(condition, facts) is not Truth.UNKNOWN:
        return ()
    if isinstance(condition, Comparison):
        return (condition.fact,) if condition.fact not in facts else ()
    if isinstance(condition, Not):
        return open_facts(condition.part, facts)
    names = (name for part in condition.parts for name in open_facts(part, facts))
    return tuple(dict.fromkeys(names))
