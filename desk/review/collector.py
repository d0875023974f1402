"""Looks through the conversations that changed for lines to review."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from advisor.loading import load_yaml
from desk.config import Settings
from desk.db import Database, Transaction
from desk.jobs.models import Job
from desk.review import repository
from desk.review.collecting import Rules, find_reasons
from desk.review.models import ReviewLine

COLLECT_JOB = "review.collect"
BATCH = 50
"""Conversations that are read at once."""
OVERLAP = timedelta(minutes=2)
"""Transactions may end in another order than they began."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NOBODY = UUID(int=0)
FALLBACKS = "utter_not_understood"


def read_fallbacks(domain: Path) -> frozenset[str]:
    """What the bot says where it did not understand, from its domain."""
    responses: Mapping[str, Sequence[Mapping[str, str]]] = load_yaml(domain)["responses"]
    found = (items for name, items in responses.items() if name.startswith(FALLBACKS))
    return frozenset(item["text"] for items in found for item in items)


class Collector:
    """Collects; goes on each time where it was."""

    def __init__(self, database: Database, settings: Settings, root: Path) -> None:
        self._database = database
        self._settings = settings
        self._root = root
        self._rules: Rules | None = None

    async def collect(self, *, most: int | None = None) -> int:
        """Look through the conversations that changed since the last time.

        Args:
            most: Stop after about so many conversations; None for all of them.

        Returns:
            How many lines are new.
        """
        async with self._database.write() as tx:
            mark = await repository.lock_mark(tx, LONG_AGO)
            place = (max(LONG_AGO, mark.reached - OVERLAP), NOBODY)
        added = seen = 0
        while most is None or seen < most:
            async with self._database.write() as tx:
                mark = await repository.lock_mark(tx, LONG_AGO)
                changed = await repository.list_changed(tx, place, BATCH)
                for conversation_id, _ in changed:
                    added += await self._look_through(tx, conversation_id)
                if changed:
                    place = (changed[-1][1], changed[-1][0])
                    mark.reached = max(mark.reached, changed[-1][1])
            seen += len(changed)
            if len(changed) < BATCH:
                break
        return added

    async def collect_later(self, job: Job) -> None:
        """Do a queued `review.collect`."""
        await self.collect()

    async def _look_through(self, tx: Transaction, conversation_id: UUID) -> int:
        talk = await repository.read_talk(tx, conversation_id)
        added = 0
        for message, reasons in find_reasons(talk, self._get_rules()).items():
            line = await tx.get(ReviewLine, message.id)
            if line is None:
                line = ReviewLine(
                    id=message.id,
                    conversation_id=conversation_id,
                    said_at=message.created_at,
                )
                tx.add(line)
                added += 1
            for reason in reasons:
                setattr(line, reason.value, True)
        await tx.flush()
        return added

    def _get_rules(self) -> Rules:
        if self._rules is None:
            self._rules = Rules(
                confidence=self._settings.review_confidence,
                sample_share=self._settings.review_sample_percent / 100,
                fallbacks=read_fallbacks(self._root / "domain.yml"),
            )
        return self._rules
