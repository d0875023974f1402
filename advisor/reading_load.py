"""Reading load of Japanese texts: how hard they are for somebody who is no specialist.

Three measures, with limits that the texts of the knowledge keep and that hold from now on:
length of a sentence, share of kanji, and long or technical words that are not in the lists of
``knowledge/wording/reading.yml``. Official names (of programs, desks, members, places) do not
count; they are what they are.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from advisor.knowledge import KnowledgeBase

LONGEST_SENTENCE: Final = 60
"""Characters, names counted as one."""
MOST_KANJI: Final = 0.62
"""Share of the letters of a text."""
_FROM_LETTERS: Final = 20
"""Shorter texts are labels; their share of kanji says nothing."""
_NAME: Final = "*"
_KATAKANA: Final = f"{chr(0x30A1)}-{chr(0x30F6)}{chr(0x30FC)}"
_IDEOGRAPHS: Final = f"{chr(0x4E00)}-{chr(0x9FFF)}{chr(0x3005)}"
_LONG_WORD: Final = re.compile(f"[{_KATAKANA}]{{5,}}|[{_IDEOGRAPHS}]{{5,}}")
_KANJI: Final = re.compile(f"[{_IDEOGRAPHS}]")
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}")
_SHORTEST_PLACE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingMarks:
    """What the measures know of the language and of names."""

    sentence_ends: tuple[str, ...]
    quote_marks: tuple[str, ...]
    """Opening and closing mark, as pairs of two characters."""
    plain_words: tuple[str, ...]
    hard_words: tuple[str, ...]
    names: tuple[str, ...]
    """Longest first."""


READING_LISTS: Final = ("sentence_ends", "quote_marks", "plain_words", "hard_words")
"""Word lists that the measures need."""


def reading_marks(kb: "KnowledgeBase") -> ReadingMarks:
    """Collect the marks and official names of a knowledge base."""
    names = {
        *(program.name for program in kb.programs.values()),
        *(contact.name for contact in kb.contacts.values()),
        *(party.name for program in kb.programs.values() for party in program.parties),
        *(member.name for hub in kb.hubs.values() for member in hub.members),
        *(name for hub in kb.hubs.values() for name in (hub.name, hub.short_name, hub.secretariat)),
        *kb.places.prefectures,
        *(m.name for m in kb.places.municipalities if len(m.name) >= _SHORTEST_PLACE),
    }
    return ReadingMarks(
        sentence_ends=kb.word_list("sentence_ends"),
        quote_marks=kb.word_list("quote_marks"),
        plain_words=kb.word_list("plain_words"),
        hard_words=kb.word_list("hard_words"),
        names=tuple(sorted(names, key=lambda name: (-len(name), name))),
    )


def reading_problems(text: str, marks: ReadingMarks) -> tuple[str, ...]:
    """Say what makes a text hard to read, and what would be right; empty when nothing does."""
    bare = _without_names(text, marks.names)
    return (
        *_long_sentences(bare, marks.sentence_ends),
        *_much_kanji(bare),
        *_hard_words(bare, marks),
    )


def _without_names(text: str, names: Iterable[str]) -> str:
    for name in names:
        text = text.replace(name, _NAME)
    return _PLACEHOLDER.sub(_NAME, text)


def _long_sentences(text: str, ends: Iterable[str]) -> Iterator[str]:
    for end in ends:
        text = text.replace(end, "\n")
    for sentence in text.splitlines():
        length = len(sentence.strip())
        if length > LONGEST_SENTENCE:
            yield (
                f"sentence of {length} characters; split it, at most {LONGEST_SENTENCE}: "
                f"{sentence.strip()[:20]}..."
            )


def _much_kanji(text: str) -> Iterator[str]:
    letters = [c for c in text if c.isalpha()]
    if len(letters) < _FROM_LETTERS:
        return
    share = len(_KANJI.findall("".join(letters))) / len(letters)
    if share > MOST_KANJI:
        yield f"{share:.0%} of the letters are kanji; use plainer words, at most {MOST_KANJI:.0%}"


def _hard_words(text: str, marks: ReadingMarks) -> Iterator[str]:
    for pair in marks.quote_marks:
        opening, closing = pair[0], pair[1]
        text = re.sub(f"{opening}[^{closing}]*{closing}", _NAME, text)
    for word in marks.plain_words:
        text = text.replace(word, _NAME)
    hard = [word for word in marks.hard_words if word in text]
    hard += [word for word in dict.fromkeys(_LONG_WORD.findall(text)) if word not in hard]
    for word in hard:
        yield (
            f"'{word}' may not be known to owners; say it in plain words, put an official name "
            "in quotation marks, or add it to plain_words of wording/reading.yml"
        )
