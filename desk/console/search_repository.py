"""SQL of the search: what may contain the words, of cases that the person may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from desk.cases.models import Case, CaseEvent
from desk.cases.repository import visible_to
from desk.chat.models import Message
from desk.db import Transaction
from desk.vault.models import Part, SearchEntry
from desk.vault.types import gram_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text that may contain the words, and the newest case that lets the person read it."""

    source_id: UUID
    part: str
    case: Case


def _holds(tx: Transaction, sets: Sequence[Sequence[int]]) -> Any:
    """SQL condition: an entry has all grams of one of the sets, one for each key."""
    if tx.is_sqlite:
        wanted = " OR ".join(f"({gram_words(each, ' AND ')})" for each in sets)
        found = text("SELECT rowid FROM search_index WHERE search_index MATCH :wanted")
        return SearchEntry.id.in_(
            found.bindparams(wanted=wanted).columns(literal_column("rowid", Integer))
        )
    grams = SearchEntry.grams.op("@>", is_comparison=True)
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

    Args:
        tx: A reading transaction.
        hub_id: Only of cases of this hub; None for all.
        sets: Hashed grams of the words, one set for each key.
        before: Only texts older than this one.
        limit: At most so many rows; a text counts once for each case of its conversation.
    """
    is_its_case = or_(SearchEntry.case_id.is_(None), SearchEntry.case_id == Case.id)
    query = (
        select(SearchEntry.source_id, SearchEntry.part, Case)
        .join(Case, Case.conversation_id == SearchEntry.conversation_id)
        .where(_holds(tx, sets), is_its_case, visible_to(hub_id))
        .order_by(SearchEntry.source_id.desc(), Case.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(SearchEntry.source_id < before)
    found: dict[UUID, Candidate] = {}
    for source_id, part, case in await tx.execute(query):
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
