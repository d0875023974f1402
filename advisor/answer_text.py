"""An owner's answer, folded once, as the readers of answers look at it."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from advisor.knowledge import KnowledgeBase
from advisor.model import Question

SHORT: Final = 2
_HIRAGANA: Final = range(0x3041, 0x30A0)
_ENDINGS_TAKEN_OFF: Final = 2


class AnswerText:
    """The words of one answer in three forms: as written, folded, and the core of it."""

    def __init__(
        self,
        question: Question,
        text: str,
        kb: KnowledgeBase,
        intent: str | None,
        entities: Sequence[Mapping[str, Any]],
    ) -> None:
        """Fold the text; see ``fold`` and ``strip_softeners`` for what that takes away."""
        self.question = question
        self.raw = text.strip()
        self.kb = kb
        self.intent = intent
        self.entities = entities
        marks = "".join(kb.word_list("clause_marks"))
        self.marks = marks + unicodedata.normalize("NFKC", marks)
        self.folded = self.fold(text)
        self.core = self.strip_softeners(self.folded)

    def fold(self, text: str) -> str:
        """Fold width and case, drop spaces, and drop punctuation at the ends."""
        return "".join(unicodedata.normalize("NFKC", text).lower().split()).strip(self.marks)

    def strip_softeners(self, text: str) -> str:
        """Take off beginnings and endings that carry no content, as long as words remain."""
        for word in self._longest_first("soft_beginnings"):
            if text.startswith(word) and len(text) > len(word):
                text = self.fold(text.removeprefix(word))
        for _ in range(_ENDINGS_TAKEN_OFF):
            ending = next((w for w in self._longest_first("soft_endings") if text.endswith(w)), "")
            if ending and len(text) > len(ending):
                text = self.fold(text.removesuffix(ending))
        return text

    def _longest_first(self, list_id: str) -> Sequence[str]:
        return sorted(self.kb.word_list(list_id), key=len, reverse=True)

    def entity(self, name: str) -> Mapping[str, Any] | None:
        """Find the first entity of a kind."""
        return next((e for e in self.entities if e.get("entity") == name), None)

    def entity_text(self, name: str) -> str | None:
        """Find the value of the first entity of a kind, if it is text."""
        entity = self.entity(name)
        value = None if entity is None else entity.get("value")
        return value if isinstance(value, str) and value else None

    def is_dont_know_word(self) -> bool:
        """Tell whether the whole answer is one of the words for not knowing."""
        words = self.kb.word_list("dont_know_words")
        return self.folded in words or self.core in words

    def says_dont_know(self) -> bool:
        """Tell whether the whole answer says that the owner does not know."""
        return self.is_dont_know_word() or self.intent == "dont_know"

    def mentions_dont_know(self) -> bool:
        """Tell whether not knowing is said anywhere in the answer."""
        words = (w for w in self.kb.word_list("dont_know_words") if len(w) > SHORT)
        return self.says_dont_know() or any(word in self.folded for word in words)


def is_hiragana(text: str) -> bool:
    """Tell whether a text is written in hiragana alone."""
    return all(ord(c) in _HIRAGANA for c in text)


def consists_of(text: str, words: Iterable[str]) -> bool:
    """Tell whether a text is nothing but some of the words, one after the other."""
    known = [word for word in words if word]
    ends = {0}
    for end in range(1, len(text) + 1):
        if any(end - len(w) in ends and text.endswith(w, 0, end) for w in known):
            ends.add(end)
    return bool(text) and len(text) in ends
