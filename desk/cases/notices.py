"""What the hub's staff are told of a case, beside what stands in the queue."""

from collections.abc import Callable, Collection

from desk.cases.models import Case, CaseEvent, EventKind, Step
from desk.db import Transaction
from desk.notify.models import BUREAU, NoticeKind, TargetLevel
from desk.notify.outbox import EVERYDAY, Notice, queue_notice

NOTICES = {
    EventKind.ESCALATED: NoticeKind.CASE_REMINDED,
    EventKind.ASSIGNED: NoticeKind.CASE_ASSIGNED,
    EventKind.TRANSFERRED: NoticeKind.CASE_TRANSFERRED,
    EventKind.NOTED: NoticeKind.CASE_MENTIONED,
    EventKind.WOKEN: NoticeKind.CASE_WOKEN,
}
"""What the hub is told of an event that its staff should hear of."""
TOLD_KINDS = frozenset({EventKind.ANNOUNCED, *NOTICES})
"""Kinds of events that may have gone to targets; their bodies say to how many."""


WITHOUT = "without"
"""Part of an escalation's body: the step for which nobody had a target."""


def notice_of(case: Case, key: str, kind: NoticeKind) -> Notice:
    """A notice of `case`: its number, dates and hub, nothing of the owner."""
    return Notice(
        key=key,
        kind=kind,
        hub_id=case.hub_id,
        case_id=case.id,
        case_number=case.number,
        facts={"promised_on": case.promised_on.isoformat(), "case_kind": case.kind},
    )


def event_key(event: CaseEvent) -> str:
    """The key of the notice that an event of a case makes."""
    return f"case:{event.case_id}:{event.seq}"


async def tell_staff(
    tx: Transaction,
    case: Case,
    event: CaseEvent,
    kind: NoticeKind,
    *,
    tell: str | None = None,
    levels: Collection[str] = EVERYDAY,
) -> int:
    """Queue the notice that a new event makes, in the event's own transaction.

    The event keeps to how many targets it went, so that the log is honest about a hub
    that is told nowhere, and so that a lost delivery can be found.

    Args:
        tx: The transaction in which the event is written.
        case: The case.
        event: The event, not yet committed.
        kind: What the targets are told.
        tell: The hub whose targets are told; the case's own if None. An event can be told
            to several hubs, one call each.
        levels: Only targets of these levels.

    Returns:
        To how many targets of that hub it goes.
    """
    notice = notice_of(case, event_key(event), kind)
    told = await queue_notice(tx, notice, tell=tell, levels=levels)
    event.body = {**event.body, "targets": event.body.get("targets", 0) + told}
    return told


class StaffNotices:
    """Tells the hub's targets of what its staff should hear.

    One of the case desk's ears (`desk.cases.ports.StaffEars`): the notices are queued in
    the transaction of their event. Each step of the promise clock reaches somebody who has
    not heard of it yet: the hub's targets, those of its lead, and with the last step
    everybody with the bureau, since the owner hears that it knows. Where a hub has no such
    target the event says so.
    """

    def __init__(self, *, wake_jobs: Callable[[], None] = lambda: None) -> None:
        self._wake_jobs = wake_jobs

    async def hear(self, tx: Transaction, case: Case, event: CaseEvent) -> None:
        """Queue what the event makes."""
        kind = NOTICES.get(EventKind(event.kind))
        if kind is None:
            return
        step = event.body.get("step") if event.kind == EventKind.ESCALATED else None
        if step == Step.BUREAU:
            told = await _tell_everybody(tx, case, event)
        elif step == Step.LEAD:
            told = await _tell_lead(tx, case, event)
        else:
            told = await tell_staff(tx, case, event, kind)
        if told:
            tx.after_commit(self._wake_jobs)


async def _tell_lead(tx: Transaction, case: Case, event: CaseEvent) -> int:
    """The second step: the lead's targets, or the hub's once more if there are none."""
    kind = NoticeKind.CASE_REMINDED
    told = await tell_staff(tx, case, event, kind, levels={TargetLevel.LEAD})
    if not told:
        event.body = {**event.body, WITHOUT: Step.LEAD}
        told = await tell_staff(tx, case, event, kind)
    return told


async def _tell_everybody(tx: Transaction, case: Case, event: CaseEvent) -> int:
    """The last step: hub and lead, whoever looks after the hub at the bureau, the bureau."""
    kind = NoticeKind.CASE_ESCALATED
    levels = {TargetLevel.HUB, TargetLevel.LEAD}
    told = await tell_staff(tx, case, event, kind, levels=levels)
    if case.hub_id == BUREAU:
        return told
    at_bureau = await tell_staff(tx, case, event, kind, levels={TargetLevel.BUREAU})
    at_bureau += await tell_staff(tx, case, event, kind, tell=BUREAU)
    if not at_bureau:
        event.body = {**event.body, WITHOUT: Step.BUREAU}
    return told + at_bureau
