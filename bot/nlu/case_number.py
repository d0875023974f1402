"""Receipt numbers (TBM-2611-0042) as owners type them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.nlu.text import Span

# Normalised text is lower case. Owners leave the hyphens out or write spaces for them.
_CASE_NUMBER = re.compile(
    r"(?<![a-z0-9])(?P<hub>[a-z]{2,4})[-ー\s]?(?P<month>\d{4})[-ー\s]?(?P<serial>\d{3,6})(?!\d)"
)


@dataclass(frozen=True)
class CaseNumber:
    """A receipt number in its canonical form, and where it stands."""

    value: str
    span: Span


def find_case_number(text: str) -> CaseNumber | None:
    """The first receipt number in a normalised text."""
    match = _CASE_NUMBER.search(text)
    if match is None:
        return None
    value = f"{match['hub'].upper()}-{match['month']}-{match['serial']}"
    return CaseNumber(value, Span(match.start(), match.end()))
