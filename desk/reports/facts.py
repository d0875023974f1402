"""Reads the codes out of a case's snapshot that the reports count, and keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import and_, delete, exists, or_, select

from advisor.kinds import Status
from advisor.knowledge import KnowledgeBase
from advisor.places import Municipality
from desk.cases.models import Case, CaseEvent, CaseKind, EventKind
from desk.db import Database, Transaction
from desk.jobs.models import Job
from desk.reports.models import ItemKind, ReportCase, ReportItem

log = structlog.get_logger()
BACKFILL_JOB = "reports.backfill"
BATCH = 200
"""Cases in one transaction, so that nobody waits long for it."""
PREFECTURE_DIGITS = 2


class Need(StrEnum):
    """Whether there was support for a concern on the day of the hand-off."""

    MET = "met"
    """A program that was open and that the company can use as far as is known."""
    UNKNOWN = "unknown"
    """Only programs of which something has to be found out first."""
    UNMET = "unmet"
    """No program, or only ended ones and ones not yet begun."""


class SizeClass(StrEnum):
    """People who work in the company, the head counted."""

    UP_TO_5 = "1-5"
    UP_TO_20 = "6-20"
    UP_TO_50 = "21-50"
    UP_TO_100 = "51-100"
    MORE = "101-"


SIZE_ENDS = {
    5: SizeClass.UP_TO_5,
    20: SizeClass.UP_TO_20,
    50: SizeClass.UP_TO_50,
    100: SizeClass.UP_TO_100,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCodes:
    """What the reports know of a case; None is unknown."""

    municipality: str | None = None
    prefecture: str | None = None
    industry: str | None = None
    size: SizeClass | None = None
    items: Mapping[tuple[ItemKind, str], str] | None = None


def size_of(employees: object) -> SizeClass | None:
    """The class of a number of people; None where none is known."""
    if isinstance(employees, bool) or not isinstance(employees, int) or employees < 1:
        return None
    return next((size for end, size in SIZE_ENDS.items() if employees <= end), SizeClass.MORE)


def read_codes(snapshot: Mapping[str, Any], kb: KnowledgeBase) -> CaseCodes:
    """The codes of a snapshot; what is missing, foreign or of another shape is unknown."""
    facts = _mapping(_mapping(snapshot.get("situation")).get("facts"))
    place = _place(facts, kb)
    prefecture = place.code[:PREFECTURE_DIGITS] if place else _prefecture(facts, kb)
    industry = facts.get("industry")
    return CaseCodes(
        municipality=place.code if place else None,
        prefecture=prefecture,
        industry=industry if isinstance(industry, str) and len(industry) == 1 else None,
        size=size_of(facts.get("employees")),
        items=_items(snapshot, kb),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _place(facts: Mapping[str, Any], kb: KnowledgeBase) -> Municipality | None:
    """The only municipality of that name, or the one in the named prefecture."""
    name, prefecture = facts.get("municipality"), facts.get("prefecture")
    named = [
        m
        for m in kb.places.municipalities
        if name in (m.name, m.full_name) and prefecture in (None, "unknown", m.prefecture)
    ]
    return named[0] if len(named) == 1 else None


def _prefecture(facts: Mapping[str, Any], kb: KnowledgeBase) -> str | None:
    name = facts.get("prefecture")
    codes = (m.code for m in kb.places.municipalities if m.prefecture == name)
    found = next(codes, None)
    return found[:PREFECTURE_DIGITS] if found else None


def _items(snapshot: Mapping[str, Any], kb: KnowledgeBase) -> dict[tuple[ItemKind, str], str]:
    situation = _mapping(snapshot.get("situation"))
    dimensions = _mapping(_mapping(snapshot.get("diagnosis")).get("dimensions"))
    advice = [_mapping(i) for i in _list(_mapping(snapshot.get("recommendations")).get("items"))]
    known = [item for item in advice if item.get("program_id") in kb.programs]
    items = {}
    for concern in (_mapping(each).get("concern") for each in _list(situation.get("concerns"))):
        if concern in kb.concerns:
            items[ItemKind.CONCERN, str(concern)] = str(_need(str(concern), known, kb))
    for item in known:
        items[ItemKind.PROGRAM, str(item["program_id"])] = str(_standing(item))
    for dimension, profile in dimensions.items():
        level = _mapping(profile).get("level")
        if dimension in kb.dimensions and type(level) is int:
            items[ItemKind.DIMENSION, str(dimension)] = str(level)
    return items


def _standing(item: Mapping[str, Any]) -> Need:
    status = item.get("status")
    if status == Status.OPEN and not item.get("unknown"):
        return Need.MET
    return Need.UNKNOWN if status in (Status.OPEN, Status.UNVERIFIED) else Need.UNMET


def _need(concern: str, advice: Sequence[Mapping[str, Any]], kb: KnowledgeBase) -> Need:
    """The best standing among the recommended programs that are for this concern."""
    found = {
        _standing(item)
        for item in advice
        if concern in kb.programs[item["program_id"]].needs.concerns
    }
    return next((need for need in Need if need in found), Need.UNMET)


class CaseFactWriter:
    """Keeps the codes of cases; `desk.cases` calls it in the transactions that change them."""

    def __init__(self, database: Database, kb: KnowledgeBase) -> None:
        self._database = database
        self._kb = kb

    async def write(self, tx: Transaction, case: Case) -> None:
        """Write the codes of the case as its snapshot stands, in the caller's transaction."""
        if case.kind != CaseKind.CONSULTATION:
            return
        codes = read_codes(case.snapshot, self._kb)
        row = await tx.get(ReportCase, case.id)
        if row is None:
            row = ReportCase(case_id=case.id)
            tx.add(row)
        row.municipality, row.prefecture = codes.municipality, codes.prefecture
        row.industry, row.size = codes.industry, codes.size
        await tx.execute(delete(ReportItem).where(ReportItem.case_id == case.id))
        for (kind, code), state in (codes.items or {}).items():
            tx.add(ReportItem(case_id=case.id, kind=kind, code=code, state=state))
        await tx.flush()

    async def run(self, job: Job) -> None:
        """Handle the daily job."""
        await self.backfill()

    async def backfill(self) -> int:
        """Write the codes of every case that has none yet; broken off it goes on later.

        Returns:
            How many cases there were.
        """
        done = 0
        while ids := await self._missing():
            for case_id in ids:
                async with self._database.write() as tx:
                    case = await tx.get(Case, case_id, with_for_update=True)
                    if case is not None:
                        await self.write(tx, case)
            done += len(ids)
        log.info("report_facts_written", cases=done)
        return done

    async def _missing(self) -> Sequence[UUID]:
        """Cases without codes, and erased ones that still have some."""
        has_none = Case.id.not_in(select(ReportCase.case_id))
        query = select(Case.id).where(
            Case.kind == CaseKind.CONSULTATION, or_(has_none, _is_left_behind())
        )
        async with self._database.read() as tx:
            return (await tx.scalars(query.order_by(Case.id).limit(BATCH))).all()


def _is_left_behind() -> Any:
    """SQL condition: the case was erased by a process that keeps no codes."""
    was_erased = exists().where(CaseEvent.case_id == Case.id, CaseEvent.kind == EventKind.ERASED)
    columns = (
        ReportCase.prefecture,
        ReportCase.municipality,
        ReportCase.industry,
        ReportCase.size,
    )
    has_codes = exists().where(
        ReportCase.case_id == Case.id, or_(*(column.is_not(None) for column in columns))
    )
    has_items = exists().where(ReportItem.case_id == Case.id)
    return and_(was_erased, or_(has_codes, has_items))
