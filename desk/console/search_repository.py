"""SQL of the search: what may contain the words, of cases that the person may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, literal_column, or_, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY

from desk.cases.models import Case, CaseEvent
from desk.cases.repository import visible_to
from desk.chat.models import Message
from desk.db import Transaction
from desk.vault.models import Part, SearchEntry
from desk.vault.types import gram_words

NEWEST = 5000
"""Entries that are looked through before the index is asked."""
_COLUMNS = ("id", "source_id", "part", "conversation_id", "case_id", "grams")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text that may contain the words, and the newest case that lets the person read it."""

    source_id: UUID
    part: str
    case: Case


def _holds(tx: Transaction, entry: Any, sets: Sequence[Sequence[int]]) -> Any:
    """SQL condition: an entry has all grams of one of the sets, one for each key."""
    if tx.is_sqlite:
        wanted = " OR ".join(f"({gram_words(each, ' AND ')})" for each in sets)
        found = text("SELECT rowid FROM search_index WHERE search_index MATCH :wanted")
        return entry.c.id.in_(
            found.bindparams(wanted=wanted).columns(literal_column("rowid", Integer))
        )
    grams = entry.c.grams.op("@>", is_comparison=True)
    array = ARRAY(Integer())
    return or_(*(grams(bindparam(None, list(each), type_=array)) for each in sets))


async def list_candidates(
    tx: Transaction,
    hub_id: str | None,
    sets: Sequence[Sequence[int]],
    *,
    before: UUID | None,
    limit: int,
) -> Sequence[Candidate]:
    """What may contain the words, the newest first, each text once.

    Common words are found among the newest entries without asking the index; else the index
    is asked, which is quick for rare words. PostgreSQL cannot tell which is which.

    Args:
        tx: A reading transaction.
        hub_id: Only of cases of this hub; None for all.
        sets: Hashed grams of the words, one set for each key.
        before: Only texts older than this one.
        limit: At most so many rows; a text counts once for each case of its conversation.
    """
    older = true() if before is None else SearchEntry.source_id < before
    columns = [getattr(SearchEntry, name) for name in _COLUMNS]
    if not tx.is_sqlite:
        newest = select(*columns).where(older).order_by(SearchEntry.source_id.desc())
        recent = newest.limit(NEWEST).cte("recent").prefix_with("MATERIALIZED")
        rows = await _of_cases(tx, recent, hub_id, _holds(tx, recent, sets), limit)
        if len(rows) == limit:
            return _each_once(rows)
    holds = _holds(tx, SearchEntry.__table__, sets)
    entry = select(*columns).where(older, holds).cte("entry").prefix_with("MATERIALIZED")
    return _each_once(await _of_cases(tx, entry, hub_id, true(), limit))


async def _of_cases(
    tx: Transaction, entry: Any, hub_id: str | None, condition: Any, limit: int
) -> Sequence[Any]:
    """Entries with each of their cases that the hub may see, the newest first."""
    is_its_case = or_(entry.c.case_id.is_(None), entry.c.case_id == Case.id)
    first = (
        select(entry.c.source_id, entry.c.part, Case.id)
        .join(Case, Case.conversation_id == entry.c.conversation_id)
        .where(condition, is_its_case, visible_to(hub_id))
        .order_by(entry.c.source_id.desc(), Case.id.desc())
        .limit(limit)
    )
    found = (await tx.execute(first)).all()
    # Looked at once more: a case may have gone to another hub since.
    cases = select(Case).where(Case.id.in_({row[2] for row in found}), visible_to(hub_id))
    by_id = {case.id: case for case in await tx.scalars(cases)} if found else {}
    return [(source_id, part, by_id.get(case_id)) for source_id, part, case_id in found]


def _each_once(rows: Sequence[Any]) -> Sequence[Candidate]:
    found: dict[UUID, Candidate] = {}
    for source_id, part, case in rows:
        if case is not None:
            found.setdefault(source_id, Candidate(source_id=source_id, part=part, case=case))
    return list(found.values())


async def open_texts(
    tx: Transaction, candidates: Sequence[Candidate]
) -> dict[UUID, Message | CaseEvent]:
    """The messages and entries of the log among the candidates, opened, by id."""
    found: dict[UUID, Message | CaseEvent] = {}
    for part, table in ((Part.TALK, Message), (Part.NOTE, CaseEvent)):
        ids = [each.source_id for each in candidates if each.part == part]
        if ids:
            rows: Any = await tx.scalars(select(table).where(table.id.in_(ids)))
            found |= {row.id: row for row in rows}
    return found
