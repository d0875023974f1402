"""What staff do with a case: assign, label, prioritise, hand on, merge, take up again.

Rights are checked here, in the transaction that changes the case.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from desk.auth import repository as accounts
from desk.auth.models import StaffUser
from desk.auth.rights import can_write, visible_hub
from desk.cases import lists, repository, transfers
from desk.cases.clock import PromiseClock
from desk.cases.doubles import is_same_owner
from desk.cases.errors import (
    AssigneeRefusedError,
    CaseClosedError,
    CaseOpenError,
    NotDoublesError,
    ReasonNeededError,
)
from desk.cases.hubs import HubParty
from desk.cases.log import get_case, record
from desk.cases.models import (
    Case,
    CaseEvent,
    CaseStatus,
    EventKind,
    Priority,
    PriorityReason,
)
from desk.cases.permissions import require
from desk.cases.ports import OwnerVoice, StaffEars
from desk.cases.transfers import NewConsent
from desk.db import Database, Transaction

LONGEST_HOLD = timedelta(days=2 * 366)
MOST_LABELS = 10


def longest_hold(moment: datetime) -> datetime:
    """The latest moment until which a case may be on hold."""
    return moment + LONGEST_HOLD


class CaseWork:
    """Changes of cases by staff."""

    def __init__(
        self,
        database: Database,
        hubs: Mapping[str, HubParty],
        promises: PromiseClock,
        voice: OwnerVoice,
        ears: Sequence[StaffEars],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._hubs = hubs
        self._promises = promises
        self._voice = voice
        self._ears = ears
        self._clock = clock

    async def assign(
        self, user: StaffUser, case_id: UUID, *, version: int, assignee_id: UUID
    ) -> Case:
        """Make a colleague responsible; a lead's right.

        Raises:
            CaseNotFoundError: Not a case that `user` may see.
            NotResponsibleError: `user` is no lead.
            CaseClosedError: The case is closed.
            AssigneeRefusedError: The person is away, only looks, or is of another hub.
            CaseVersionError: The case has changed.
        """
        async with self._database.write() as tx:
            case = await self._get_open(tx, user, case_id, "can_assign")
            person = await accounts.find_user(tx, assignee_id)
            is_able = (
                person is not None
                and person.disabled_at is None
                and can_write(person)
                and visible_hub(person) in {None, case.hub_id}
            )
            if not is_able:
                raise AssigneeRefusedError("Choose somebody who works with cases of this hub.")
            body = {"from": _text(case.assignee_id), "to": str(assignee_id)}
            event = await self._record(tx, case, EventKind.ASSIGNED, user, version, body)
            await self._let_hear(tx, case, event)
            return case

    async def set_labels(
        self, user: StaffUser, case_id: UUID, *, version: int, labels: Sequence[str]
    ) -> Case:
        """Give the case exactly these labels.

        Raises:
            CaseNotFoundError, NotResponsibleError, CaseVersionError: As for `assign`.
        """
        async with self._database.write() as tx:
            case = await get_case(tx, case_id, visible_hub(user))
            require(user, case, "can_write")
            body = {"labels": sorted(set(labels))}
            await self._record(tx, case, EventKind.LABELLED, user, version, body)
            return case

    async def set_priority(
        self,
        user: StaffUser,
        case_id: UUID,
        *,
        version: int,
        priority: Priority,
        reasons: Sequence[PriorityReason],
    ) -> Case:
        """Say how much the case hurries, and why.

        Raises:
            ReasonNeededError: A raised priority without a reason, or the other way round.
            CaseNotFoundError, NotResponsibleError, CaseVersionError: As for `assign`.
        """
        if (priority is Priority.NORMAL) != (not reasons):
            raise ReasonNeededError("A raised priority has reasons, the ordinary one none.")
        async with self._database.write() as tx:
            case = await get_case(tx, case_id, visible_hub(user))
            require(user, case, "can_write")
            body = {"priority": int(priority), "reasons": sorted(set(reasons))}
            await self._record(tx, case, EventKind.PRIORITISED, user, version, body)
            return case

    async def record_contact(
        self, user: StaffUser, case_id: UUID, *, version: int, how: str
    ) -> Case:
        """Note that the owner was spoken with or written to: the promise is kept.

        Raises:
            CaseNotFoundError, NotResponsibleError, CaseClosedError, CaseVersionError: As
                for `assign`.
        """
        async with self._database.write() as tx:
            case = await self._get_open(tx, user, case_id, "can_change")
            await self._record(tx, case, EventKind.CONTACTED, user, version, {"how": how})
            return case

    async def transfer(
        self,
        user: StaffUser,
        case_id: UUID,
        *,
        version: int,
        to_hub: str,
        reason: str,
        consent: NewConsent | None = None,
    ) -> Case:
        """Hand the case on to another hub or the bureau, if the owner agreed to that.

        Args:
            user: Who hands it on: whoever is responsible, or a lead.
            case_id: Which case.
            version: What they saw.
            to_hub: Who gets it.
            reason: In their words.
            consent: What the owner has agreed to since, if the consent given at the
                hand-off does not name this hub.

        Raises:
            HubNotFoundError: There is no such hub.
            SameHubError: The case is there already.
            ConsentNeededError, BankConsentNeededError: The owner has not agreed.
            ConsentDateError: The consent is from before the case, or from the future.
            CaseErasedError: The owner had everything erased.
            CaseNotFoundError, NotResponsibleError, CaseClosedError, CaseVersionError: As
                for `assign`.
        """
        party = transfers.get_party(self._hubs, to_hub)
        async with self._database.write() as tx:
            case = await self._get_open(tx, user, case_id, "can_direct")
            # Whoever was first meanwhile has changed the version, which is compared below.
            await self._voice.lock(tx, case.conversation_id)
            is_erased = await lists.has_event(tx, case.id, EventKind.ERASED)
            moment = self._clock()
            transfers.check(case, party, consent, is_erased=is_erased, at=moment)
            if consent is not None:
                agreed = transfers.extend(case, party, consent)
                body = consent.to_json() | {"hub_id": party.id}
                await record(
                    tx,
                    case,
                    EventKind.CONSENT_RECORDED,
                    at=moment,
                    version=version,
                    by=user,
                    body=body,
                    consent=agreed,
                )
                version = case.version
            body = {"from_hub": case.hub_id, "to_hub": party.id, "reason": reason}
            event = await self._record(tx, case, EventKind.TRANSFERRED, user, version, body)
            await self._after_transfer(tx, case, event)
            return case

    async def _after_transfer(self, tx: Transaction, case: Case, event: CaseEvent) -> None:
        await self._let_hear(tx, case, event)
        arguments = {"case_number": case.number, "hub_id": case.hub_id}
        is_heard = await self._voice.tell(tx, case, "case_transferred", arguments)
        body = {"what": "case_transferred", "is_heard": is_heard}
        await record(tx, case, EventKind.OWNER_TOLD, at=self._clock(), body=body)
        if case.answered_at is None:
            await self._promises.start(tx, case, event)

    async def merge(
        self, user: StaffUser, case_id: UUID, *, version: int, into: UUID, reason: str = ""
    ) -> Case:
        """Close a double; it points to the case in which the work goes on.

        The earlier of the two promises holds for that case. Both logs keep the reason.

        Raises:
            NotDoublesError: Another owner or hub, the same case, or the other is closed.
            CaseNotFoundError, NotResponsibleError, CaseClosedError, CaseVersionError: As
                for `assign`; also for the other case.
        """
        async with self._database.write() as tx:
            await repository.lock(tx, [case_id, into])
            case = await self._get_open(tx, user, case_id, "can_direct")
            target = await get_case(tx, into, visible_hub(user))
            _check_doubles(tx, case, target)
            body = {"into": str(target.id), "number": target.number, "reason": reason}
            await self._record(tx, case, EventKind.MERGED, user, version, body)
            is_owed = case.answered_at is None and target.answered_at is None
            promised_on = target.promised_on
            if is_owed:
                promised_on = min(promised_on, case.promised_on)
            body = {
                "from": str(case.id),
                "number": case.number,
                "promised_on": promised_on.isoformat(),
                "reason": reason,
            }
            is_earlier = promised_on < target.promised_on
            await record(tx, target, EventKind.TOOK_IN, at=self._clock(), by=user, body=body)
            if is_earlier:
                await self._promises.restart(tx, target)
            return case

    async def reopen(
        self, user: StaffUser, case_id: UUID, *, version: int, reason: str = ""
    ) -> Case:
        """Take a closed case up again; a merged one is a case of its own again.

        Raises:
            CaseOpenError: It is not closed.
            CaseNotFoundError, NotResponsibleError, CaseVersionError: As for `assign`.
        """
        async with self._database.write() as tx:
            case = await get_case(tx, case_id, visible_hub(user))
            require(user, case, "can_direct")
            await self.reopen_in(tx, case, user.id, version=version, reason=reason)
            return case

    async def reopen_in(
        self, tx: Transaction, case: Case, staff_id: UUID, *, version: int, reason: str
    ) -> None:
        """The same in the caller's transaction, for a caller who has checked the rights."""
        if case.status != CaseStatus.CLOSED:
            raise CaseOpenError("The case is not closed.")
        target_id = case.merged_into_id
        if target_id is not None:
            await repository.lock(tx, [case.id, target_id])
        to = CaseStatus.WORKING if case.assignee_id else CaseStatus.RECEIVED
        body: dict[str, Any] = {"from": case.status, "to": to, "reason": reason}
        event = await record(
            tx,
            case,
            EventKind.REOPENED,
            at=self._clock(),
            version=version,
            by=staff_id,
            body=body,
        )
        if target_id is not None:
            target = await tx.get_one(Case, target_id)
            body = {"from": str(case.id), "number": case.number}
            await record(tx, target, EventKind.SPLIT_OFF, at=self._clock(), by=staff_id, body=body)
        if case.answered_at is None:
            await self._promises.start(tx, case, event)

    async def _get_open(self, tx: Transaction, user: StaffUser, case_id: UUID, deed: str) -> Case:
        """The case, if it is open and the person may do this.

        A closed one is refused as such to whoever could do it with an open one.
        """
        case = await get_case(tx, case_id, visible_hub(user))
        if case.status == CaseStatus.CLOSED:
            require(user, case, "can_write")
            raise CaseClosedError("The case is closed. Take it up again first.")
        require(user, case, deed)
        return case

    async def _record(
        self,
        tx: Transaction,
        case: Case,
        kind: EventKind,
        user: StaffUser,
        version: int,
        body: dict[str, Any],
    ) -> CaseEvent:
        return await record(tx, case, kind, at=self._clock(), version=version, by=user, body=body)

    async def _let_hear(self, tx: Transaction, case: Case, event: CaseEvent) -> None:
        for ear in self._ears:
            await ear.hear(tx, case, event)


def _text(staff_id: UUID | None) -> str | None:
    return None if staff_id is None else str(staff_id)


def _check_doubles(tx: Transaction, case: Case, target: Case) -> None:
    if case.id == target.id:
        raise NotDoublesError("A case is not merged into itself.")
    if case.hub_id != target.hub_id:
        raise NotDoublesError("The other case is at another hub. Hand one of them on first.")
    if target.status == CaseStatus.CLOSED:
        raise NotDoublesError("The other case is closed. Take it up again first.")
    if not is_same_owner(tx, case, target):
        raise NotDoublesError("The cases are of different owners.")
