"""Readers of ``programs/<id>.yml`` and ``parameters/<id>.yml``."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from advisor.labels import ASPECTS, CONCERNS, DIMENSIONS
from advisor.logic import (
    ORDER_OPERATORS,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    FactValue,
    Not,
    Operator,
)
from advisor.model import (
    AmountRule,
    AspectText,
    Contact,
    Criterion,
    Frame,
    Needs,
    Parameter,
    ParameterValue,
    Party,
    Prerequisite,
    Program,
    ProgramKind,
    Side,
    Source,
    State,
    Status,
    Tax,
    Unit,
)
from advisor.node import Node
from advisor.readers import read_fact_value, read_sourced

START = "start"
"""What a prerequisite precedes when it is counted from the beginning of the program."""
_MOST_MONTHS = 60
_MOST_DAYS = 366

_PROGRAM_KEYS = (
    "id",
    "name",
    "plain_name",
    "side",
    "kind",
    "no_application",
    "summary",
    "needs",
    "criteria",
    "states",
    "amount",
    "parties",
    "steps",
    "first_step",
    "contact",
    "documents",
    "cautions",
    "exclusions",
    "prerequisites",
    "successors",
    "gaps",
    "answers",
    "sources",
    "reviewed_on",
)


def read_program(
    root: Node, sources: Mapping[str, Source], contacts: Mapping[str, Contact]
) -> Program:
    """Read one program."""
    parts = root.fields(required=_PROGRAM_KEYS)
    return Program(
        id=parts["id"].text(),
        name=parts["name"].text(),
        plain_name=parts["plain_name"].text(),
        side=parts["side"].one_of(Side),
        kind=parts["kind"].one_of(ProgramKind),
        no_application=parts["no_application"].boolean(),
        summary=parts["summary"].text(),
        needs=_read_needs(parts["needs"]),
        criteria=_read_criteria(parts["criteria"], sources),
        states=_read_states(parts["states"], sources),
        amount=None if parts["amount"].is_null else _read_amount(parts["amount"]),
        parties=_read_parties(parts["parties"]),
        steps=tuple(read_sourced(node, sources) for node in parts["steps"].items()),
        first_step=parts["first_step"].text(),
        contact=parts["contact"].reference(contacts, "contact"),
        documents=parts["documents"].texts(),
        cautions=tuple(read_sourced(node, sources) for node in parts["cautions"].items()),
        exclusions=_read_criteria(parts["exclusions"], sources),
        prerequisites=_read_prerequisites(parts["prerequisites"], sources),
        successors=parts["successors"].texts(),
        gaps=parts["gaps"].texts(),
        answers=_read_answers(parts["answers"], sources, contacts),
        sources=tuple(node.reference(sources, "source") for node in parts["sources"].items()),
        reviewed_on=parts["reviewed_on"].day(),
    )


def _read_weights(node: Node, known: tuple[str, ...], what: str) -> dict[str, int]:
    weights = {}
    for name, weight in node.entries():
        if name not in known:
            weight.child(name, "key").reference(known, what)
        weights[name] = weight.hundredths()
    return {name: weight for name, weight in weights.items() if weight}


def _read_needs(node: Node) -> Needs:
    parts = node.fields(required=("concerns", "dimensions"))
    return Needs(
        concerns=_read_weights(parts["concerns"], CONCERNS, "concern"),
        dimensions=_read_weights(parts["dimensions"], DIMENSIONS, "dimension"),
    )


def _read_criteria(root: Node, sources: Mapping[str, Source]) -> tuple[Criterion, ...]:
    criteria: list[Criterion] = []
    for node in root.items():
        parts = node.fields(required=("id", "text", "condition", "source"))
        name = parts["id"].text()
        if any(name == earlier.id for earlier in criteria):
            parts["id"].report(f"criterion '{name}' stands twice")
        criteria.append(
            Criterion(
                id=name,
                text=parts["text"].text(),
                condition=read_condition(parts["condition"]),
                source=parts["source"].reference(sources, "source"),
            )
        )
    return tuple(criteria)


def _read_parties(root: Node) -> tuple[Party, ...]:
    parties = []
    for node in root.items():
        parts = node.fields(required=("name", "role"))
        parties.append(Party(name=parts["name"].text(), role=parts["role"].text()))
    return tuple(parties)


def _read_prerequisites(root: Node, sources: Mapping[str, Source]) -> tuple[Prerequisite, ...]:
    """Read what must be done before; each names ``start`` or one that stands before it."""
    found: list[Prerequisite] = []
    for node in root.items():
        parts = node.fields(
            required=("id", "text", "before", "source"),
            optional=("opens_months_before", "due_months_before", "due_days_before"),
        )
        name = parts["id"].text()
        before = parts["before"].reference((START, *(item.id for item in found)), "step")
        if name == START or any(name == earlier.id for earlier in found):
            parts["id"].report(f"prerequisite '{name}' stands twice, or has a reserved name")
        opens = parts["opens_months_before"]
        due = _whole_or_zero(parts["due_months_before"], _MOST_MONTHS)
        opening = None if opens.is_null else opens.integer(low=0, high=_MOST_MONTHS)
        if opening is not None and opening <= due:
            opens.report(f"must be more than due_months_before ({due}), found {opening}")
        found.append(
            Prerequisite(
                id=name,
                text=parts["text"].text(),
                before=before,
                opens_months_before=opening,
                due_months_before=due,
                due_days_before=_whole_or_zero(parts["due_days_before"], _MOST_DAYS),
                source=parts["source"].reference(sources, "source"),
            )
        )
    return tuple(found)


def _whole_or_zero(node: Node, high: int) -> int:
    return 0 if node.is_null else node.integer(low=0, high=high)


def read_condition(node: Node) -> Condition:
    """Read a declared condition."""
    for key, kind in (("all", AllOf), ("any", AnyOf)):
        if node.has(key):
            items = node.fields(required=(key,))[key].items()
            if not items:
                node.report(f"'{key}' must list at least one condition")
            return kind(parts=tuple(read_condition(item) for item in items))
    if node.has("not"):
        return Not(part=read_condition(node.fields(required=("not",))["not"]))
    parts = node.fields(required=("fact", "op", "value"))
    op = parts["op"].one_of(Operator)
    return Comparison(fact=parts["fact"].text(), op=op, value=_read_wanted(parts["value"], op))


def _read_wanted(node: Node, op: Operator) -> FactValue | tuple[FactValue, ...]:
    if op is Operator.IN:
        return tuple(read_fact_value(item) for item in node.items())
    if op in ORDER_OPERATORS:
        return node.integer(low=-(10**12), high=10**12)
    return read_fact_value(node)


def _read_states(root: Node, sources: Mapping[str, Source]) -> tuple[State, ...]:
    states: list[State] = []
    for node in root.items():
        parts = node.fields(required=("from", "status", "note", "source"), optional=("verify_by",))
        since = parts["from"].day()
        if states and since <= states[-1].since:
            parts["from"].report(f"must be later than the state before ({states[-1].since})")
        verify_by = parts["verify_by"].optional_day()
        if verify_by is not None and verify_by < since:
            parts["verify_by"].report(f"must not be before 'from' ({since})")
        states.append(
            State(
                since=since,
                status=parts["status"].one_of(Status),
                verify_by=verify_by,
                note=parts["note"].optional_text(),
                source=parts["source"].reference(sources, "source"),
            )
        )
    if not states:
        root.report("must hold at least one state")
    return tuple(states)


def _read_amount(node: Node) -> AmountRule:
    parts = node.fields(
        required=("cost_items", "tax"),
        optional=("share", "cap_per_person", "cap_per_company", "cap_per_project", "frames"),
    )
    frames = {}
    if not parts["frames"].is_null:
        for name, frame in parts["frames"].entries():
            fields = frame.fields(required=("title", "share"), optional=("cap_per_project",))
            frames[name] = Frame(
                id=name,
                title=fields["title"].text(),
                share=fields["share"].text(),
                cap_per_project=fields["cap_per_project"].optional_text(),
            )
    if parts["share"].is_null and not frames:
        node.report("must name a share, or frames with a share each")
    return AmountRule(
        share=parts["share"].optional_text(),
        cap_per_person=parts["cap_per_person"].optional_text(),
        cap_per_company=parts["cap_per_company"].optional_text(),
        cap_per_project=parts["cap_per_project"].optional_text(),
        frames=frames,
        cost_items=parts["cost_items"].texts(),
        tax=parts["tax"].one_of(Tax),
    )


def _read_answers(
    root: Node, sources: Mapping[str, Source], contacts: Mapping[str, Contact]
) -> dict[str, AspectText]:
    answers = {}
    for name, node in root.fields(required=ASPECTS).items():
        if not root.has(name):
            continue
        if node.has("missing"):
            parts = node.fields(required=("missing", "ask"))
            if not parts["missing"].boolean():
                parts["missing"].report("must be true, or give text and source instead")
            ask = parts["ask"].reference(contacts, "contact")
            answers[name] = AspectText(text=None, source=None, ask=ask)
            continue
        parts = node.fields(required=("text", "source"))
        source = parts["source"].reference(sources, "source")
        answers[name] = AspectText(text=parts["text"].text(), source=source, ask=None)
    return answers


def _read_amount_value(node: Node, unit: Unit) -> Fraction:
    if unit is Unit.YEN:
        return Fraction(node.integer(low=0, high=10**12))
    text = node.text()
    try:
        share = Fraction(text) if text else Fraction(0)
    except (ValueError, ZeroDivisionError):
        node.report(f"must be a share as text like \"1/2\", found '{text}'")
        return Fraction(0)
    if not 0 <= share <= 1:
        node.report(f"must be a share from 0 to 1, found '{text}'")
    return share


def read_parameter(root: Node, sources: Mapping[str, Source]) -> Parameter:
    """Read one parameter with its history."""
    parts = root.fields(required=("id", "description", "unit", "values"))
    unit = parts["unit"].one_of(Unit)
    values: list[ParameterValue] = []
    for name, node in parts["values"].entries():
        since = node.child(name, "date").day()
        fields = node.fields(required=("value", "source"), optional=("until",))
        until = fields["until"].optional_day()
        _check_order(node, values[-1] if values else None, since, until)
        values.append(
            ParameterValue(
                since=since,
                until=until,
                value=_read_amount_value(fields["value"], unit),
                source=fields["source"].reference(sources, "source"),
            )
        )
    if not values:
        parts["values"].report("must hold at least one dated value")
    return Parameter(
        id=parts["id"].text(),
        description=parts["description"].text(),
        unit=unit,
        values=tuple(values),
    )


def _check_order(
    node: Node, before: ParameterValue | None, since: date, until: date | None
) -> None:
    if until is not None and until < since:
        node.child(str(until), "until").report(f"must not be before {since}")
    if before is None:
        return
    if since <= before.since:
        node.report(f"dates must be strictly increasing; {since} follows {before.since}")
    elif before.until is not None and since <= before.until:
        node.report(f"overlaps the value of {before.since}, which holds until {before.until}")
