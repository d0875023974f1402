"""Refusals of the console's forms.

UnprocessableError  ── ReasonMissingError
                    ── NoteMissingError
                    ── TextTooLongError
                    ── LabelsRefusedError
                    ── ConsentIncompleteError
                    ── ViewNameError
                    ── TooManyViewsError
                    ── NothingChosenError
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


class ViewNameError(UnprocessableError):
    """A view of the queue without a name, or with too long a one."""

    code = "view_name"


class TooManyViewsError(UnprocessableError):
    """The person has as many views as there may be."""

    code = "too_many_views"


class NothingChosenError(UnprocessableError):
    """A deed for several cases without any."""

    code = "nothing_chosen"


class NoLineError(NotFoundError):
    """LINE is not set up."""

    code = "no_line"
