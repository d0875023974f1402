"""What the hub's staff are told of a case, beside what stands in the queue."""

from desk.cases.models import Case, CaseEvent
from desk.db import Transaction
from desk.notify.models import NoticeKind
from desk.notify.outbox import Notice, queue_notice


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
