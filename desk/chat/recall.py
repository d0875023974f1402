"""Advice recall: who was told a fact that the knowledge states differently now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from advisor.knowledge import KnowledgeBase
from advisor.told import version_of
from desk.cases import repository as cases
from desk.chat import repository
from desk.db import Database, Transaction

CHUNK = 500
"""Ids in one query; below the limits of every database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledConversation:
    """A conversation that was told the old fact."""

    conversation_id: UUID
    told_at: datetime
    cases: tuple[str, ...]
    """Numbers of its cases, each with the hub: `TSU-2026-000001 (tsubame)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalledFact:
    """A fact that has changed since it was told."""

    fact: str
    told_on: date
    is_gone: bool
    """The knowledge does not hold it any more."""
    conversations: tuple[RecalledConversation, ...]


async def find_recalls(
    database: Database, kb: KnowledgeBase, *, fact: str | None = None
) -> tuple[RecalledFact, ...]:
    """List the changed facts with everybody who was told the old one.

    Args:
        database: Where conversations and cases are.
        kb: The knowledge as it stands now.
        fact: Only facts whose id begins with this, such as `programs/side_job_b`.
    """
    found = []
    async with database.read() as tx:
        for name, version, on in sorted(await repository.list_told_versions(tx)):
            if fact is not None and not name.startswith(fact):
                continue
            now = version_of(name, kb, on=on)
            if now == version:
                continue
            told = await repository.list_told(tx, name, version, on)
            numbers = await _case_numbers(tx, [conversation for conversation, _ in told])
            conversations = tuple(
                RecalledConversation(
                    conversation_id=conversation,
                    told_at=at,
                    cases=tuple(numbers.get(conversation, ())),
                )
                for conversation, at in told
            )
            found.append(
                RecalledFact(
                    fact=name, told_on=on, is_gone=now is None, conversations=conversations
                )
            )
    return tuple(found)


async def _case_numbers(tx: Transaction, conversations: Sequence[UUID]) -> dict[UUID, list[str]]:
    numbers: dict[UUID, list[str]] = {}
    for chunk in _chunks(conversations):
        for case in await cases.list_of_conversations(tx, chunk):
            numbers.setdefault(case.conversation_id, []).append(f"{case.number} ({case.hub_id})")
    return numbers


def _chunks(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for first in range(0, len(ids), CHUNK):
        yield ids[first : first + CHUNK]
