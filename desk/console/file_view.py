"""Files of owners as the page of a case shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from desk.attachments.models import Attachment, FileState
from desk.console.labels import label

KILOBYTE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """One file in words."""

    id: UUID
    name: str
    """Its sender's name for it, or what it is."""
    state: str
    arrived_at: datetime
    size: str
    """Empty where nothing was fetched."""
    problem: str
    """Why it is not there, and what to do; empty where it is."""

    @property
    def is_there(self) -> bool:
        """Whether it can be saved."""
        return self.state == FileState.FETCHED


def file_lines(rows: Sequence[Attachment]) -> Sequence[FileLine]:
    """The files in the order in which they came."""
    return [_line(row) for row in rows]


def size_words(size: int) -> str:
    """A size in bytes, in words, rounded up."""
    kilobytes = max(1, -(-size // KILOBYTE))
    if kilobytes < KILOBYTE:
        return label("file_sizes", "kilobytes").format(number=kilobytes)
    return label("file_sizes", "megabytes").format(number=f"{kilobytes / KILOBYTE:.1f}")


def _line(row: Attachment) -> FileLine:
    problem = ""
    if row.state != FileState.FETCHED:
        problem = label("file_problems", row.reason or row.state)
    return FileLine(
        id=row.id,
        name=row.name or label("file_kinds", row.kind),
        state=row.state,
        arrived_at=row.arrived_at,
        size=size_words(row.size) if row.size is not None else "",
        problem=problem,
    )
