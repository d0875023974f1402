"""What the hub's staff are told of a case, beside what stands in the queue."""

from collections.abc import Callable

from desk.cases.models import Case, CaseEvent, EventKind, Step
from desk.db import Transaction
from desk.notify.models import BUREAU, NoticeKind
from desk.notify.outbox import Notice, queue_notice

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
    tx: Transaction, case: Case, event: CaseEvent, kind: NoticeKind, *, tell: str | None = None
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

    Returns:
        To how many targets of that hub it goes.
    """
    told = await queue_notice(tx, notice_of(case, event_key(event), kind), tell=tell)
    event.body = {**event.body, "targets": event.body.get("targets", 0) + told}
    return told


class StaffNotices:
    """Tells the hub's targets of what its staff should hear.

    One of the case desk's ears (`desk.cases.ports.StaffEars`): the notices are queued in
    the transaction of their event. With the last step of the promise clock the bureau is
    told too, since the owner hears that it knows.
    """

    def __init__(self, *, wake_jobs: Callable[[], None] = lambda: None) -> None:
        self._wake_jobs = wake_jobs

    async def hear(self, tx: Transaction, case: Case, event: CaseEvent) -> None:
        """Queue what the event makes."""
        kind = NOTICES.get(EventKind(event.kind))
        if kind is None:
            return
        is_over = event.kind == EventKind.ESCALATED and event.body.get("step") == Step.BUREAU
        if is_over:
            kind = NoticeKind.CASE_ESCALATED
        told = await tell_staff(tx, case, event, kind)
        if is_over and case.hub_id != BUREAU:
            told += await tell_staff(tx, case, event, kind, tell=BUREAU)
        if told:
            tx.after_commit(self._wake_jobs)
