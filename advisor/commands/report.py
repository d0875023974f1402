"""What was found, in plain sentences for the terminal."""

import datetime as dt
from typing import Final

from advisor.answers import source_line
from advisor.diagnosis import diagnose, finding_of
from advisor.knowledge import KnowledgeBase
from advisor.model import SourceRef, Status
from advisor.recommendation import Recommendation, recommend
from advisor.situation import Situation

INDENT: Final = "   "
_STRONG_LEVEL: Final = 3
_MOST_OPEN_POINTS: Final = 4


def date_words(day: dt.date, kb: KnowledgeBase) -> str:
    """Give a date as it is written in Japanese."""
    return kb.wording("date_day", year=day.year, month=day.month, day=day.day)


def diagnosis_lines(situation: Situation, kb: KnowledgeBase) -> list[str]:
    """Tell what was found: weak points with the owner's words, strong ones, what was not asked."""
    diagnosis = diagnose(situation, kb)
    lines = []
    for index, name in enumerate(diagnosis.weakest):
        words = diagnosis.dimensions[name].evidence
        template = "found_second" if index else "found_first"
        line = kb.wording(template, finding=finding_of(name, diagnosis, kb))
        lines.append(line + (kb.wording("found_quote", quote=words[0]) if words else ""))
    if not diagnosis.weakest and diagnosis.concerns:
        heard = kb.concerns[diagnosis.concerns[0]].heard
        lines.append(kb.wording("found_concern", concern=heard))
    strong = [
        name
        for name, profile in diagnosis.dimensions.items()
        if profile.level is not None
        and profile.level >= _STRONG_LEVEL
        and name not in diagnosis.weakest
    ]
    if strong:
        finding = kb.dimensions[strong[0]].strong_text
        lines.append(kb.wording("found_strong", finding=finding))
    if not lines:
        lines.append(kb.wording("terminal.nothing_found"))
    missing = [
        kb.wording("terminal.quoted", name=kb.dimensions[name].plain_name)
        for name, profile in diagnosis.dimensions.items()
        if profile.level is None
    ]
    if missing:
        names = "".join(missing[:_MOST_OPEN_POINTS])
        lines.append(kb.wording("found_not_asked", names=names))
    return lines


def point_lines(situation: Situation, kb: KnowledgeBase) -> list[str]:
    """Tell the level of each of the eight points in words."""
    lines = []
    for name, profile in diagnose(situation, kb).dimensions.items():
        dimension = kb.dimensions[name]
        level = kb.wording("terminal.level_unknown")
        if profile.level is not None:
            anchor = dimension.levels[profile.level]
            level = kb.wording("terminal.level_like", anchor=anchor)
        template = "terminal.point_answered" if profile.answered else "terminal.point"
        count = len(profile.answered)
        lines.append(kb.wording(template, name=dimension.plain_name, level=level, count=count))
    return lines


def status_line(status: Status, note: str | None, kb: KnowledgeBase) -> str:
    """Tell a status, with its note if there is one."""
    words = kb.wording(f"status.{status.value}")
    if note is None:
        return kb.wording("terminal.status", status=words)
    return kb.wording("terminal.status_noted", status=words, note=note)


def recommendation_lines(item: Recommendation, kb: KnowledgeBase) -> list[str]:
    """Tell one recommendation: why, what is not known, status, amount, first step, source."""
    plain = kb.programs[item.program_id].plain_name
    lines = [kb.wording("terminal.reason", reason=item.reason)]
    lines.extend(
        kb.wording("terminal.not_known", question=kb.questions[fact].text) for fact in item.unknown
    )
    lines.append(status_line(item.status, item.status_note, kb))
    if item.amount_working is not None:
        lines.append(kb.wording("terminal.amount", working=item.amount_working))
    lines.append(kb.wording("terminal.first_step", step=item.first_step))
    lines.append(kb.wording("terminal.contact", contact=item.contact))
    lines.append(_source(item.source, kb))
    heading = kb.wording("terminal.item", rank=item.rank, title=item.title, plain=plain)
    return [heading, *(INDENT + line for line in lines)]


def _source(source: SourceRef, kb: KnowledgeBase) -> str:
    line = source_line(source, kb)
    return line if source.url is None else f"{line} {source.url}"


def result_lines(situation: Situation, kb: KnowledgeBase, *, on: dt.date) -> list[str]:
    """Tell what was found and what fits."""
    items = recommend(situation, kb, on=on)
    lines = [kb.wording("terminal.heading_found"), *diagnosis_lines(situation, kb), ""]
    if not items:
        return [*lines, kb.wording("terminal.no_recommendation")]
    lines.append(kb.wording("terminal.heading_recommended", count=len(items)))
    for item in items:
        lines.extend(recommendation_lines(item, kb))
    return lines
