"""Facts that owners state unasked, found by the words that ``questions/facts.yml`` gives."""

import re
import unicodedata
from typing import Final

from advisor.knowledge import KnowledgeBase
from advisor.model import Choice, Question

_REACH: Final = 25
"""Characters between two groups of words that belong together."""
_NEGATION_REACH: Final = 12


def stated_facts(
    text: str, kb: KnowledgeBase, *, is_question: bool = False
) -> list[tuple[Question, Choice]]:
    """Find the facts that a message states in words that leave no doubt.

    Args:
        text: What the owner wrote.
        is_question: The last clause asks something and states nothing.
        kb: Its questions tell the words; its word lists, where a clause ends and what negates.

    Returns:
        Each question with the choice that was said, at most one choice a question.
    """
    clauses = _clauses(text, kb)
    if is_question:
        clauses = clauses[:-1]
    found = []
    for question in kb.questions.values():
        choice = next((c for c in question.choices if _is_said(c, clauses, kb)), None)
        if choice is not None:
            found.append((question, choice))
    return found


def _clauses(text: str, kb: KnowledgeBase) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).lower()
    ends = "".join(unicodedata.normalize("NFKC", mark) for mark in kb.word_list("sentence_ends"))
    return [part for part in re.split(f"[{re.escape(ends)}\n]", folded) if part]


def _is_said(choice: Choice, clauses: list[str], kb: KnowledgeBase) -> bool:
    if choice.stated is None:
        return False
    groups = choice.stated.groups
    return any(_says(clause, groups, kb.word_list("negations")) for clause in clauses)


def _says(clause: str, groups: tuple[tuple[str, ...], ...], negations: tuple[str, ...]) -> bool:
    """Tell whether a clause holds one word of each group, near to each other and not negated."""
    starts = {0}
    reach = len(clause)
    for words in groups:
        starts = {
            found + len(word)
            for start in starts
            for word in words
            if (found := clause.find(word, start, start + reach + len(word))) >= 0
        }
        reach = _REACH
    return any(
        not any(word in clause[end : end + _NEGATION_REACH] for word in negations) for end in starts
    )
