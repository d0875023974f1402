"""The state of a case, derived from its events alone.

Pure. `evolve` gives the state after one event; whoever writes an event writes the columns
of the case from the same function, so that columns and log cannot tell different stories.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from desk.cases.models import UNCLAIMED_STATUSES, Case, CaseResult, CaseStatus, EventKind, Priority


class Logged(Protocol):
    """What the fold reads of an event."""

    @property
    def kind(self) -> str:
        """What happened."""

    @property
    def actor_id(self) -> UUID | None:
        """The staff member who did it."""

    @property
    def body(self) -> Mapping[str, Any]:
        """The event's own data."""

    @property
    def created_at(self) -> datetime:
        """When it happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """Everything about a case that events decide."""

    hub_id: str
    promised_on: date
    status: CaseStatus = CaseStatus.RECEIVED
    assignee_id: UUID | None = None
    result: str | None = None
    hold_until: datetime | None = None
    priority: int = Priority.NORMAL
    priority_reasons: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    merged_into_id: UUID | None = None
    answered_at: datetime | None = None
    escalated_to: str | None = None
    version: int = 1


WITHOUT_CHANGE = frozenset(
    {
        EventKind.ANNOUNCED,
        EventKind.NOTED,
        EventKind.OWNER_TOLD,
        EventKind.SPLIT_OFF,
        EventKind.TALK_TAKEN,
        EventKind.TALK_RETURNED,
        EventKind.TALK_UNANSWERED,
        EventKind.FILE_ARRIVED,
    }
)
"""Entries of the log that leave the case as it is; its version too."""


def derive_state(events: Sequence[Logged]) -> CaseState:
    """The state that a case's whole log makes.

    Args:
        events: The log in order; it begins with `opened`.

    Raises:
        ValueError: It does not.
    """
    if not events or events[0].kind != EventKind.OPENED:
        raise ValueError("A case's log begins with 'opened'.")
    opened = events[0].body
    state = CaseState(
        hub_id=opened["hub_id"],
        promised_on=date.fromisoformat(opened["promised_on"]),
        priority=opened.get("priority", Priority.NORMAL),
        priority_reasons=tuple(opened.get("priority_reasons", ())),
    )
    for event in events[1:]:
        state = evolve(state, event)
    return state


def evolve(state: CaseState, event: Logged) -> CaseState:
    """The state after `event`."""
    kind = EventKind(event.kind)
    if kind in WITHOUT_CHANGE:
        return state
    change = _CHANGES.get(kind, _nothing)
    return replace(state, version=state.version + 1, **change(state, event))


def stored_state(case: Case, labels: Sequence[str] = ()) -> CaseState:
    """The state as the case's columns hold it.

    Args:
        case: The row.
        labels: Its labels, which stand in a table of their own.
    """
    return CaseState(
        hub_id=case.hub_id,
        promised_on=case.promised_on,
        status=CaseStatus(case.status),
        assignee_id=case.assignee_id,
        result=case.result,
        hold_until=case.hold_until,
        priority=case.priority,
        priority_reasons=tuple(case.priority_reasons),
        labels=frozenset(labels),
        merged_into_id=case.merged_into_id,
        answered_at=case.answered_at,
        escalated_to=case.escalated_to,
        version=case.version,
    )


def columns_of(state: CaseState) -> dict[str, Any]:
    """The columns that hold `state`, beside the version."""
    return {
        "hub_id": state.hub_id,
        "promised_on": state.promised_on,
        "status": state.status,
        "assignee_id": state.assignee_id,
        "result": state.result,
        "hold_until": state.hold_until,
        "priority": state.priority,
        "priority_reasons": list(state.priority_reasons),
        "merged_into_id": state.merged_into_id,
        "answered_at": state.answered_at,
        "escalated_to": state.escalated_to,
    }


def _claimed(state: CaseState, event: Logged) -> dict[str, Any]:
    return {"assignee_id": event.actor_id, "status": CaseStatus.WORKING, "hold_until": None}


def _released(state: CaseState, event: Logged) -> dict[str, Any]:
    return {"assignee_id": None, "status": CaseStatus.RECEIVED, "hold_until": None}


def _assigned(state: CaseState, event: Logged) -> dict[str, Any]:
    is_unclaimed = state.status in UNCLAIMED_STATUSES
    status = CaseStatus.WORKING if is_unclaimed else state.status
    return {"assignee_id": UUID(event.body["to"]), "status": status}


def _status_changed(state: CaseState, event: Logged) -> dict[str, Any]:
    status = CaseStatus(event.body["to"])
    held = event.body.get("hold_until")
    changes: dict[str, Any] = {
        "status": status,
        "hold_until": datetime.fromisoformat(held) if held else None,
    }
    if status is CaseStatus.WAITING:
        # The hub waits for the owner, so it has spoken with them.
        changes |= _contacted(state, event)
    return changes


def _woken(state: CaseState, event: Logged) -> dict[str, Any]:
    return {"status": CaseStatus(event.body["to"]), "hold_until": None}


def _contacted(state: CaseState, event: Logged) -> dict[str, Any]:
    return {"answered_at": state.answered_at or event.created_at}


def _escalated(state: CaseState, event: Logged) -> dict[str, Any]:
    return {"escalated_to": event.body.get("step")}


def _labelled(state: CaseState, event: Logged) -> dict[str, Any]:
    return {"labels": frozenset(event.body["labels"])}


def _prioritised(state: CaseState, event: Logged) -> dict[str, Any]:
    return {
        "priority": event.body["priority"],
        "priority_reasons": tuple(event.body["reasons"]),
    }


def _transferred(state: CaseState, event: Logged) -> dict[str, Any]:
    return {
        "hub_id": event.body["to_hub"],
        "assignee_id": None,
        "status": CaseStatus.TRANSFERRED,
        "hold_until": None,
        "escalated_to": None,
    }


def _merged(state: CaseState, event: Logged) -> dict[str, Any]:
    return {
        "status": CaseStatus.CLOSED,
        "result": CaseResult.DUPLICATE,
        "hold_until": None,
        "merged_into_id": UUID(event.body["into"]),
    }


def _took_in(state: CaseState, event: Logged) -> dict[str, Any]:
    return {"promised_on": date.fromisoformat(event.body["promised_on"])}


def _closed(state: CaseState, event: Logged) -> dict[str, Any]:
    return {
        "status": CaseStatus.CLOSED,
        "result": event.body.get("result"),
        "hold_until": None,
        **_contacted(state, event),
    }


def _reopened(state: CaseState, event: Logged) -> dict[str, Any]:
    return {"status": CaseStatus(event.body["to"]), "result": None, "merged_into_id": None}


def _nothing(state: CaseState, event: Logged) -> dict[str, Any]:
    """Only the version grows: what changed is no part of the state."""
    return {}


_CHANGES: Mapping[EventKind, Callable[[CaseState, Logged], dict[str, Any]]] = {
    EventKind.CLAIMED: _claimed,
    EventKind.RELEASED: _released,
    EventKind.ASSIGNED: _assigned,
    EventKind.STATUS_CHANGED: _status_changed,
    EventKind.WOKEN: _woken,
    EventKind.CONTACTED: _contacted,
    EventKind.ESCALATED: _escalated,
    EventKind.LABELLED: _labelled,
    EventKind.PRIORITISED: _prioritised,
    EventKind.TRANSFERRED: _transferred,
    EventKind.MERGED: _merged,
    EventKind.TOOK_IN: _took_in,
    EventKind.CLOSED: _closed,
    EventKind.REOPENED: _reopened,
}
