"""Refusals of the console's forms.

UnprocessableError  ── ReasonMissingError
                    ── NoteMissingError
                    ── TextTooLongError
                    ── LabelsRefusedError
                    ── ConsentIncompleteError
NotFoundError       ┬─ NoLineError
                    └─ NoFileError
"""

from desk.errors import NotFoundError, UnprocessableError


class ReasonMissingError(UnprocessableError):
    """A change of state without a reason."""

    code = "reason_missing"


class NoteMissingError(UnprocessableError):
    """A note without words."""

    code = "note_missing"


class TextTooLongError(UnprocessableError):
    """A reason or note is longer than the form allows."""

    code = "text_too_long"


class LabelsRefusedError(UnprocessableError):
    """Too many labels, or one is too long."""

    code = "labels_refused"


class ConsentIncompleteError(UnprocessableError):
    """A new consent without its way, moment or words."""

    code = "consent_incomplete"


class NoFileError(NotFoundError):
    """No such file is kept in the conversation of the case."""

    code = "no_file"


class NoLineError(NotFoundError):
    """LINE is not set up."""

    code = "no_line"
