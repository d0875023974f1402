"""Splitting a rambling message into clauses, each about one thing.

Owners write 「若い子が続かなくてさ、求人出しても応募ないし」: two concerns in one breath. The split
follows punctuation, line breaks and conjunctive particles (て, けど, し, ので …) as the tokenizer
tags them, so that 「教えてください」 stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.nlu.text import NormalisedText

_STOPS = re.compile(r"[。!?…、\n]+|[\s]*[\n][\s]*|(?<=[ぁ-んァ-ヶ一-龠ー]) (?=[ぁ-んァ-ヶ一-龠])")
_CONJUNCTIVE = frozenset(
    ["けど", "けれど", "けれども", "けんど", "が", "し", "ので", "から", "のに", "て", "で"]
)
_CONJUNCTIVE_TAG = "助詞-接続助詞"
_NOT_INDEPENDENT = "非自立可能"
_MIN_CHARS = 3
# A message at the length limit would have a hundred clauses, each costing a run of the encoder.
_MAX_CLAUSES = 24


@dataclass(frozen=True)
class Token:
    """A word of the normalised text, with offsets into it."""

    text: str
    start: int
    end: int
    norm: str
    reading: str
    tag: str


@dataclass(frozen=True)
class Clause:
    """A stretch of the normalised text that says one thing."""

    text: str
    start: int
    end: int


def split_clauses(text: NormalisedText, tokens: Sequence[Token]) -> tuple[Clause, ...]:
    """The clauses of a message in order; a short message is one clause.

    Args:
        text: The normalised message.
        tokens: Its tokens, with offsets into the normalised text.
    """
    cuts = {0, len(text.text)}
    for stop in _STOPS.finditer(text.text):
        cuts.add(stop.end())
    for before, token, after in zip((None, *tokens), tokens, (*tokens[1:], None)):
        if after is not None and _ends_clause(before, token, after):
            cuts.add(token.end)
    bounds = sorted(cuts)
    pieces = [(start, end) for start, end in zip(bounds, bounds[1:]) if end > start]
    return tuple(
        Clause(text.text[start:end].strip(" \n、。…"), start, end)
        for start, end in _at_most(_MAX_CLAUSES, _join_short(text.text, pieces))
    )


def _ends_clause(before: Token | None, token: Token, after: Token) -> bool:
    """Whether a conjunctive particle closes a clause here."""
    if token.text == "で" and before is not None and before.text in ("の", "ん"):
        return True
    if token.text not in _CONJUNCTIVE or not token.tag.startswith(_CONJUNCTIVE_TAG):
        return False
    # 「教えてください」「出しても来ない」: the particle only ties two words together.
    ties = _NOT_INDEPENDENT in after.tag or after.text in ("も", "は")
    return not (token.text in ("て", "で") and ties)


def _at_most(limit: int, pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pieces, neighbours glued together evenly where there are more than the limit."""
    if len(pieces) <= limit:
        return list(pieces)
    step = -(-len(pieces) // limit)
    groups = [pieces[first : first + step] for first in range(0, len(pieces), step)]
    return [(group[0][0], group[-1][1]) for group in groups]


def _join_short(text: str, pieces: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Glue pieces too short to mean anything to the one before, or else after, them."""
    joined: list[tuple[int, int]] = []
    carry: int | None = None
    for start, end in pieces:
        begin = start if carry is None else carry
        if len(text[begin:end].strip(" \n、。…!?")) < _MIN_CHARS:
            if joined:
                joined[-1] = (joined[-1][0], end)
                carry = None
            else:
                carry = begin
            continue
        joined.append((begin, end))
        carry = None
    if carry is not None:
        joined.append((carry, len(text)))
    return joined
