"""Refusals around staff accounts.

UnauthorizedError   ── NotSignedInError
                    ── LoginRefusedError
ForbiddenError      ── CsrfError
                    ── CrossSiteError
                    ── NotAllowedError
                    ── PasswordChangeRequiredError
NotFoundError       ── StaffUserNotFoundError
ConflictError       ── LoginTakenError
                    ── LastAdminError
                    ── OwnAccountError
UnprocessableError  ── PasswordRefusedError
                    ── AccountRefusedError
"""

from enum import StrEnum

from desk.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnprocessableError,
)


class NotSignedInError(UnauthorizedError):
    """There is no session, or it has ended."""

    code = "not_signed_in"


class LoginRefusedError(UnauthorizedError):
    """Unknown login, wrong password, locked or disabled: the caller never learns which."""

    code = "login_refused"


class CsrfError(ForbiddenError):
    """The form does not carry the token of the session it was sent in."""

    code = "csrf"


class CrossSiteError(ForbiddenError):
    """Another site sent the request."""

    code = "cross_site"


class NotAllowedError(ForbiddenError):
    """The person's role does not include this."""

    code = "not_allowed"


class PasswordChangeRequiredError(ForbiddenError):
    """The one-time password must be replaced before anything else."""

    code = "password_change_required"


class StaffUserNotFoundError(NotFoundError):
    """There is no such account."""

    code = "staff_user_not_found"


class LoginTakenError(ConflictError):
    """The login name belongs to an account, perhaps a disabled one."""

    code = "login_taken"


class LastAdminError(ConflictError):
    """Without this account nobody could manage the accounts."""

    code = "last_admin"


class OwnAccountError(ConflictError):
    """Nobody takes their own account away while using it."""

    code = "own_account"


class PasswordFlaw(StrEnum):
    """Why a new password is not taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    IS_LOGIN = "is_login"
    IS_OLD = "is_old"
    OLD_IS_WRONG = "old_is_wrong"
    NOT_REPEATED = "not_repeated"


class PasswordRefusedError(UnprocessableError):
    """The new password, or the proof of the old one, is not good enough."""

    code = "password_refused"

    def __init__(self, flaw: PasswordFlaw) -> None:
        super().__init__(f"The password is not accepted: {flaw}. Choose another one.")
        self.flaw = flaw


class AccountFlaw(StrEnum):
    """Why an account cannot be made as asked."""

    BAD_LOGIN = "bad_login"
    BAD_NAME = "bad_name"
    BAD_ROLE = "bad_role"
    HUB_NEEDED = "hub_needed"
    HUB_UNKNOWN = "hub_unknown"


class AccountRefusedError(UnprocessableError):
    """The login name, display name, role or hub of a new account is not valid."""

    code = "account_refused"

    def __init__(self, flaw: AccountFlaw, detail: str) -> None:
        super().__init__(detail)
        self.flaw = flaw
