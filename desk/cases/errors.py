"""Refusals of the case desk.

NotFoundError       ── CaseNotFoundError
                    ── MentionNotFoundError
                    ── HubNotFoundError
ForbiddenError      ── NotResponsibleError
ConflictError       ── CaseAlreadyClaimedError
                    ── CaseVersionError ── SettingsVersionError
                    ── CaseClosedError
                    ── CaseOpenError
                    ── CaseErasedError
                    ── ConsentNeededError
                    ── BankConsentNeededError
                    ── NotDoublesError
                    ── SameHubError
UnprocessableError  ── ResultNeededError
                    ── HoldNeededError
                    ── StatusRefusedError
                    ── AssigneeRefusedError
                    ── ColleagueRefusedError
                    ── ReasonNeededError
                    ── ConsentDateError
                    ── BadCursorError
                    ── CalendarRefusedError
                    ── NeverOpenError
"""

from desk.errors import ConflictError, ForbiddenError, NotFoundError, UnprocessableError


class CaseNotFoundError(NotFoundError):
    """There is no such case among those the caller may see."""

    code = "case_not_found"


class MentionNotFoundError(NotFoundError):
    """There is no such unread mention of the caller."""

    code = "mention_not_found"


class HubNotFoundError(NotFoundError):
    """There is no such hub, or it is not the caller's."""

    code = "hub_not_found"


class NotResponsibleError(ForbiddenError):
    """A colleague is responsible for the case, or nobody yet."""

    code = "not_responsible"


class CaseAlreadyClaimedError(ConflictError):
    """Somebody else claimed the case first."""

    code = "case_already_claimed"


class CaseVersionError(ConflictError):
    """The case has changed since it was read; load it again."""

    code = "case_changed"


class SettingsVersionError(CaseVersionError):
    """A hub's hours or intake have changed since they were read."""

    code = "settings_changed"


class CaseClosedError(ConflictError):
    """The case is closed; it must be taken up again first."""

    code = "case_closed"


class CaseOpenError(ConflictError):
    """The case is not closed, so it cannot be taken up again."""

    code = "case_open"


class CaseErasedError(ConflictError):
    """The owner had the conversation erased; what they agreed to ended with it."""

    code = "case_erased"


class ConsentNeededError(ConflictError):
    """The owner has not agreed that this hub gets the case."""

    code = "consent_needed"


class BankConsentNeededError(ConflictError):
    """A bank runs the hub, and the owner has not agreed that banks see the case."""

    code = "bank_consent_needed"


class NotDoublesError(ConflictError):
    """The two cases cannot be one: another owner, another hub, or the same case."""

    code = "not_doubles"


class SameHubError(ConflictError):
    """The case is at this hub already."""

    code = "same_hub"


class ResultNeededError(UnprocessableError):
    """A case is closed with a result, and only then has one."""

    code = "result_needed"


class HoldNeededError(UnprocessableError):
    """A case is put on hold until a moment to come, and only then has one."""

    code = "hold_needed"


class StatusRefusedError(UnprocessableError):
    """A case does not come into this state by being set to it."""

    code = "status_refused"


class AssigneeRefusedError(UnprocessableError):
    """The person cannot be made responsible for the case."""

    code = "assignee_refused"


class ColleagueRefusedError(UnprocessableError):
    """A note is for somebody who is not a colleague at the case's hub."""

    code = "colleague_refused"


class ReasonNeededError(UnprocessableError):
    """A raised priority has reasons, and the ordinary one has none."""

    code = "reason_needed"


class ConsentDateError(UnprocessableError):
    """A consent is recorded after it was given, and given after the case was opened."""

    code = "consent_date"


class BadCursorError(UnprocessableError):
    """The cursor is not one that a list has given."""

    code = "bad_cursor"


class CalendarRefusedError(UnprocessableError):
    """With such a calendar promises could not be kept."""

    code = "calendar_refused"


class NeverOpenError(UnprocessableError):
    """The office does not open for more than two years."""

    code = "never_open"
