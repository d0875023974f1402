"""Refusals of the case desk.

NotFoundError  ── CaseNotFoundError
ConflictError  ── CaseAlreadyClaimedError
               ── CaseVersionError
"""

from desk.errors import ConflictError, NotFoundError


class CaseNotFoundError(NotFoundError):
    """There is no such case among those the caller may see."""

    code = "case_not_found"


class CaseAlreadyClaimedError(ConflictError):
    """Somebody else claimed the case first."""

    code = "case_already_claimed"


class CaseVersionError(ConflictError):
    """The case has changed since it was read; load it again."""

    code = "case_changed"
