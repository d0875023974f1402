"""Lengths as LINE counts them, and cuts that leave no half characters.

LINE counts texts in UTF-16 units and labels in characters as readers see them (grapheme
clusters), but was seen to count labels in code points too; labels here keep to both.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import regex

ELLIPSIS = "\u2026"
_GRAPHEME = regex.compile(r"\X")
_URI_SIGNS = "%/:?#[]@!$&'()*+,;=-._~"
_SENTENCE = regex.compile("[\u3002\uff01\uff1f!?]+[\u300d\u300f\uff09)]*(?=.)", regex.DOTALL)
"""The end of a sentence with the marks that close it, when something follows."""


def utf16_units(text: str) -> int:
    """Length in UTF-16 units: what lies beyond U+FFFF counts twice."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def graphemes(text: str) -> list[str]:
    """The characters as readers see them; a family of emoji is one."""
    found: list[str] = _GRAPHEME.findall(text)
    return found


def label_length(text: str) -> int:
    """The larger of the numbers of grapheme clusters and of code points."""
    return max(len(graphemes(text)), len(text))


def uri_length(uri: str) -> int:
    """Length after percent-encoding, as LINE counts addresses."""
    return len(encoded_uri(uri))


def encoded_uri(uri: str) -> str:
    """The address in ASCII; what is encoded already stays as it is."""
    return quote(uri, safe=_URI_SIGNS, errors="replace")


def json_bytes(value: Mapping[str, Any]) -> int:
    """Size as JSON in bytes: the larger one of UTF-8 and ASCII with escapes."""
    plain = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return max(len(plain), len(json.dumps(value)))


def cut_label(text: str, most: int) -> str:
    """The text in at most `most` code points, cut between characters, with an ellipsis."""
    if len(text) <= most:
        return text
    return _head(text, most - 1, len) + ELLIPSIS


def cut_text(text: str, most: int) -> str:
    """The text in at most `most` UTF-16 units, cut between characters, with an ellipsis."""
    if utf16_units(text) <= most:
        return text
    return _head(text, most - 1, utf16_units) + ELLIPSIS


def _head(text: str, most: int, length: Callable[[str], int]) -> str:
    """As many whole characters as fit, at least one sign."""
    kept, used = [], 0
    for cluster in graphemes(text[: most + 1]):
        used += length(cluster)
        if used > most:
            break
        kept.append(cluster)
    if not kept:
        # One character of very many signs: half of it is better than nothing.
        return text[: most // 2]
    return "".join(kept)


def split_text(text: str, most: int, *, anywhere: bool = False) -> list[str]:
    """The text in pieces of at most `most` UTF-16 units; joined they give the text again.

    A piece ends at an empty line, else at a line's or sentence's end, if one of them stands in
    its second half; else, or with `anywhere`, between two characters.
    """
    pieces = []
    while utf16_units(text) > most:
        head = _head(text, most, utf16_units)
        at = len(head) if anywhere else _border(head, text[len(head) :][:1])
        pieces.append(text[:at])
        text = text[at:]
    return [*pieces, text] if text else pieces


def _border(head: str, following: str) -> int:
    """Where to end a piece that may be as long as `head`, after which `following` stands."""
    least = len(head) // 2
    for mark in ("\n\n", "\n"):
        at = head.rfind(mark)
        if at >= least:
            return at + len(mark)
    ends = [match.end() for match in _SENTENCE.finditer(head + following)]
    return next((end for end in reversed(ends) if least < end <= len(head)), len(head))
