"""Refusals of the review.

NotFoundError       ── LineNotFoundError
                    ── AnswerNotFoundError
                    ── TaskNotFoundError
ConflictError       ── AlreadyReviewedError
                    ── OtherSetError
UnprocessableError  ── LabelRefusedError
                    ── PersonalLeftError
                    ── MarkLeftError
                    ── MarkupError
                    ── AdviceIncompleteError
                    ── AdviceSourceError
"""

from desk.errors import ConflictError, NotFoundError, UnprocessableError


class LineNotFoundError(NotFoundError):
    """No such line, it is another hub's, or the owner took it back."""

    code = "review_line_not_found"


class AnswerNotFoundError(NotFoundError):
    """No such answer of the bot in a case that the person may see."""

    code = "review_answer_not_found"


class TaskNotFoundError(NotFoundError):
    """No such task, or it is another hub's."""

    code = "review_task_not_found"


class AlreadyReviewedError(ConflictError):
    """A colleague was first, or the person has looked at this line already."""

    code = "review_already_done"


class OtherSetError(ConflictError):
    """Nearly the same sentence stands in the other set."""

    code = "review_other_set"


class LabelRefusedError(UnprocessableError):
    """No intent, an unknown one, or a text that is empty or too long."""

    code = "review_label_refused"


class PersonalLeftError(UnprocessableError):
    """The text still holds what looks like a name, a number or an address."""

    code = "review_personal_left"


class MarkLeftError(UnprocessableError):
    """A mark stands for something that no neutral word can replace."""

    code = "review_mark_left"


class MarkupError(UnprocessableError):
    """Brackets that the training would read as its own marks."""

    code = "review_markup"


class AdviceIncompleteError(UnprocessableError):
    """What is right, or the words that show it, are missing."""

    code = "review_advice_incomplete"


class AdviceSourceError(UnprocessableError):
    """The source is no web address, or its day is none or in the future."""

    code = "review_advice_source"
