"""One deed for several cases: each for itself, with the version that was seen, and its undoing.

Nothing is done for all or none: what somebody else has changed meanwhile is left as it is
and named. Undoing is a deed like others, with its own event, rights and version.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from desk.auth.models import StaffUser
from desk.auth.rights import visible_hub
from desk.cases.models import Case, CaseStatus
from desk.cases.permissions import require
from desk.cases.service import CaseService
from desk.cases.work import MOST_LABELS
from desk.console.errors import LabelsRefusedError
from desk.errors import ConflictError, DeskError, ForbiddenError, NotFoundError, UnprocessableError

MOST_CASES = 50
REFUSALS = (ConflictError, UnprocessableError, ForbiddenError, NotFoundError)


class Deed(StrEnum):
    """What can be done with several cases at once."""

    CLAIM = "claim"
    ASSIGN = "assign"
    LABEL = "label"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A case and the version of it that was on the page."""

    case_id: UUID
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done; each deed takes what it needs."""

    deed: Deed
    assignee_id: UUID | None = None
    labels: Sequence[str] = ()
    """To be added to those that a case has."""
    hold_until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How one case is brought back to where it was: a deed, and what it needs."""

    case_id: UUID
    version: int
    """The version that the deed has made."""
    to: dict[str, Any]
    """`release`, or `assignee`, `labels`, `status` (with `hold_until`) as they were."""

    def to_text(self) -> str:
        """To be carried by a form; it gives no right that its sender has not."""
        return json.dumps({"case": str(self.case_id), "version": self.version, "to": self.to})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one case."""

    case_id: UUID
    number: str
    """Empty for a case that is not there, or not the person's to see."""
    refused: str = ""
    """Code of the refusal; empty if it was done."""
    undo: Undo | None = None
    """None where it cannot be undone here."""


def undo_of(text: str) -> Undo:
    """What `Undo.to_text` wrote.

    Raises:
        ValueError: It did not write that.
    """
    found = json.loads(text)
    if not isinstance(found, dict) or not isinstance(found.get("to"), dict):
        raise ValueError("not the undoing of anything")  # noqa: TRY004 (the caller's one kind)
    version = found.get("version")
    if not isinstance(version, int):
        raise ValueError("not the undoing of anything")  # noqa: TRY004
    return Undo(case_id=UUID(str(found.get("case"))), version=version, to=found["to"])


class BulkDesk:
    """Does orders for one person."""

    def __init__(self, cases: CaseService, user: StaffUser) -> None:
        self._cases = cases
        self._user = user

    async def do(self, order: Order, chosen: Sequence[Chosen]) -> Sequence[Outcome]:
        """Carry out an order for each case; whatever is refused for one, the next is tried."""
        return [await self._try(each.case_id, self._doing(order, each)) for each in chosen]

    async def undo(self, undoings: Sequence[Undo]) -> Sequence[Outcome]:
        """Bring each case back, if nobody has changed it since."""
        return [await self._try(each.case_id, self._undoing(each)) for each in undoings]

    async def _try(self, case_id: UUID, act: Callable[[Case], Awaitable[Undo | None]]) -> Outcome:
        number = ""
        try:
            case = await self._cases.get_case(case_id, visible_hub(self._user))
            number = case.number
            undo = await act(case)
        except REFUSALS as exc:
            return Outcome(case_id=case_id, number=number, refused=_code(exc))
        return Outcome(case_id=case_id, number=number, undo=undo)

    def _doing(self, order: Order, chosen: Chosen) -> Callable[[Case], Awaitable[Undo | None]]:
        async def act(case: Case) -> Undo | None:
            labels = await self._cases.labels_of(case.id)
            to = _way_back(order.deed, case, labels)
            await self._do_one(order, case, chosen.version, labels)
            if to is None:
                return None
            # Each of these deeds is one event, and each event one version.
            return Undo(case_id=case.id, version=chosen.version + 1, to=to)

        return act

    async def _do_one(self, order: Order, case: Case, version: int, labels: Sequence[str]) -> None:
        user, hub_id = self._user, visible_hub(self._user)
        if order.deed is Deed.CLAIM:
            await self._cases.claim(case.id, hub_id, user.id, version=version)
        elif order.deed is Deed.ASSIGN and order.assignee_id is not None:
            await self._cases.work.assign(
                user, case.id, version=version, assignee_id=order.assignee_id
            )
        elif order.deed is Deed.LABEL:
            wanted = sorted({*labels, *order.labels})
            if len(wanted) > MOST_LABELS:
                raise LabelsRefusedError(f"At most {MOST_LABELS} labels.")
            await self._cases.work.set_labels(user, case.id, version=version, labels=wanted)
        else:
            await self._move(case, CaseStatus.SNOOZED, version, order.reason, order.hold_until)

    async def _move(
        self,
        case: Case,
        status: CaseStatus,
        version: int,
        reason: str,
        hold_until: datetime | None,
    ) -> None:
        require(self._user, case, "can_change")
        await self._cases.change_status(
            case.id,
            visible_hub(self._user),
            self._user.id,
            status=status,
            version=version,
            reason=reason,
            hold_until=hold_until,
        )

    def _undoing(self, undo: Undo) -> Callable[[Case], Awaitable[Undo | None]]:
        async def act(case: Case) -> None:
            user, to, version = self._user, undo.to, undo.version
            if "labels" in to:
                labels = [str(label) for label in to["labels"]]
                await self._cases.work.set_labels(user, case.id, version=version, labels=labels)
            elif "assignee" in to:
                person = UUID(str(to["assignee"]))
                await self._cases.work.assign(user, case.id, version=version, assignee_id=person)
            elif "status" in to:
                held = to.get("hold_until")
                until = datetime.fromisoformat(held) if held else None
                status = CaseStatus(to["status"])
                await self._move(case, status, version, str(to.get("reason", "")), until)
            else:
                require(user, case, "can_release")
                hub_id = visible_hub(user)
                await self._cases.release(case.id, hub_id, user.id, version=version)

        return act


def _way_back(deed: Deed, case: Case, labels: Sequence[str]) -> dict[str, Any] | None:
    """What brings the case back after the deed; None if no deed does."""
    if deed is Deed.LABEL:
        return {"labels": list(labels)}
    if deed is Deed.SNOOZE:
        held = case.hold_until.isoformat() if case.hold_until else None
        return {"status": case.status, "hold_until": held}
    if case.assignee_id is not None:
        return {"assignee": str(case.assignee_id)}
    # Putting back makes it received; where it stood otherwise, that would be another state.
    return {"release": True} if case.status == CaseStatus.RECEIVED else None


def _code(exc: DeskError) -> str:
    return exc.code
