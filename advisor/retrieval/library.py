"""The passages of one knowledge base, indexed when they are first needed."""

import threading

from advisor.knowledge import KnowledgeBase
from advisor.retrieval.index import PassageIndex
from advisor.retrieval.language import SentenceEncoder, SudachiTokenizer
from advisor.retrieval.passages import Passage


class Library:
    """Finds passages; safe in threads. Indexing takes about two seconds, so do it early."""

    def __init__(self, kb: KnowledgeBase) -> None:
        """Take the knowledge base; nothing is computed yet."""
        self._kb = kb
        self._index: PassageIndex | None = None
        self._lock = threading.Lock()

    def open(self) -> PassageIndex:
        """Give the index, computed at the first call."""
        with self._lock:
            if self._index is None:
                tokenizer = SudachiTokenizer.of(self._kb)
                self._index = PassageIndex.of(self._kb, tokenizer, SentenceEncoder.shared())
            return self._index

    def find_sure(self, question: str) -> Passage | None:
        """Give the passage that surely answers a question, or None."""
        found = self.open().find(question, limit=1)
        return found[0].passage if found and found[0].is_sure else None
