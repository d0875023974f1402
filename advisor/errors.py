"""Errors of the advisor.

AdvisorError
├── KnowledgeError            the knowledge folder cannot be used; carries every problem found
├── UnknownIdError            an id that is not in the knowledge base
├── WordingError              a text is missing or lacks a placeholder
├── SituationError            a stored situation cannot be read
├── ParameterNotFoundError    no value is published for that date
└── AmountError               an amount cannot be computed from these inputs
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class AdvisorError(Exception):
    """Base of all errors that the advisor raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in the knowledge folder."""

    path: str
    """Path of the file, relative to the folder's parent (``knowledge/programs/x.yml``)."""
    key: str
    """Place inside the file (``criteria[2].condition.fact``), or a line."""
    message: str
    """What is wrong and what would be right."""

    def __str__(self) -> str:
        """Give the line that the validator prints."""
        return f"[ERROR] {self.path}: {self.key}: {self.message}"


class KnowledgeError(AdvisorError):
    """The knowledge folder has problems; none of it is used."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep every problem, in the order of the files."""
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UnknownIdError(AdvisorError):
    """An id that the knowledge base does not hold."""


class WordingError(AdvisorError):
    """A text or list of the wording is missing, or a placeholder has no value."""


class SituationError(AdvisorError):
    """A stored situation has another shape than ``Situation.to_json`` gives."""


class ParameterNotFoundError(AdvisorError):
    """No value of a parameter is published for the date that was asked."""


class AmountError(AdvisorError):
    """The amount cannot be computed: inputs, evidence level or the published rule forbid it."""


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Suggest the nearest known id.

    Returns:
        `` Did you mean 'x'?`` with a leading space, or the known ids if few, or nothing.
    """
    names = sorted(set(known))
    close = get_close_matches(wrong, names, n=1, cutoff=0.5)
    if close:
        return f" Did you mean '{close[0]}'?"
    if 0 < len(names) <= 12:
        return f" Known: {', '.join(names)}."
    return ""
