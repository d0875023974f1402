"""What actions need of the process they run in."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date

from advisor.knowledge import KnowledgeBase
from advisor.retrieval.library import Library
from desk.cases.service import CaseService


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionContext:
    """Set by desk around each action."""

    knowledge: KnowledgeBase
    today: date
    """Calendar date (JST) whose rules apply."""
    cases: CaseService
    library: Library
    """Finds the published passage that answers a free question."""
    without_intake: frozenset[str] = frozenset()
    """Hubs that take no more cases today."""


current: ContextVar[ActionContext] = ContextVar("action_context")
