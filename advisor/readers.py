"""Readers of the general files: sources, contacts, model, questions, hubs, topics, wording."""

from collections.abc import Mapping

from advisor.labels import CONCERNS, DIMENSIONS
from advisor.logic import FactValue
from advisor.model import (
    AnswerType,
    Choice,
    Concern,
    Contact,
    Dimension,
    Hub,
    Keeper,
    Level,
    Member,
    MemberKind,
    Precision,
    Question,
    QuestionKind,
    Shift,
    Source,
    Sourced,
    Stated,
    Status,
    Topic,
)
from advisor.node import Node

_LEVELS = 5


def read_keepers(root: Node) -> dict[str, Keeper]:
    """Read ``keepers.yml``."""
    return {
        name: Keeper(id=name, name=node.fields(required=("name",))["name"].text())
        for name, node in root.fields(required=("keepers",))["keepers"].entries()
    }


def read_sourced(node: Node, sources: Mapping[str, Source]) -> Sourced:
    """Read a text with its source."""
    parts = node.fields(required=("text", "source"))
    return Sourced(text=parts["text"].text(), source=parts["source"].reference(sources, "source"))


def read_sources(root: Node, keepers: Mapping[str, Keeper]) -> dict[str, Source]:
    """Read ``sources.yml``."""
    found = {}
    for name, node in root.fields(required=("sources",))["sources"].entries():
        parts = node.fields(
            required=(
                "title",
                "publisher",
                "url",
                "date",
                "precision",
                "checked_on",
                "verify_by",
                "level",
                "keeper",
            )
        )
        found[name] = Source(
            id=name,
            title=parts["title"].text(),
            publisher=parts["publisher"].text(),
            url=parts["url"].optional_text(),
            date=parts["date"].day(),
            precision=parts["precision"].one_of(Precision),
            checked_on=parts["checked_on"].day(),
            verify_by=parts["verify_by"].day(),
            level=parts["level"].one_of(Level),
            keeper=parts["keeper"].reference(keepers, "keeper"),
        )
    return found


def read_contacts(root: Node, sources: Mapping[str, Source]) -> dict[str, Contact]:
    """Read ``contacts.yml``."""
    found = {}
    for name, node in root.fields(required=("contacts",))["contacts"].entries():
        parts = node.fields(required=("name", "url", "phone", "note", "source"))
        found[name] = Contact(
            id=name,
            name=parts["name"].text(),
            url=parts["url"].optional_text(),
            phone=parts["phone"].optional_text(),
            note=parts["note"].optional_text(),
            source=parts["source"].reference(sources, "source"),
        )
    return found


def read_dimensions(root: Node, sources: Mapping[str, Source]) -> dict[str, Dimension]:
    """Read ``model/dimensions.yml``."""
    texts = ("name", "plain_name", "definition", "why", "weak_text", "strong_text")
    found: dict[str, Dimension] = {}
    for node in root.fields(required=("dimensions",))["dimensions"].items():
        parts = node.fields(required=("id", *texts, "why_source", "levels", "source"))
        name = parts["id"].reference(DIMENSIONS, "dimension")
        levels = parts["levels"].texts()
        if len(levels) != _LEVELS:
            parts["levels"].report(
                f"must be {_LEVELS} texts, for level 0 to 4, found {len(levels)}"
            )
        if name in found:
            parts["id"].report(f"dimension '{name}' stands twice")
        found[name] = Dimension(
            id=name,
            **{key: parts[key].text() for key in texts},
            why_source=parts["why_source"].reference(sources, "source"),
            levels=levels,
            source=parts["source"].reference(sources, "source"),
        )
    return found


def read_shifts(root: Node, sources: Mapping[str, Source]) -> dict[str, Shift]:
    """Read ``model/shifts.yml``."""
    found: dict[str, Shift] = {}
    for node in root.fields(required=("shifts",))["shifts"].items():
        parts = node.fields(required=("id", "before", "after", "plain", "dimensions", "source"))
        name = parts["id"].text()
        if name in found:
            parts["id"].report(f"shift '{name}' stands twice")
        found[name] = Shift(
            id=name,
            before=parts["before"].text(),
            after=parts["after"].text(),
            plain=parts["plain"].text(),
            dimensions=tuple(
                item.reference(DIMENSIONS, "dimension") for item in parts["dimensions"].items()
            ),
            source=parts["source"].reference(sources, "source"),
        )
    return found


def read_concerns(root: Node, sources: Mapping[str, Source]) -> dict[str, Concern]:
    """Read ``model/concerns.yml``."""
    found: dict[str, Concern] = {}
    for node in root.fields(required=("concerns",))["concerns"].items():
        parts = node.fields(
            required=("id", "means", "heard", "finding", "dimensions", "fit_reason", "source"),
            optional=("implies",),
        )
        name = parts["id"].reference(CONCERNS, "concern")
        if name in found:
            parts["id"].report(f"concern '{name}' stands twice")
        levels = {}
        for dimension, level in parts["dimensions"].entries():
            if dimension not in DIMENSIONS:
                level.report(f"unknown dimension '{dimension}'. Known: {', '.join(DIMENSIONS)}.")
            levels[dimension] = level.integer(low=0, high=4)
        if not levels:
            parts["dimensions"].report("must name at least one dimension")
        found[name] = Concern(
            id=name,
            means=parts["means"].text(),
            heard=parts["heard"].text(),
            finding=parts["finding"].text(),
            dimensions=levels,
            fit_reason=parts["fit_reason"].text(),
            implies=_read_implied(parts["implies"]),
            source=parts["source"].reference(sources, "source"),
        )
    return found


def _read_implied(node: Node) -> dict[str, FactValue]:
    if node.is_null:
        return {}
    return {key: read_fact_value(value) for key, value in node.entries()}


def read_fact_value(node: Node) -> FactValue:
    """Read a value that a fact may have."""
    if isinstance(node.value, (bool, int)):
        return node.value
    return node.text()


def read_maturity_questions(root: Node) -> list[Question]:
    """Read ``questions/<dimension>.yml``."""
    top = root.fields(required=("dimension", "questions"))
    dimension = top["dimension"].reference(DIMENSIONS, "dimension")
    questions = []
    for node in top["questions"].items():
        parts = node.fields(required=("id", "text", "choices"))
        name = parts["id"].text()
        if not name.startswith(f"{dimension}."):
            parts["id"].report(f"must begin with '{dimension}.', found '{name}'")
        choices = read_choices(parts["choices"])
        for choice, choice_node in zip(choices, parts["choices"].items(), strict=True):
            if isinstance(choice.value, bool) or choice.value not in range(5):
                choice_node.child(choice.value, "value").report(
                    f"must be a level from 0 to 4, found {choice.value!r}"
                )
        if not 3 <= len(choices) <= 5:
            parts["choices"].report(f"must be 3 to 5 choices, found {len(choices)}")
        questions.append(
            Question(
                id=name,
                key=dimension,
                kind=QuestionKind.MATURITY,
                type=AnswerType.CHOICE,
                text=parts["text"].text(),
                choices=choices,
                decides=True,
            )
        )
    if len(questions) < 2:
        top["questions"].report(f"must be at least 2 questions, found {len(questions)}")
    return questions


def read_choices(root: Node) -> tuple[Choice, ...]:
    """Read the choices of a question and refuse doubles."""
    choices: list[Choice] = []
    for node in root.items():
        parts = node.fields(required=("value", "title"), optional=("also", "stated"))
        also = () if parts["also"].is_null else parts["also"].texts()
        choice = Choice(
            value=read_fact_value(parts["value"]),
            title=parts["title"].text(),
            also=also,
            stated=None if parts["stated"].is_null else read_stated(parts["stated"]),
        )
        if any(choice.title == earlier.title for earlier in choices):
            parts["title"].report(f"title '{choice.title}' stands twice")
        choices.append(choice)
    return tuple(choices)


def read_stated(root: Node) -> Stated:
    """Read the words that say a fact unasked."""
    parts = root.fields(required=("heard", "groups"))
    groups = tuple(node.texts() for node in parts["groups"].items())
    if not groups or not all(groups):
        parts["groups"].report("must hold at least one group of words, none of them empty")
    return Stated(heard=parts["heard"].text(), groups=groups)


def read_fact_questions(root: Node) -> list[Question]:
    """Read ``questions/facts.yml``."""
    questions = []
    for node in root.fields(required=("questions",))["questions"].items():
        parts = node.fields(
            required=("key", "kind", "type", "text", "choices", "decides"), optional=("requires",)
        )
        key = parts["key"].text()
        kind = parts["kind"].one_of(QuestionKind)
        if kind is QuestionKind.MATURITY:
            parts["kind"].report("maturity questions stand in questions/<dimension>.yml")
        answer_type = parts["type"].one_of(AnswerType)
        choices = read_choices(parts["choices"])
        if answer_type is AnswerType.BOOLEAN and {c.value for c in choices} - {True, False}:
            parts["choices"].report("choices of a boolean question must have the values true/false")
        if not parts["requires"].is_null:
            parts["requires"].texts()
        questions.append(
            Question(
                id=key,
                key=key,
                kind=kind,
                type=answer_type,
                text=parts["text"].text(),
                choices=choices,
                decides=parts["decides"].boolean(),
            )
        )
    return questions


def read_hub(root: Node, sources: Mapping[str, Source]) -> Hub:
    """Read ``hubs/<id>.yml``."""
    parts = root.fields(
        required=(
            "id",
            "name",
            "short_name",
            "municipality",
            "prefecture",
            "secretariat",
            "members",
            "activities",
            "functions",
            "theme",
            "status",
            "status_note",
            "sources",
            "reviewed_on",
        )
    )
    members = []
    for node in parts["members"].items():
        fields = node.fields(required=("name", "kind"))
        members.append(Member(name=fields["name"].text(), kind=fields["kind"].one_of(MemberKind)))
    return Hub(
        id=parts["id"].text(),
        name=parts["name"].text(),
        short_name=parts["short_name"].text(),
        municipality=parts["municipality"].optional_text(),
        prefecture=parts["prefecture"].optional_text(),
        secretariat=parts["secretariat"].text(),
        members=tuple(members),
        activities=parts["activities"].texts(),
        functions=parts["functions"].texts(),
        theme=None if parts["theme"].is_null else read_sourced(parts["theme"], sources),
        status=parts["status"].one_of(Status),
        status_note=parts["status_note"].text(),
        sources=tuple(node.reference(sources, "source") for node in parts["sources"].items()),
        reviewed_on=parts["reviewed_on"].day(),
    )


def read_topics(root: Node, sources: Mapping[str, Source]) -> dict[str, Topic]:
    """Read ``topics.yml``."""
    found = {}
    for name, node in root.fields(required=("topics",))["topics"].entries():
        parts = node.fields(required=("title", "text", "source"))
        source = parts["source"]
        found[name] = Topic(
            id=name,
            title=parts["title"].text(),
            text=parts["text"].text(),
            source=None if source.is_null else source.reference(sources, "source"),
        )
    return found


def read_wording(root: Node) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Read ``wording/*.yml``: texts by id, and word lists by id."""
    parts = root.fields(required=(), optional=("texts", "lists"))
    texts, lists = {}, {}
    if root.has("texts"):
        texts = {name: node.text() for name, node in parts["texts"].entries()}
    if root.has("lists"):
        lists = {name: node.texts() for name, node in parts["lists"].entries()}
    if not texts and not lists:
        root.report("must hold texts or lists")
    return texts, lists
