"""Situations from outside: read strictly, with every problem told and what would be right."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from advisor.errors import Problem, SituationError, did_you_mean
from advisor.evidence import TOP_LEVEL
from advisor.knowledge import KnowledgeBase
from advisor.labels import MUNICIPALITY, PREFECTURE
from advisor.model import AnswerType, Question
from advisor.recommendation import PEOPLE_TAKEN_IN, PLANNED_COSTS
from advisor.routing import RouteKind, route
from advisor.situation import Situation

AMOUNT_FACTS: Final = (PLANNED_COSTS, PEOPLE_TAKEN_IN)
"""Facts that only amounts need; the knowledge holds no question for them."""
MOST_PEOPLE: Final = 999_999
MOST_COSTS: Final = 10**12
_KEYS: Final = ("facts", "levels", "unknown", "concerns", "quotes")


class SituationRefusedError(SituationError):
    """A situation from outside has problems; it carries all of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep every problem, in the order of the file."""
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def load_situation(path: Path, kb: KnowledgeBase) -> Situation:
    """Read a situation from a file.

    Raises:
        SituationRefusedError: The file cannot be read or has problems.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        problem = Problem(path=str(path), key="file", message=f"cannot be read: {exc.strerror}")
        raise SituationRefusedError([problem]) from exc
    except UnicodeDecodeError as exc:
        message = f"must be UTF-8, found another byte at {exc.start}"
        raise SituationRefusedError([Problem(path=str(path), key="file", message=message)]) from exc
    return parse_situation(text, kb, shown_path=str(path))


def parse_situation(text: str, kb: KnowledgeBase, *, shown_path: str) -> Situation:
    """Read a situation from JSON text: what ``Situation.to_json`` or the last line of ask gives.

    Raises:
        SituationRefusedError: The text has problems.
    """
    reader = _Reader(kb, shown_path)
    try:
        data = json.loads(text, object_pairs_hook=reader.refuse_twins)
        json.dumps(data, ensure_ascii=False).encode()  # Refuses halves of characters.
    except (ValueError, RecursionError) as exc:
        reader.report("file", f"must be JSON: {exc}")
        raise SituationRefusedError(reader.problems) from exc
    if isinstance(data, dict) and data.get("type") == "result":
        data = data.get("situation")
    if isinstance(data, dict):
        reader.check(data)
    else:
        reader.report("file", f"must hold a JSON object, found {_kind(data)}")
    if reader.problems:
        raise SituationRefusedError(reader.problems)
    return Situation.from_json(data)


def fact_problem(key: str, value: object, kb: KnowledgeBase) -> str | None:
    """Tell what is wrong with a fact and what would be right; None when it is good."""
    question = kb.questions.get(key)
    if question is not None and question.is_maturity:
        return f"'{key}' is a maturity question; its level belongs under levels"
    if key in AMOUNT_FACTS:
        least = 0 if key == PLANNED_COSTS else 1
        most = MOST_COSTS if key == PLANNED_COSTS else MOST_PEOPLE
        return _number_problem(value, least, most)
    if question is None:
        return f"unknown fact '{key}'.{did_you_mean(key, list_facts(kb))}"
    return value_problem(question, value)


def value_problem(question: Question, value: object) -> str | None:
    """Tell what is wrong with the value of a question; None when it is good."""
    if question.type is AnswerType.BOOLEAN:
        return None if isinstance(value, bool) else f"must be true or false, found {value!r}"
    if question.type is AnswerType.INTEGER:
        return _number_problem(value, 1, MOST_PEOPLE)
    if question.type is AnswerType.CHOICE:
        values = [choice.value for choice in question.choices]
        if any(value == known and type(value) is type(known) for known in values):
            return None
        known_values = ", ".join(json.dumps(known, ensure_ascii=False) for known in values)
        return f"must be one of {known_values}; found {value!r}"
    is_text = isinstance(value, str) and bool(value.strip())
    return None if is_text else f"must be text, found {value!r}"


def place_problem(facts: Mapping[str, Any], kb: KnowledgeBase) -> str | None:
    """Tell why the place among facts is none or several; None when a desk can be found.

    Args:
        facts: Facts of the right types.
        kb: The knowledge base.
    """
    municipality, prefecture = facts.get(MUNICIPALITY), facts.get(PREFECTURE)
    if prefecture is not None and kb.places.prefecture_of(prefecture) is None:
        return f"unknown prefecture '{prefecture}'"
    if municipality is None:
        return None
    found = route(kb, municipality=municipality, prefecture=prefecture)
    if found.kind is RouteKind.AMBIGUOUS:
        names = ", ".join(found.candidates)
        return f"municipality '{municipality}' is {names}; give municipality and prefecture of one"
    if found.kind is RouteKind.UNKNOWN:
        known = [m.name for m in kb.places.municipalities]
        return f"unknown municipality '{municipality}'.{did_you_mean(municipality, known)}"
    return None


def concern_problem(concern: object, kb: KnowledgeBase) -> str | None:
    """Tell what is wrong with the id of a concern; None when it is good."""
    if not isinstance(concern, str):
        return f"must be the id of a concern, found {concern!r}"
    if concern in kb.concerns:
        return None
    return f"unknown concern '{concern}'.{did_you_mean(concern, kb.concerns)}"


def list_facts(kb: KnowledgeBase) -> list[str]:
    """List the fact keys that a situation may hold."""
    return [*(q.id for q in kb.questions.values() if not q.is_maturity), *AMOUNT_FACTS]


def _number_problem(value: Any, least: int, most: int) -> str | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if is_whole and least <= value <= most:
        return None
    return f"must be a whole number from {least} to {most}, found {value!r}"


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")


class _Reader:
    """Collects the problems of one situation."""

    def __init__(self, kb: KnowledgeBase, path: str) -> None:
        self.kb = kb
        self.path = path
        self.problems: list[Problem] = []
        self.levels = [q.id for q in kb.questions.values() if q.is_maturity]
        self.facts = list_facts(kb)

    def report(self, key: str, message: str) -> None:
        self.problems.append(Problem(path=self.path, key=key, message=message))

    def refuse_twins(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Make an object of pairs; of two equal keys JSON would silently drop one."""
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                self.report(key, "stands twice in one object; keep one")
            found[key] = value
        return found

    def check(self, data: Mapping[str, Any]) -> None:
        for key in data:
            if key not in _KEYS:
                self.report(key, f"unknown key.{did_you_mean(key, _KEYS)}")
        self._check_facts(self._object(data, "facts"))
        for key, value in self._object(data, "levels").items():
            self._check_level(key, value)
        for index, item in enumerate(self._list(data, "concerns")):
            self._check_concern(item, f"concerns[{index}]")
        for key, value in self._object(data, "quotes").items():
            self._check_id(key, f"quotes.{key}")
            if not isinstance(value, str):
                self.report(f"quotes.{key}", f"must be text, found {_kind(value)}")
        for index, item in enumerate(self._list(data, "unknown")):
            self._check_unknown(item, data, f"unknown[{index}]")

    def _object(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        value = data.get(key, {})
        if isinstance(value, dict):
            return value
        self.report(key, f"must be an object, found {_kind(value)}")
        return {}

    def _list(self, data: Mapping[str, Any], key: str) -> list[Any]:
        value = data.get(key, [])
        if isinstance(value, list):
            return value
        self.report(key, f"must be a list, found {_kind(value)}")
        return []

    def _check_facts(self, facts: Mapping[str, Any]) -> None:
        good = {}
        for key, value in facts.items():
            message = fact_problem(key, value, self.kb)
            if message is None:
                good[key] = value
            else:
                self.report(f"facts.{key}", message)
        message = place_problem(good, self.kb)
        if message is not None:
            self.report("facts", message)

    def _check_level(self, key: str, value: object) -> None:
        if key not in self.levels:
            hint = did_you_mean(key, self.levels)
            self.report(f"levels.{key}", f"unknown maturity question '{key}'.{hint}")
            return
        message = _number_problem(value, 0, TOP_LEVEL)
        if message is not None:
            self.report(f"levels.{key}", message)

    def _check_concern(self, item: object, key: str) -> None:
        if not isinstance(item, dict):
            self.report(key, f'must be {{"concern": id, "quote": text}}, found {_kind(item)}')
            return
        for name in item:
            if name not in ("concern", "quote"):
                self.report(f"{key}.{name}", "unknown key. Known: concern, quote.")
        message = concern_problem(item.get("concern"), self.kb)
        if message is not None:
            self.report(f"{key}.concern", message)
        if not isinstance(item.get("quote", ""), str):
            self.report(f"{key}.quote", f"must be text, found {_kind(item['quote'])}")

    def _check_id(self, name: str, key: str) -> None:
        known = (*self.facts, *self.levels)
        if name not in known:
            self.report(key, f"unknown fact or question '{name}'.{did_you_mean(name, known)}")

    def _check_unknown(self, item: object, data: Mapping[str, Any], key: str) -> None:
        if not isinstance(item, str):
            self.report(key, f"must be the id of a fact or question, found {_kind(item)}")
            return
        self._check_id(item, key)
        for other in ("facts", "levels"):
            values = data.get(other)
            if isinstance(values, dict) and item in values:
                self.report(key, f"'{item}' stands under {other} too; keep one of the two")
