"""Refusals of the chat API.

UnauthorizedError       ── BadTokenError
NotFoundError           ── ConversationNotFoundError
UnprocessableError      ── PayloadNotOfferedError
TooLargeError           ── TextTooLongError
TooManyRequestsError    ── SlowDownError
"""

from desk.errors import (
    NotFoundError,
    TooLargeError,
    TooManyRequestsError,
    UnauthorizedError,
    UnprocessableError,
)


class BadTokenError(UnauthorizedError):
    """The bearer token is missing or is not this conversation's."""

    code = "bad_token"


class ConversationNotFoundError(NotFoundError):
    """The conversation was erased or has expired."""

    code = "conversation_not_found"


class PayloadNotOfferedError(UnprocessableError):
    """The payload is not one of a button that was shown in this conversation."""

    code = "payload_not_offered"


class TextTooLongError(TooLargeError):
    """The text has more than 2,000 characters."""

    code = "text_too_long"


class SlowDownError(TooManyRequestsError):
    """Too many messages in a short time."""

    code = "slow_down"
