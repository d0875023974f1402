"""The search over cases and talks: candidates by hashed grams, then the real words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from desk.audit.service import Actor, record
from desk.auth.hubs import HubName
from desk.auth.models import StaffUser
from desk.auth.rights import visible_hub
from desk.cases.models import Case, CaseEvent
from desk.chat.models import Message
from desk.console import repository
from desk.console.labels import label
from desk.console.search_repository import Candidate, list_candidates, open_texts
from desk.db import Database, Transaction
from desk.vault.grams import SIZE, find_words, grams_of, has_words, words_of
from desk.vault.models import Part
from desk.vault.service import vault_of

PAGE_SIZE = 20
LONGEST = 100
"""Characters that can be typed."""
BATCH = 60
MOST_OPENED = 600
"""Texts that one page opens; the next goes on behind them."""
AROUND = 40
"""Characters that a snippet shows before the first hit."""
SNIPPET = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a snippet."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One text with the words."""

    part: str
    """Name of the kind of text: talk, note, number, headline or company."""
    pieces: Sequence[Piece]
    who: str
    at: datetime
    case_id: UUID
    number: str
    status: str
    hub: str
    anchor: str
    """Where on the page of the case it stands; empty for its top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of what was found."""

    typed: str
    items: Sequence[Found]
    next: UUID | None
    """The last text that was looked at, if there may be more."""
    is_too_short: bool
    """No word is long enough to be looked up."""


async def search(
    database: Database,
    user: StaffUser,
    hubs: Mapping[str, HubName],
    *,
    typed: str,
    before: UUID | None,
) -> SearchPage:
    """What the person may read that contains every word, the newest first.

    What is shown is written into the audit log, as the page of a case is.

    Args:
        database: Where the cases are.
        user: Who searches.
        hubs: Names of the hubs.
        typed: Words with white space between them.
        before: Only texts older than this one.
    """
    words = words_of(typed[:LONGEST])
    grams = set().union(*(grams_of(word) for word in words)) if words else set()
    if not grams:
        return SearchPage(
            typed=typed, items=[], next=None, is_too_short=any(len(w) < SIZE for w in words)
        )
    sets = vault_of(database).gram_sets(grams)
    async with database.read() as tx:
        hits, last = await _collect(tx, visible_hub(user), sets, words, before)
        ids = [hit.row.actor_id for hit in hits if isinstance(hit.row, CaseEvent)]
        names = await repository.names_of(tx, [each for each in ids if each])
    items = [_found(hit, words, hubs, names) for hit in hits]
    await _note_reading(database, user, [hit.candidate.case for hit in hits])
    return SearchPage(typed=typed, items=items, next=last, is_too_short=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    candidate: Candidate
    row: Message | CaseEvent | Case


async def _collect(
    tx: Transaction,
    hub_id: str | None,
    sets: Sequence[Sequence[int]],
    words: Sequence[str],
    before: UUID | None,
) -> tuple[Sequence[_Hit], UUID | None]:
    """Real hits of one page, and behind which text the next one goes on."""
    hits: list[_Hit] = []
    opened, last = 0, before
    while opened < MOST_OPENED:
        batch = await list_candidates(tx, hub_id, sets, before=last, limit=BATCH)
        if not batch:
            return hits, None
        rows = await open_texts(tx, batch)
        for candidate in batch:
            row = rows.get(candidate.source_id, candidate.case)
            if has_words("\n".join(_texts(row).values()), words):
                if len(hits) == PAGE_SIZE:
                    return hits, last
                hits.append(_Hit(candidate=candidate, row=row))
            last = candidate.source_id
        opened += len(batch)
    return hits, last


def _texts(row: Message | CaseEvent | Case) -> Mapping[str, str]:
    """What can be found of a row, by kind."""
    if isinstance(row, Message):
        return {Part.TALK: row.text}
    if isinstance(row, CaseEvent):
        return {Part.NOTE: "\n".join(row.words())}
    return row.found_by()


def _found(
    hit: _Hit, words: Sequence[str], hubs: Mapping[str, HubName], names: Mapping[UUID, str]
) -> Found:
    case, row = hit.candidate.case, hit.row
    texts = _texts(row)
    # The kind of text with the most of the words; the receipt number is shown anyhow.
    part = max(texts, key=lambda name: sum(has_words(texts[name], [word]) for word in words))
    anchor, who = "", ""
    if isinstance(row, Message):
        anchor, who = f"message-{row.seq}", row.author_name or label("authors", row.author)
    elif isinstance(row, CaseEvent):
        anchor = f"entry-{row.seq}"
        who = names.get(row.actor_id, "") if row.actor_id else label("actors", row.actor)
    hub = hubs.get(case.hub_id)
    return Found(
        part=part,
        pieces=snippet(texts[part], words),
        who=who,
        at=row.created_at,
        case_id=case.id,
        number=case.number,
        status=case.status,
        hub=hub.short_name if hub else case.hub_id,
        anchor=anchor,
    )


def snippet(text: str, words: Sequence[str]) -> Sequence[Piece]:
    """The part of a text with the first hit, cut into hits and what is between them."""
    spans = find_words(text, words)
    start = max(0, spans[0][0] - AROUND) if spans else 0
    end = min(len(text), start + SNIPPET)
    pieces = [Piece(text="…", is_hit=False)] if start else []
    at = start
    for hit_start, hit_end in spans:
        if hit_start >= end:
            break
        stop = min(hit_end, end)
        pieces += [
            Piece(text=text[at:hit_start], is_hit=False),
            Piece(text=text[hit_start:stop], is_hit=True),
        ]
        at = stop
    pieces.append(Piece(text=text[at:end] + ("…" if end < len(text) else ""), is_hit=False))
    return [piece for piece in pieces if piece.text]


async def _note_reading(database: Database, user: StaffUser, cases: Sequence[Case]) -> None:
    """Write down, before it is shown, of which cases the person reads something."""
    seen = {case.id: case for case in cases}
    if not seen:
        return
    async with database.write() as tx:
        for case in seen.values():
            record(
                tx,
                action="case_found",
                actor=Actor.STAFF,
                actor_id=user.id,
                subject=f"case:{case.id}",
                details={"case_id": case.id, "conversation": case.conversation_id},
            )
