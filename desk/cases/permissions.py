"""What a person may do with a case as it stands: pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from desk.auth.models import StaffUser
from desk.auth.rights import can_lead, can_write
from desk.cases.errors import NotResponsibleError
from desk.cases.models import Case, CaseStatus

STATUS_CHOICES = (
    CaseStatus.WORKING,
    CaseStatus.WAITING,
    CaseStatus.SNOOZED,
    CaseStatus.CLOSED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What the person may do."""

    can_write: bool
    """Notes, labels, priority."""
    can_claim: bool
    can_release: bool
    can_change: bool
    """Set the state, or note that the owner was spoken with."""
    can_direct: bool
    """Hand on, merge, take up again."""
    can_assign: bool
    choices: Sequence[str]
    """States that the case can be moved to."""


def deeds_for(user: StaffUser, case: Case) -> Deeds:
    """What `user` may do with `case`.

    Whoever may write may take a case that nobody has. What a colleague is responsible
    for only a lead moves; a lead also hands on what nobody has. A closed case is taken up
    again, not put back.
    """
    is_closed = case.status == CaseStatus.CLOSED
    is_taken = case.assignee_id is not None
    is_lead = can_write(user) and can_lead(user)
    is_mine = can_write(user) and case.assignee_id == user.id
    is_responsible = is_taken and (is_mine or is_lead)
    offered = (CaseStatus.WORKING,) if is_closed else STATUS_CHOICES
    return Deeds(
        can_write=can_write(user),
        can_claim=can_write(user) and not is_taken and not is_closed,
        can_release=is_responsible and not is_closed,
        can_change=is_responsible or (is_lead and is_closed),
        can_direct=is_mine or is_lead,
        can_assign=is_lead and not is_closed,
        choices=[status for status in offered if status != case.status],
    )


def require(user: StaffUser, case: Case, deed: str) -> None:
    """Refuse unless the person may do this.

    Args:
        user: Who acts.
        case: The case as it stands.
        deed: Name of a field of `Deeds`.

    Raises:
        NotResponsibleError: A colleague has the case, or nobody.
    """
    if not getattr(deeds_for(user, case), deed):
        raise NotResponsibleError("Only whoever is responsible for the case, or a lead, may.")
