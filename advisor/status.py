"""Status of a program on a date, from its dated states."""

import datetime as dt
from dataclasses import dataclass

from advisor.model import Program, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOn:
    """Status of a program on a date, and what it rests on."""

    status: Status
    since: dt.date | None
    """First day of the state; None before the first published state."""
    note: str | None
    source: str | None
    is_stale: bool
    """The last check is too old: published as open, but no longer certain."""


def status_on(program: Program, *, on: dt.date) -> StatusOn:
    """Give the status of a program on a date.

    Before its first state a program is not yet there; an open state past its ``verify_by`` is
    unverified until somebody checks again.
    """
    current = None
    for state in program.states:
        if state.since <= on:
            current = state
    if current is None:
        return StatusOn(status=Status.NOT_YET, since=None, note=None, source=None, is_stale=False)
    is_stale = (
        current.status is Status.OPEN and current.verify_by is not None and current.verify_by < on
    )
    return StatusOn(
        status=Status.UNVERIFIED if is_stale else current.status,
        since=current.since,
        note=current.note,
        source=current.source,
        is_stale=is_stale,
    )
