"""Finds what must not stay in LINE: personal data and confidential matters of single people.

The guideline of the government (2021-04-30) lets public bodies use LINE where no such content
stays on its side. This is a detector by rules and word lists, made for short messages of owners;
it says what kind of thing it saw and keeps nothing. How well it does is in docs/line-detector.md.
"""

from desk.line.confidential.detector import Detector, find_confidential, locate_personal
from desk.line.confidential.words import Kind

__all__ = ["Detector", "Kind", "find_confidential", "locate_personal"]
