"""Hybrid search over passages: BM25 over Sudachi words, and cosine over sentence vectors.

The two are fused into one score between 0 and 1 that means the same for every question: the
lexical part is divided by what a passage holding all words of the question could reach. A result
is sure only if the passage holds most of what the question says, weighed by how telling each
word is, and if it is clearly nearer than any question that nothing published answers, and than
what is published about anything else.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from advisor.knowledge import KnowledgeBase
from advisor.retrieval.language import Encoder, Tokenizer
from advisor.retrieval.passages import Passage, collect_passages, collect_unanswered

# Chosen on the `tune` half of tests/knowledge_retrieval/questions.yml; see docs/adr/0013.
TERM_SATURATION: Final = 0.9
"""BM25's k1: how much a word that stands twice counts more than one that stands once."""
LENGTH_CORRECTION: Final = 0.2
"""BM25's b: how much long passages are marked down."""
LEXICAL_SHARE: Final = 0.7
"""Part of the score that the words decide; the vectors decide the rest."""
SURE_SCORE: Final = 0.35
"""Least score of a sure passage."""
SURE_WORDS: Final = 2
"""Least number of different words in a question that can be answered surely: one asks nothing."""
SURE_COVERAGE: Final = 0.7
"""Least share of the question's telling words that a sure passage holds."""
SURE_LEAD: Final = 0.1
"""Least lead of a sure passage over every question that nothing published answers."""
SURE_MARGIN: Final = 0.02
"""Least lead of a sure passage over passages that tell something else about another subject."""

Numbers = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A passage that may answer a question."""

    passage: Passage
    score: float
    """Between 0 and 1, comparable between questions."""
    is_sure: bool
    """Whether it may be told as the answer; at most the first of a search is."""


@dataclass(frozen=True, slots=True)
class _Posting:
    """Where a word stands: rows, and what it adds to the score of each."""

    rows: np.ndarray[tuple[int], np.dtype[np.intp]]
    weights: Numbers
    rarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What a question scores with every row, passages first, then the unanswered ones."""

    lexical: Numbers
    semantic: Numbers
    coverage: Numbers
    """Share of the question's words, weighed by rarity, that each row holds."""
    words: int
    """How many different words the question holds."""

    @property
    def fused(self) -> Numbers:
        """Give the score that ranks."""
        return LEXICAL_SHARE * self.lexical + (1 - LEXICAL_SHARE) * self.semantic


class PassageIndex:
    """Passages with their postings and vectors, computed once; safe in threads as its parts are."""

    def __init__(
        self,
        passages: Sequence[Passage],
        tokenizer: Tokenizer,
        encoder: Encoder,
        *,
        unanswered: Sequence[Passage] = (),
    ) -> None:
        """Compute postings and vectors.

        Args:
            passages: What may be found.
            tokenizer: Cuts passages and questions into words.
            encoder: Gives passages and questions their vectors.
            unanswered: Questions that nothing published answers; they are never found.
        """
        self._passages = tuple(passages)
        self._rows = (*self._passages, *unanswered)
        self._tokenizer = tokenizer
        self._encoder = encoder
        texts = [f"{row.context} {row.text}".replace("\n", " ").strip() for row in self._rows]
        self._vectors = encoder.encode(texts)
        self._postings = _postings([tokenizer.words(text) for text in texts])
        self._unknown_rarity = _rarity(0, len(texts))

    @classmethod
    def of(cls, kb: KnowledgeBase, tokenizer: Tokenizer, encoder: Encoder) -> "PassageIndex":
        """Make the index of a knowledge base."""
        unanswered = collect_unanswered(kb)
        return cls(collect_passages(kb), tokenizer, encoder, unanswered=unanswered)

    def find(
        self,
        question: str,
        limit: int = 3,
        *,
        programs: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
    ) -> tuple[Found, ...]:
        """Find the passages nearest to a question, best first.

        Args:
            question: What the owner wrote.
            limit: How many to give at most.
            programs: Only passages about one of these programs.
            kinds: Only passages of these kinds (``programs``, ``topics``, ``hubs``, ...).

        Returns:
            Nothing for an empty question or when no passage is allowed.
        """
        allowed = [
            row
            for row, passage in enumerate(self._passages)
            if (programs is None or passage.program in programs)
            and (kinds is None or passage.kind in kinds)
        ]
        if not question.strip() or not allowed:
            return ()
        scores = self.scores(question)
        fused = scores.fused
        ranked = sorted(allowed, key=lambda row: -fused[row])
        is_sure = self._is_sure(scores, ranked, self._unanswered_rows(programs))
        return tuple(
            Found(
                passage=self._passages[row],
                score=min(1.0, float(fused[row])),
                is_sure=is_sure and place == 0,
            )
            for place, row in enumerate(ranked[:limit])
        )

    def scores(self, question: str) -> Scores:
        """Score every row; ``find`` is made of this, and measurements look at the parts."""
        words = set(self._tokenizer.words(question))
        lexical = np.zeros(len(self._rows))
        coverage = np.zeros(len(self._rows))
        total = 0.0
        for word in words:
            posting = self._postings.get(word)
            if posting is None:
                total += self._unknown_rarity
                continue
            total += posting.rarity
            lexical[posting.rows] += posting.weights
            coverage[posting.rows] += posting.rarity
        if total:
            lexical /= total * (TERM_SATURATION + 1)
            coverage /= total
        vector = self._encoder.encode([question])[0]
        semantic = np.clip(self._vectors @ vector, 0.0, 1.0).astype(np.float64)
        return Scores(lexical=lexical, semantic=semantic, coverage=coverage, words=len(words))

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Give what may be found."""
        return self._passages

    def _is_sure(self, scores: Scores, ranked: Sequence[int], unanswered: Sequence[int]) -> bool:
        """Tell whether the best passage may be told as the answer."""
        fused, best = scores.fused, ranked[0]
        passage = self._rows[best]
        rivals = (
            fused[row]
            for row in ranked
            if self._rows[row].subject != passage.subject and self._rows[row].text != passage.text
        )
        refusals = (fused[row] for row in unanswered)
        return bool(
            scores.words >= SURE_WORDS
            and fused[best] >= SURE_SCORE
            and scores.coverage[best] >= SURE_COVERAGE
            and fused[best] - max(refusals, default=0.0) >= SURE_LEAD
            and fused[best] - max(rivals, default=0.0) >= SURE_MARGIN
        )

    def _unanswered_rows(self, programs: Collection[str] | None) -> list[int]:
        return [
            row
            for row in range(len(self._passages), len(self._rows))
            if programs is None
            or self._rows[row].program is None
            or self._rows[row].program in programs
        ]


def _rarity(rows_with_word: int, rows: int) -> float:
    return math.log(1 + (rows - rows_with_word + 0.5) / (rows_with_word + 0.5))


def _postings(rows: Sequence[Sequence[str]]) -> dict[str, _Posting]:
    """Give BM25's weight of every word in every row."""
    mean_length = sum(map(len, rows)) / max(1, len(rows))
    counts: dict[str, list[tuple[int, int]]] = {}
    for row, words in enumerate(rows):
        for word, count in Counter(words).items():
            counts.setdefault(word, []).append((row, count))
    postings = {}
    for word, places in counts.items():
        numbers = np.array([row for row, _ in places], dtype=np.intp)
        times = np.array([count for _, count in places], dtype=np.float64)
        lengths = np.array([len(rows[row]) for row, _ in places]) / mean_length
        norm = TERM_SATURATION * (1 - LENGTH_CORRECTION + LENGTH_CORRECTION * lengths)
        rarity = _rarity(len(places), len(rows))
        weights = rarity * times * (TERM_SATURATION + 1) / (times + norm)
        postings[word] = _Posting(rows=numbers, weights=weights, rarity=rarity)
    return postings
