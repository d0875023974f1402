"""Refusals of the console's forms.

ForbiddenError      ── NotResponsibleError
UnprocessableError  ── ReasonMissingError
                    ── NoteMissingError
                    ── TextTooLongError
"""

from desk.errors import ForbiddenError, UnprocessableError


class NotResponsibleError(ForbiddenError):
    """A colleague is responsible for the case, or nobody yet."""

    code = "not_responsible"


class ReasonMissingError(UnprocessableError):
    """A change of state without a reason."""

    code = "reason_missing"


class NoteMissingError(UnprocessableError):
    """A note without words."""

    code = "note_missing"


class TextTooLongError(UnprocessableError):
    """A reason or note is longer than the form allows."""

    code = "text_too_long"
