"""Refusals of the live conversation.

NotFoundError       ── TalkNotFoundError
ConflictError       ── HolderChangedError
                    ── TalkOverError
                    ── MessageIdTakenError
ForbiddenError      ── NotLeadError
TooLargeError       ── ReplyTooLongError
UnprocessableError  ── WordsMissingError
"""

from desk.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooLargeError,
    UnprocessableError,
)


class TalkNotFoundError(NotFoundError):
    """No conversation of a case that the caller may see, or it was erased."""

    code = "conversation_not_found"


class HolderChangedError(ConflictError):
    """Somebody else holds the conversation, or its version has moved on."""

    code = "holder_changed"


class TalkOverError(ConflictError):
    """The owner can no longer read the conversation."""

    code = "conversation_over"


class MessageIdTakenError(ConflictError):
    """The client_message_id belongs to a message of somebody else."""

    code = "message_id_taken"


class NotLeadError(ForbiddenError):
    """Only a lead may do this with what a colleague holds."""

    code = "lead_only"


class ReplyTooLongError(TooLargeError):
    """A reply, draft, summary or reason is longer than allowed."""

    code = "reply_too_long"


class WordsMissingError(UnprocessableError):
    """A reply, summary or reason without words."""

    code = "words_missing"
