"""The interview over lines of JSON, for scripts.

Each question is one line out, ``{"type": "question", id, kind, key, text, choices, left}``, and
each answer one line in: ``{"value": …}`` (``"unknown"`` for not knowing), ``{"text": "…"}``,
``{"back": true}``, ``{"stop": true}``, or ``{"concerns": […], "facts": {…}}`` for what is known
beforehand. What cannot be used is answered with ``{"type": "error", "message": …}`` and the
question again. The last line is ``{"type": "result", …}``.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final

from advisor.commands.ask import Outlet
from advisor.commands.dialogue import CONCERNS, Dialogue, Step
from advisor.commands.situation_file import (
    concern_problem,
    fact_problem,
    place_problem,
    value_problem,
)
from advisor.consultation.cards import diagnosis_card, recommendations_card
from advisor.diagnosis import diagnose
from advisor.errors import did_you_mean
from advisor.interview import is_settled
from advisor.knowledge import KnowledgeBase
from advisor.model import AnswerType
from advisor.recommendation import recommend
from advisor.situation import Situation

UNKNOWN: Final = "unknown"
_ANSWERS: Final = ("value", "text", "back", "stop", "concerns", "facts")


class _RefusedError(Exception):
    """A line that cannot be used; the message says what is right."""


def converse(
    kb: KnowledgeBase, outlet: Outlet, *, on: dt.date, situation: Situation, is_full: bool = False
) -> int:
    """Run the interview over lines of JSON; the end of the input stops it.

    Args:
        kb: The knowledge base.
        outlet: Streams of the script.
        on: Date whose published rules apply.
        situation: What is known already.
        is_full: Go straight to the full profile.

    Returns:
        0.
    """
    outlet.check()
    dialogue = Dialogue(kb, on=on, situation=situation, is_full=is_full)
    try:
        while (step := dialogue.step()) is not None:
            _write(outlet, _question(step))
            line = outlet.stdin.readline()
            if not line:
                break
            try:
                answer = _parse(line)
                if answer.get("stop") is True:
                    break
                for sentence in _take(dialogue, step, answer):
                    _write(outlet, {"type": "message", "text": sentence})
            except _RefusedError as exc:
                _write(outlet, {"type": "error", "message": str(exc)})
        _write(outlet, _result(dialogue))
    finally:
        outlet.keep(dialogue.situation)
    return 0


def _write(outlet: Outlet, data: Mapping[str, Any]) -> None:
    outlet.say(json.dumps(data, ensure_ascii=False))
    outlet.stdout.flush()


def _question(step: Step) -> dict[str, Any]:
    question = step.question
    return {
        "type": "question",
        "id": question.id,
        "kind": step.kind,
        "key": question.key,
        "text": question.text,
        "choices": [{"value": c.value, "title": c.title} for c in step.choices],
        "left": step.left,
    }


def _result(dialogue: Dialogue) -> dict[str, Any]:
    kb, on, situation = dialogue.kb, dialogue.on, dialogue.situation
    return {
        "type": "result",
        "on": on.isoformat(),
        "situation": situation.to_json(),
        "settled": is_settled(situation, kb, on=on),
        "diagnosis": diagnosis_card(diagnose(situation, kb), kb),
        "recommendations": recommendations_card(recommend(situation, kb, on=on), kb, on),
    }


def _parse(line: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
        json.dumps(data, ensure_ascii=False).encode()  # Refuses halves of characters.
    except (ValueError, RecursionError) as exc:
        raise _RefusedError(f"must be one JSON object a line: {exc}") from exc
    if not isinstance(data, dict):
        raise _RefusedError('must be a JSON object such as {"value": 3} or {"text": "…"}')
    for key in data:
        if key not in _ANSWERS:
            raise _RefusedError(f"unknown key '{key}'.{did_you_mean(key, _ANSWERS)}")
    kinds = data.keys() - {"facts"} if "concerns" in data else data.keys()
    if len(kinds) != 1:
        raise _RefusedError(
            'give exactly one of "value", "text", "back", "stop", or "concerns" with "facts"'
        )
    for key in ("back", "stop"):
        if key in data and data[key] is not True:
            raise _RefusedError(f'"{key}" must be true')
    return data


def _take(dialogue: Dialogue, step: Step, answer: Mapping[str, Any]) -> tuple[str, ...]:
    if "back" in answer:
        if not dialogue.go_back():
            raise _RefusedError("there is no answer to take back")
        return ()
    if "value" in answer:
        return _take_value(dialogue, step, answer["value"])
    if "text" in answer:
        return _take_text(dialogue, step, answer["text"])
    return _take_beforehand(dialogue, answer)


def _take_text(dialogue: Dialogue, step: Step, text: object) -> tuple[str, ...]:
    if not isinstance(text, str):
        raise _RefusedError(f'"text" must be text, found {text!r}')
    said = dialogue.take_text(step, text)
    if said is None:
        hint = ""
        if step.choices:
            values = (json.dumps(c.value, ensure_ascii=False) for c in step.choices)
            hint = f"; values: {', '.join(values)}"
        raise _RefusedError(
            f"'{text}' cannot be read as an answer to '{step.question.id}'; "
            f'give {{"value": …}}, or "unknown"{hint}'
        )
    return said


def _take_value(dialogue: Dialogue, step: Step, value: Any) -> tuple[str, ...]:
    question, kb = step.question, dialogue.kb
    if step.kind == CONCERNS:
        names = value if isinstance(value, list) else [value]
        _refuse([concern_problem(name, kb) for name in names], '"value"')
        dialogue.state_concerns(names)
        return ()
    if value == UNKNOWN:
        return dialogue.take_unknown(step)
    if step.kind == "amount":
        _refuse([fact_problem(question.id, value, kb)], '"value"')
    else:
        _refuse([value_problem(question, value)], '"value"')
    if question.type in (AnswerType.PLACE, AnswerType.PREFECTURE):
        return _take_text(dialogue, step, value)
    return dialogue.take_value(step, value)


def _take_beforehand(dialogue: Dialogue, answer: Mapping[str, Any]) -> tuple[str, ...]:
    """Take concerns and facts that the script knows already, all or none."""
    kb = dialogue.kb
    facts = answer.get("facts", {})
    concerns = answer.get("concerns", [])
    if not isinstance(facts, dict) or not isinstance(concerns, list):
        raise _RefusedError('"concerns" must be a list, and "facts" an object')
    for item in concerns:
        is_good = isinstance(item, dict) and item.keys() <= {"concern", "quote"}
        if not is_good or not isinstance(item.get("quote", ""), str):
            raise _RefusedError(
                f'each concern must be {{"concern": id, "quote": text}}, found {item!r}'
            )
    messages = [concern_problem(item.get("concern"), kb) for item in concerns]
    messages += [_named(key, fact_problem(key, value, kb)) for key, value in facts.items()]
    _refuse(messages, "")
    _refuse([place_problem({**dialogue.situation.facts, **facts}, kb)], "facts:")
    stated = [(item["concern"], item.get("quote", "")) for item in concerns]
    dialogue.note(stated if "concerns" in answer else None, facts)
    return ()


def _named(key: str, message: str | None) -> str | None:
    return None if message is None else f"facts.{key}: {message}"


def _refuse(messages: list[str | None], place: str) -> None:
    found = [message for message in messages if message is not None]
    if found:
        raise _RefusedError(f"{place} {'; '.join(found)}".strip())
