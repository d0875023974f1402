"""Checks across files: ids that must exist, labels that must be covered, links that must hold."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from advisor import labels
from advisor.errors import did_you_mean
from advisor.evidence_checks import check_evidence
from advisor.logic import Comparison, FactValue, comparisons
from advisor.model import AmountRule, AnswerType, Program, Question, Side, Status, Unit
from advisor.node import Problems
from advisor.owner_texts import owner_texts
from advisor.reading_load import READING_LISTS, reading_marks, reading_problems

if TYPE_CHECKING:
    from advisor.knowledge import KnowledgeBase


def check_knowledge(
    base: "KnowledgeBase", root: str, problems: Problems, *, complete: bool
) -> None:
    """Report everything that only several files together can show.

    Args:
        base: What was read.
        root: Name of the folder, as problems show it.
        problems: Where to report.
        complete: Require every id of ``advisor.labels``.
    """
    for program in base.programs.values():
        _check_program(base, program, f"{root}/programs/{program.id}.yml", problems)
    _check_implied(base, f"{root}/model/concerns.yml", problems)
    _check_hub_places(base, root, problems)
    check_evidence(base, root, problems)
    if complete:
        _check_complete(base, root, problems)
        _check_reading_load(base, root, problems)


def _check_ids(
    ids: Iterable[str], known: Mapping[str, Any], what: str, path: str, key: str, problems: Problems
) -> None:
    for index, name in enumerate(ids):
        if name and name not in known:
            hint = did_you_mean(name, known)
            problems.add(path, f"{key}[{index}]", f"unknown {what} '{name}'.{hint}")


def _check_program(base: "KnowledgeBase", program: Program, path: str, problems: Problems) -> None:
    for key, criteria in (("criteria", program.criteria), ("exclusions", program.exclusions)):
        for index, criterion in enumerate(criteria):
            for item in comparisons(criterion.condition):
                _check_comparison(base, item, path, f"{key}[{index}].condition", problems)
    _check_ids(program.successors, base.programs, "program", path, "successors", problems)
    if program.id in program.successors:
        problems.add(path, "successors", "a program cannot succeed itself")
    ends = any(state.status is Status.ENDED for state in program.states)
    if ends and not program.successors:
        problems.add(
            path, "successors", "an ended state needs at least one program that owners can use now"
        )
    if ends and program.side is Side.COMPANY:
        sides = [base.programs[name].side for name in program.successors if name in base.programs]
        if sides and Side.COMPANY not in sides:
            problems.add(path, "successors", "at least one must have the side 'company'")
    if program.amount is not None:
        _check_amount(base, program.amount, path, problems)
    if not program.sources:
        problems.add(path, "sources", "must name at least one source of sources.yml")


def _check_amount(base: "KnowledgeBase", rule: AmountRule, path: str, problems: Problems) -> None:
    names = rule.parameter_ids()
    _check_ids(names, base.parameters, "parameter", path, "amount", problems)
    shares = {rule.share, *(frame.share for frame in rule.frames.values())}
    for name in names:
        wanted = Unit.SHARE if name in shares else Unit.YEN
        if name in base.parameters and base.parameters[name].unit is not wanted:
            problems.add(path, "amount", f"parameter '{name}' must have the unit '{wanted}'")


def _check_comparison(
    base: "KnowledgeBase", item: Comparison, path: str, key: str, problems: Problems
) -> None:
    question = base.questions.get(item.fact)
    if not item.fact:
        return
    if question is None or question.is_maturity:
        facts = [name for name, known in base.questions.items() if not known.is_maturity]
        hint = did_you_mean(item.fact, facts)
        problems.add(path, f"{key}.fact", f"unknown fact '{item.fact}'.{hint}")
        return
    wanted = item.value if isinstance(item.value, tuple) else (item.value,)
    if not wanted:
        problems.add(path, f"{key}.value", "must list at least one value")
    for value in wanted:
        _check_value(question, value, path, f"{key}.value", problems)


_KINDS: Final[Mapping[AnswerType, type]] = {
    AnswerType.BOOLEAN: bool,
    AnswerType.INTEGER: int,
    AnswerType.YEN: int,
}


def _check_value(
    question: Question, value: FactValue, path: str, key: str, problems: Problems
) -> None:
    kind = _KINDS.get(question.type, str)
    if question.type is AnswerType.CHOICE:
        allowed = [choice.value for choice in question.choices]
        if value not in allowed:
            hint = did_you_mean(str(value), (str(item) for item in allowed))
            problems.add(path, key, f"'{value}' is not a choice of '{question.id}'.{hint}")
    elif type(value) is not kind:
        message = f"'{question.id}' is {question.type}, so {value!r} can never equal it"
        problems.add(path, key, message)


def _check_implied(base: "KnowledgeBase", path: str, problems: Problems) -> None:
    for concern in base.concerns.values():
        for fact, value in concern.implies.items():
            key = f"{concern.id}.implies"
            question = base.questions.get(fact)
            if question is None:
                hint = did_you_mean(fact, base.questions)
                problems.add(path, key, f"unknown fact '{fact}'.{hint}")
            else:
                _check_value(question, value, path, key, problems)


def _check_hub_places(base: "KnowledgeBase", root: str, problems: Problems) -> None:
    path = f"{root}/places/municipalities.yml"
    served = {(m.name, m.prefecture): m.hub for m in base.places.municipalities}
    for hub in base.hubs.values():
        if hub.municipality is None:
            continue
        found = served.get((hub.municipality, hub.prefecture or ""))
        if found != hub.id:
            message = f"must be served by hub '{hub.id}', found '{found}'"
            problems.add(path, f"{hub.prefecture}{hub.municipality}", message)


def _check_reading_load(base: "KnowledgeBase", root: str, problems: Problems) -> None:
    missing = [name for name in READING_LISTS if name not in base.lists]
    for name in missing:
        problems.add(f"{root}/wording/reading.yml", name, "missing; this list is required")
    if missing:
        return
    marks = reading_marks(base)
    for item in owner_texts(base):
        if item.is_name:
            continue
        for message in reading_problems(item.text, marks):
            problems.add(f"{root}/{item.place}", item.key, message)


def _check_complete(base: "KnowledgeBase", root: str, problems: Problems) -> None:
    groups: tuple[tuple[tuple[str, ...], Mapping[str, Any], str, str], ...] = (
        (labels.DIMENSIONS, base.dimensions, "model/dimensions.yml", "dimension"),
        (labels.CONCERNS, base.concerns, "model/concerns.yml", "concern"),
        (labels.PROGRAMS, base.programs, "programs", "program"),
        (labels.HUBS, base.hubs, "hubs", "hub"),
        (labels.TOPICS, base.topics, "topics.yml", "topic"),
        (labels.FACTS, base.questions, "questions/facts.yml", "question for the fact"),
    )
    for wanted, found, place, what in groups:
        for name in wanted:
            if name not in found:
                problems.add(f"{root}/{place}", name, f"missing; there must be a {what} '{name}'")
    for name in labels.DIMENSIONS:
        count = len(base.maturity.get(name, ()))
        if count < 2:
            message = f"must be at least 2 questions of dimension '{name}', found {count}"
            problems.add(f"{root}/questions/{name}.yml", "questions", message)
