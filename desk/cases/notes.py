"""Internal notes, and the colleagues that are named in them."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from desk.auth.models import StaffUser
from desk.auth.rights import visible_hub
from desk.cases import lists, repository
from desk.cases.errors import ColleagueRefusedError, MentionNotFoundError
from desk.cases.log import get_case
from desk.cases.models import Case, CaseEvent, CaseMention, EventKind
from desk.cases.ports import StaffEars
from desk.db import Database, Transaction

_NAMED = re.compile(r"(?<![a-z0-9._@+-])@([a-z0-9][a-z0-9._@+-]*)")
_TAIL = "._@+-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A note that names the person."""

    mention: CaseMention
    case: Case
    event: CaseEvent


def logins_in(text: str, known: Mapping[str, UUID]) -> list[UUID]:
    """The people whose login stands in a text behind an `@`, each once, in order.

    Args:
        text: The note.
        known: Whom it may name, by login.
    """
    found = []
    for name in _NAMED.findall(unicodedata.normalize("NFKC", text).lower()):
        # A full stop behind a name belongs to the sentence, one inside to the login.
        while name not in known and name[-1:] and name[-1] in _TAIL:
            name = name[:-1]  # noqa: PLW2901 (cut until it fits)
        if name in known:
            found.append(known[name])
    return list(dict.fromkeys(found))


class CaseNotes:
    """Notes and mentions."""

    def __init__(
        self,
        database: Database,
        ears: Sequence[StaffEars],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ears = ears
        self._clock = clock

    async def add(
        self,
        case_id: UUID,
        hub_id: str | None,
        staff_id: UUID,
        text: str,
        *,
        tell: Sequence[UUID] = (),
    ) -> tuple[CaseEvent, Sequence[UUID]]:
        """Write a note, which only staff see; colleagues of the case's hub hear of it.

        Args:
            case_id: Which case.
            hub_id: The hub whose cases the writer sees; None for all.
            staff_id: The writer.
            text: The note; `@login` names a colleague.
            tell: Colleagues that it is for, beside those.

        Returns:
            The entry of the log and the ids of the people that it names.

        Raises:
            CaseNotFoundError: Not a case of this hub.
            ColleagueRefusedError: One of `tell` is no colleague there.
        """
        async with self._database.write() as tx:
            case = await get_case(tx, case_id, hub_id)
            return await self.add_in(tx, case, staff_id, text, tell=tell)

    async def add_in(
        self,
        tx: Transaction,
        case: Case,
        staff_id: UUID,
        text: str,
        *,
        tell: Sequence[UUID] = (),
    ) -> tuple[CaseEvent, Sequence[UUID]]:
        """The same in the caller's transaction, for a caller who has checked the rights."""
        colleagues = await lists.list_colleagues(tx, case.hub_id)
        known = {user.login: user.id for user in colleagues if user.id != staff_id}
        if not {*tell} <= {*known.values()}:
            raise ColleagueRefusedError("Choose colleagues who work with cases of this hub.")
        named = list(dict.fromkeys([*tell, *logins_in(text, known)]))
        event = await repository.append_event(
            tx,
            case.id,
            EventKind.NOTED,
            actor="staff",
            actor_id=staff_id,
            body={"text": text, "mentions": [str(user_id) for user_id in named]},
            created_at=self._clock(),
        )
        await tx.flush()  # The mentions refer to the event.
        for user_id in named:
            await lists.add_mention(tx, event, user_id, event.created_at)
        if named:
            for ear in self._ears:
                await ear.hear(tx, case, event)
        return event, named

    async def list_unread(self, user: StaffUser, *, limit: int = 100) -> Sequence[Mention]:
        """The person's own unread mentions in cases that they may see, oldest first."""
        async with self._database.read() as tx:
            rows = await lists.list_unread(tx, user.id, visible_hub(user), limit=limit)
        return [Mention(mention=m, case=case, event=event) for m, case, event in rows]

    async def list_read(self, user: StaffUser, *, limit: int = 30) -> Sequence[Mention]:
        """The mentions that the person has read, in cases that they may see, latest first."""
        async with self._database.read() as tx:
            rows = await lists.list_read(tx, user.id, visible_hub(user), limit=limit)
        return [Mention(mention=m, case=case, event=event) for m, case, event in rows]

    async def mark_read(self, user: StaffUser, mention_id: UUID) -> UUID:
        """Take one of the person's own mentions off their list of unread ones.

        Returns:
            The id of its case.

        Raises:
            MentionNotFoundError: There is no such unread one.
        """
        async with self._database.write() as tx:
            case_id = await lists.mark_read(tx, mention_id, user.id, self._clock())
            if case_id is None:
                raise MentionNotFoundError("There is no such unread mention of you.")
            return case_id
