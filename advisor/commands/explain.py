"""The explanation of every program, as Japanese text or as JSON."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from advisor.answers import source_line
from advisor.commands.report import INDENT, date_words, status_line
from advisor.consultation.cards import source_json
from advisor.errors import UnknownIdError, did_you_mean
from advisor.explanation import (
    CriterionView,
    Explanation,
    FitView,
    KnownFact,
    explain,
)
from advisor.knowledge import KnowledgeBase
from advisor.labels import EMPLOYEES
from advisor.situation import Situation

_HUNDRED = 100


def print_explanations(
    kb: KnowledgeBase,
    stdout: TextIO,
    *,
    on: dt.date,
    situation: Situation,
    program_id: str | None = None,
    as_json: bool = False,
) -> int:
    """Explain every program for companies, or one of them.

    Args:
        kb: The knowledge base.
        stdout: Where to write.
        on: Date whose published rules apply.
        situation: What is known about the company.
        program_id: Explain only this one.
        as_json: Write one JSON object instead of sentences.

    Returns:
        0.

    Raises:
        UnknownIdError: There is no such program for companies.
    """
    found = explain(situation, kb, on=on)
    if program_id is not None:
        kb.get_program(program_id)
        names = [item.program_id for item in found]
        if program_id not in names:
            hint = did_you_mean(program_id, names)
            raise UnknownIdError(f"'{program_id}' is not a program for companies.{hint}")
        found = tuple(item for item in found if item.program_id == program_id)
    if as_json:
        data = {"on": on.isoformat(), "programs": [_to_json(item, kb) for item in found]}
        print(json.dumps(data, ensure_ascii=False, indent=2), file=stdout)
        return 0
    print(date_words(on, kb), file=stdout)
    for item in found:
        print("", *_lines(item, kb), sep="\n", file=stdout)
    return 0


def _lines(item: Explanation, kb: KnowledgeBase) -> Iterator[str]:
    name = kb.programs[item.program_id].name
    yield kb.wording("terminal.explain_heading", name=name, program=item.program_id)
    yield from (INDENT + line for line in _detail_lines(item, kb))


def _detail_lines(item: Explanation, kb: KnowledgeBase) -> Iterator[str]:
    yield kb.wording(f"terminal.standing_{item.standing.value}", rank=item.rank, place=item.place)
    yield status_line(item.status.status, item.status.note, kb)
    if item.status_source is not None:
        yield INDENT + source_line(item.status_source, kb)
    if not item.criteria:
        yield kb.wording("terminal.no_criteria")
    for view in item.criteria:
        yield from _criterion_lines(view, kb)
    yield from _fit_lines(item.fit, kb)
    for turning in item.turning_facts:
        question = _asked(turning.fact, kb)
        yield kb.wording(f"terminal.turning_{turning.verdict.value}", question=question)
    if item.replaces:
        joined = kb.wording("terminal.names_joiner").join(_names(item.replaces, kb))
        yield kb.wording("terminal.replaces", names=joined)
    if item.replaced_by is not None:
        yield kb.wording("terminal.replaced_by", name=kb.programs[item.replaced_by].name)
    working = None if item.amount is None else item.amount.working
    yield kb.wording(f"terminal.amount_{item.amount_state.value}", working=working)


def _names(programs: Iterable[str], kb: KnowledgeBase) -> list[str]:
    return [kb.programs[name].name for name in programs]


def _criterion_lines(view: CriterionView, kb: KnowledgeBase) -> Iterator[str]:
    yield kb.wording(f"terminal.criterion_{view.truth.value}", text=view.criterion.text)
    for fact in view.facts:
        question = _asked(fact.key, kb)
        if fact.value is not None:
            template = "terminal.fact_quoted" if fact.quote else "terminal.fact_known"
            value = _value_words(fact, kb)
            yield INDENT + kb.wording(template, question=question, value=value, quote=fact.quote)
        elif fact.is_told_unknown:
            yield INDENT + kb.wording("terminal.fact_not_told", question=question)
        else:
            yield INDENT + kb.wording("terminal.fact_unknown", question=question)


def _asked(fact: str, kb: KnowledgeBase) -> str:
    return kb.questions[fact].text


def _value_words(fact: KnownFact, kb: KnowledgeBase) -> str:
    """Give a value in the words of its choice."""
    if fact.key == EMPLOYEES:
        return kb.wording("terminal.value_people", value=fact.value)
    titles = (c.title for c in kb.questions[fact.key].choices if c.value == fact.value)
    return next(titles, str(fact.value))


def _percent(share: float) -> int:
    return round(share * _HUNDRED)


def _fit_lines(fit: FitView, kb: KnowledgeBase) -> Iterator[str]:
    parts = {
        "stated": _percent(fit.stated),
        "confirmed": _percent(fit.confirmed),
        "served": _percent(fit.served),
    }
    yield kb.wording("terminal.fit", total=sum(parts.values()), **parts)
    if fit.lifted_by is not None:
        name = kb.programs[fit.lifted_by].name
        yield INDENT + kb.wording("terminal.fit_lifted", program=name, total=_percent(fit.ranked))
    for concern in fit.concerns:
        template = "terminal.fit_concern_quoted" if concern.quote else "terminal.fit_concern"
        heard = kb.concerns[concern.concern].heard
        yield INDENT + kb.wording(
            template, concern=heard, weight=concern.weight, quote=concern.quote
        )
    for served in fit.dimensions:
        yield INDENT + kb.wording(
            "terminal.fit_dimension",
            dimension=kb.dimensions[served.dimension].plain_name,
            weight=served.weight,
            need=_percent(served.need),
        )


def _to_json(item: Explanation, kb: KnowledgeBase) -> dict[str, Any]:
    status = item.status
    return {
        "program_id": item.program_id,
        "name": kb.programs[item.program_id].name,
        "standing": item.standing.value,
        "rank": item.rank,
        "place": item.place,
        "verdict": item.verdict.value,
        "status": {
            "status": status.status.value,
            "since": None if status.since is None else status.since.isoformat(),
            "note": status.note,
            "is_stale": status.is_stale,
            "source": source_json(item.status_source),
        },
        "criteria": [_criterion_json(view) for view in item.criteria],
        "fit": _fit_json(item.fit),
        "turning_facts": [
            {"fact": turning.fact, "verdict": turning.verdict.value}
            for turning in item.turning_facts
        ],
        "replaces": list(item.replaces),
        "replaced_by": item.replaced_by,
        "amount": {
            "state": item.amount_state.value,
            "yen": None if item.amount is None else item.amount.yen,
            "working": None if item.amount is None else item.amount.working,
        },
    }


def _criterion_json(view: CriterionView) -> dict[str, Any]:
    return {
        "id": view.criterion.id,
        "text": view.criterion.text,
        "truth": view.truth.value,
        "facts": [dataclasses.asdict(fact) for fact in view.facts],
    }


def _fit_json(fit: FitView) -> dict[str, Any]:
    data = dataclasses.asdict(fit)
    for key in ("stated", "confirmed", "served", "ranked"):
        data[key] = round(data[key], 4)
    for served in data["dimensions"]:
        served["need"] = round(served["need"], 4)
    return data
