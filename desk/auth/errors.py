"""Refusals around staff accounts.

UnauthorizedError   ── NotSignedInError
                    ── LoginRefusedError
                    ── CodeRequiredError
                    ── CodeRefusedError
                    ── LoginExpiredError
                    ── OidcRefusedError
ForbiddenError      ── CsrfError
                    ── CrossSiteError
                    ── NotAllowedError
                    ── PasswordChangeRequiredError
                    ── SecondFactorRequiredError
                    ── StaleLoginError
NotFoundError       ── StaffUserNotFoundError
                    ── SessionNotFoundError
                    ── OidcNotSetUpError
ConflictError       ── LoginTakenError
                    ── IdentityTakenError
                    ── LastAdminError
                    ── OwnAccountError
UnavailableError    ── OidcUnavailableError
TooManyRequestsError ── TooManyLoginsError
UnprocessableError  ── PasswordRefusedError
                    ── AccountRefusedError
"""

from enum import StrEnum

from desk.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableError,
)


class NotSignedInError(UnauthorizedError):
    """There is no session, or it has ended."""

    code = "not_signed_in"


class LoginRefusedError(UnauthorizedError):
    """Unknown login, wrong password, locked or disabled: the caller never learns which."""

    code = "login_refused"


class TooManyLoginsError(TooManyRequestsError):
    """Too many logins were tried from one address."""

    code = "too_many_logins"


class CodeRequiredError(UnauthorizedError):
    """The password is right; the account wants a code as well."""

    code = "code_required"


class CodeRefusedError(UnauthorizedError):
    """The code is wrong, was used before, or the account is locked for a while."""

    code = "code_refused"


class LoginExpiredError(UnauthorizedError):
    """Too much time between password and code; the login begins anew."""

    code = "login_expired"


class OidcRefusal(StrEnum):
    """Why a login by the organisation did not lead to an account; for the log."""

    STATE = "state"
    DENIED = "denied"
    TOKEN = "token"  # noqa: S105 (not one)
    UNKNOWN = "unknown"
    DISABLED = "disabled"
    EMAIL_UNVERIFIED = "email_unverified"
    ANOTHER_SUBJECT = "another_subject"
    NO_MFA = "no_mfa"


class OidcRefusedError(UnauthorizedError):
    """The login by the organisation leads to no account here; the caller never learns why."""

    code = "oidc_refused"

    def __init__(self, reason: OidcRefusal, *, subject: str = "") -> None:
        super().__init__("The organisation's login does not lead to an account here.")
        self.reason = reason
        self.subject = subject


class OidcUnavailableError(UnavailableError):
    """The organisation's login does not answer, or not as it should."""

    code = "oidc_unavailable"


class OidcNotSetUpError(NotFoundError):
    """No organisation's login is set up."""

    code = "not_found"


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


class SecondFactorRequiredError(ForbiddenError):
    """The role wants an authenticator app, and none is set up yet."""

    code = "second_factor_required"


class StaleLoginError(ForbiddenError):
    """The login is too long ago for a change of what proves the person."""

    code = "login_again"


class StaffUserNotFoundError(NotFoundError):
    """There is no such account."""

    code = "staff_user_not_found"


class SessionNotFoundError(NotFoundError):
    """The person has no such session, or it has ended."""

    code = "session_not_found"


class IdentityTakenError(ConflictError):
    """The address or the person at the organisation belongs to another account."""

    code = "identity_taken"


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
    BAD_EMAIL = "bad_email"


class AccountRefusedError(UnprocessableError):
    """The login name, display name, role or hub of a new account is not valid."""

    code = "account_refused"

    def __init__(self, flaw: AccountFlaw, detail: str) -> None:
        super().__init__(detail)
        self.flaw = flaw
