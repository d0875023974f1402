"""Refusals of the LINE channel.

NotFoundError      ── AccountNotFoundError
UnauthorizedError  ── BadSignatureError
TooLargeError      ── WebhookTooLargeError
DeskError          ── BadWebhookError (400)
UnavailableError   ── NotStoredError
"""

from desk.errors import DeskError, NotFoundError, TooLargeError, UnauthorizedError, UnavailableError


class AccountNotFoundError(NotFoundError):
    """There is no such account, or it has no secret."""

    code = "line_account_not_found"


class BadSignatureError(UnauthorizedError):
    """The body was not signed with the account's secret."""

    code = "line_signature"


class WebhookTooLargeError(TooLargeError):
    """LINE sends nothing of this size."""

    code = "line_webhook_too_large"


class BadWebhookError(DeskError):
    """The signed body is no webhook."""

    status_code = 400
    code = "line_webhook"


class NotStoredError(UnavailableError):
    """The events could not be stored; LINE may send them again."""

    code = "line_not_stored"
