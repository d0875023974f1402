"""What the case desk needs of others: a voice towards the owner, ears towards staff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from desk.cases.models import Case, CaseEvent
from desk.db import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWords:
    """When owner and staff last spoke in a conversation."""

    owner_at: datetime | None = None
    staff_at: datetime | None = None


class OwnerVoice(Protocol):
    """Speaks to the owner in the conversation of a case."""

    async def lock(self, tx: Transaction, conversation_id: UUID) -> None:
        """Keep the conversation as it stands until the transaction ends.

        Whoever changes a case and speaks of it calls this before it locks or changes the
        case. People in the conversation lock in this order too, so that two
        transactions cannot wait for each other.
        """

    async def tell(
        self, tx: Transaction, case: Case, wording: str, arguments: Mapping[str, object]
    ) -> bool:
        """Say a sentence of `knowledge/wording`, in the caller's transaction.

        Args:
            tx: The transaction that makes the sentence true.
            case: Whose owner.
            wording: Key of the wording.
            arguments: Values for it: `hub_id`, dates and texts.

        Returns:
            False if nobody can read it any more: the conversation is erased or expired.
        """

    async def last_words(self, tx: Transaction, case: Case) -> LastWords:
        """When owner and staff last spoke in the conversation."""


@dataclass(slots=True)
class PrintedVoice:
    """The twin: keeps what it was told to say, so that tests and trials can print it."""

    said: list[tuple[UUID, str, dict[str, object]]] = field(default_factory=list)
    is_heard: bool = True
    words: LastWords = field(default_factory=LastWords)

    async def lock(self, tx: Transaction, conversation_id: UUID) -> None:
        """Nothing to lock."""

    async def tell(
        self, tx: Transaction, case: Case, wording: str, arguments: Mapping[str, object]
    ) -> bool:
        """Keep it."""
        if self.is_heard:
            self.said.append((case.id, wording, dict(arguments)))
        return self.is_heard

    async def last_words(self, tx: Transaction, case: Case) -> LastWords:
        """As set."""
        return self.words


class StaffEars(Protocol):
    """Is told of events that staff should hear of, in the transaction that writes them.

    Whoever notifies staff queues its job there; it must not wait for the outside.
    """

    async def hear(self, tx: Transaction, case: Case, event: CaseEvent) -> None:
        """Take note of an escalation, an assignment, a transfer, a mention or a waking.

        With a transfer the conversation of the case is locked.
        """


@dataclass(slots=True)
class PrintedEars:
    """The twin: keeps case and kind of what it heard."""

    heard: list[tuple[UUID, str]] = field(default_factory=list)

    async def hear(self, tx: Transaction, case: Case, event: CaseEvent) -> None:
        """Keep it."""
        self.heard.append((case.id, event.kind))


FACTS = "case_facts"
"""Under this name `Database.info` keeps the `CaseFacts` of the database, if there are any."""


class CaseFacts(Protocol):
    """Keeps what reports count of the sealed snapshots, in the transactions that change them."""

    async def write(self, tx: Transaction, case: Case) -> None:
        """Take the place of what was kept of the case."""


async def keep_facts(tx: Transaction, case: Case) -> None:
    """Have the reports' facts follow the case's snapshot, where somebody keeps them."""
    facts: CaseFacts | None = tx.info.get(FACTS)
    if facts is not None:
        await facts.write(tx, case)
