"""Which cases somebody wants to see and in which order: from an address, to an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from desk.auth.models import Role
from desk.cases.models import CaseStatus


class Sort(StrEnum):
    """Orders of the queue."""

    PROMISE = "promise"
    NEWEST = "newest"
    PRIORITY = "priority"
    WAITING = "waiting"
    """Whose owner has waited longest for the promised answer comes first."""


class Wanted(BaseModel):
    """What is wanted; what is empty does not matter."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: tuple[CaseStatus, ...] = ()
    """Without one: every open case."""
    hub: str = Field("", max_length=32)
    label: str = Field("", max_length=24)
    priority: Literal["", "high", "urgent"] = ""
    """At least so much of a hurry."""
    assignee: UUID | Literal["", "me", "none"] = ""
    overdue: bool = False
    waiting: bool = False
    """An owner waits for the person in the conversation."""
    sort: Sort = Sort.PROMISE

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is wanted that the plain tabs do not show."""
        return self != Wanted()

    def to_query(self) -> str:
        """As the query of an address."""
        pairs = [("status", str(each)) for each in self.status]
        names = ("hub", "label", "priority", "assignee")
        pairs += [(name, str(value)) for name in names if (value := getattr(self, name))]
        pairs += [(name, "1") for name in ("overdue", "waiting") if getattr(self, name)]
        return urlencode([*pairs, ("sort", str(self.sort))])

    def to_json(self) -> dict[str, Any]:
        """To be kept; what is empty is left out."""
        return self.model_dump(mode="json", exclude_defaults=True)


def wanted_of(kept: Mapping[str, Any]) -> Wanted:
    """What was kept; what an older version knew and this one does not is nothing."""
    try:
        return Wanted.model_validate(kept)
    except ValidationError:
        return Wanted()


def wanted_in_query(
    *,
    status: Annotated[list[CaseStatus] | None, Query(max_length=10)] = None,
    hub: Annotated[str, Query(max_length=32)] = "",
    label: Annotated[str, Query(max_length=24)] = "",
    priority: Annotated[Literal["", "high", "urgent"], Query()] = "",
    assignee: Annotated[UUID | Literal["", "me", "none"], Query()] = "",
    overdue: Annotated[bool, Query()] = False,
    waiting: Annotated[bool, Query()] = False,
    sort: Annotated[Sort, Query()] = Sort.PROMISE,
) -> Wanted:
    """What an address asks for."""
    return Wanted(
        status=tuple(dict.fromkeys(status or ())),
        hub=hub.replace("\0", ""),
        label=label.replace("\0", "").strip(),
        priority=priority,
        assignee=assignee,
        overdue=overdue,
        waiting=waiting,
        sort=sort,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A way to look at the queue."""

    id: str
    name: str
    """Empty for a built-in one, whose name is a label."""
    wanted: Wanted


BUILT_IN: Mapping[str, Wanted] = {
    "everything": Wanted(),
    "mine": Wanted(assignee="me"),
    "unclaimed": Wanted(assignee="none"),
    "overdue": Wanted(overdue=True),
    "owner_waiting": Wanted(waiting=True, sort=Sort.WAITING),
    "urgent": Wanted(priority="high", sort=Sort.PRIORITY),
    "newest": Wanted(sort=Sort.NEWEST),
}
_FOR_ROLE: Mapping[str, tuple[str, ...]] = {
    Role.STAFF: ("everything", "mine", "unclaimed", "owner_waiting"),
    Role.LEAD: ("everything", "unclaimed", "overdue", "owner_waiting", "urgent"),
    Role.BUREAU: ("everything", "overdue", "unclaimed", "urgent", "newest"),
    Role.ADMIN: ("everything", "overdue", "unclaimed", "newest"),
    Role.AUDITOR: ("everything", "overdue", "newest"),
}


def built_in_views(role: str) -> list[View]:
    """The views that everybody of a role has."""
    names = _FOR_ROLE.get(role, ("everything",))
    return [View(id=name, name="", wanted=BUILT_IN[name]) for name in names]
