"""Refusals of the LINE channel.

NotFoundError      ┬─ AccountNotFoundError
                   └─ SendNotFoundError
ConflictError      ┬─ SendSettledError
                   ├─ LossUnknownError
                   └─ SendRefusedError
UnauthorizedError  ── BadSignatureError
TooLargeError      ── WebhookTooLargeError
DeskError          ── BadWebhookError (400)
UnavailableError   ── NotStoredError
"""

from desk.errors import (
    ConflictError,
    DeskError,
    NotFoundError,
    TooLargeError,
    UnauthorizedError,
    UnavailableError,
)


class AccountNotFoundError(NotFoundError):
    """There is no such account, or it has no secret."""

    code = "line_account_not_found"


class SendNotFoundError(NotFoundError):
    """There is no such call, or it is of an account that the person does not see."""

    code = "line_send_not_found"


class SendSettledError(ConflictError):
    """Nothing is open there any more: somebody, or the next answer, was faster."""

    code = "line_send_settled"


class LossUnknownError(ConflictError):
    """It may have arrived, and nobody has asked the owner."""

    code = "line_loss_unknown"


class SendRefusedError(ConflictError):
    """It cannot be sent again: blocked, erased, or the talk is another one now."""

    code = "line_send_refused"


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
