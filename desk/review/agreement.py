"""Whether reviewers agree, and how much: pure."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from desk.review.models import LineState, Verdict

FEWEST = 5
"""Figures over fewer lines are not shown: they say nothing and may point at somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one person said of a line."""

    verdict: str
    intent: str | None
    concerns: frozenset[str]

    @classmethod
    def of(cls, said: Mapping[str, Any] | None, verdict: str = Verdict.LABEL) -> Self:
        """What a stored `{intent, concerns}` says."""
        said = said or {}
        return cls(
            verdict=verdict, intent=said.get("intent"), concerns=frozenset(said.get("concerns", ()))
        )

    def as_stored(self) -> dict[str, Any]:
        """The same as `{intent, concerns}`."""
        return {"intent": self.intent, "concerns": sorted(self.concerns)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kappa:
    """How much two people agree beyond chance.

    Attributes:
        n: Lines that both looked at; None if there are too few to show.
        agreement: Share on which they said the same; None if too few.
        value: Cohen's kappa; None if too few, or if everybody always said the same one thing.
    """

    n: int | None
    agreement: float | None
    value: float | None


def cohens_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> Kappa:
    """Cohen's kappa of pairs (first person's label, second person's).

    Source:
        J. Cohen, A coefficient of agreement for nominal scales, 1960.
    """
    n = len(pairs)
    if n < FEWEST:
        return Kappa(n=None, agreement=None, value=None)
    same = sum(first == second for first, second in pairs) / n
    firsts, seconds = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(count * seconds[label] for label, count in firsts.items()) / n**2
    value = None if by_chance >= 1 else (same - by_chance) / (1 - by_chance)
    return Kappa(n=n, agreement=same, value=value)


def intent_kappa(pairs: Sequence[tuple[Said, Said]]) -> Kappa:
    """Kappa over the intents; a line that somebody could not label counts as a label."""

    def label(said: Said) -> str:
        return said.intent or said.verdict

    return cohens_kappa([(label(first), label(second)) for first, second in pairs])


def concern_kappas(
    pairs: Sequence[tuple[Said, Said]], concerns: Iterable[str]
) -> Mapping[str, Kappa]:
    """Kappa for each concern, over the lines that both could label."""
    both = [(a, b) for a, b in pairs if {a.verdict, b.verdict} == {Verdict.LABEL}]

    def has(concern: str) -> Callable[[Said], bool]:
        return lambda said: concern in said.concerns

    return {
        concern: cohens_kappa([(has(concern)(a), has(concern)(b)) for a, b in both])
        for concern in concerns
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of a line after a label.

    Attributes:
        state: What it waits for now.
        agreed: What people agreed on, where they did.
    """

    state: LineState
    agreed: Said | None = None


def next_step(said: Sequence[Said], bot: Said, *, is_drawn: bool) -> Step:
    """What becomes of a line after its labels so far.

    A second person looks at it if it was drawn, if the first one differs from the bot, or
    could not say; a third one if the two differ. Three who differ leave it unused.

    Args:
        said: The labels in order, one to three.
        bot: What the bot understood.
        is_drawn: Whether the lot wants a second look.
    """
    newest = said[-1]
    if len(said) == 1:
        if newest.verdict == Verdict.EXCLUDED:
            return Step(state=LineState.CLOSED)
        if is_drawn or newest.verdict == Verdict.UNSURE or newest != bot:
            return Step(state=LineState.SECOND)
        return Step(state=LineState.AGREED, agreed=newest)
    if newest in said[:-1]:
        if newest.verdict == Verdict.LABEL:
            return Step(state=LineState.AGREED, agreed=newest)
        return Step(state=LineState.CLOSED)
    return Step(state=LineState.THIRD if len(said) == 2 else LineState.CLOSED)


def confusion(pairs: Iterable[tuple[str, str]]) -> tuple[Sequence[tuple[str, str, int]], int]:
    """How often (people's intent, bot's intent) was met, the most frequent first.

    Returns:
        The rows that are large enough to be shown, and how many lines are in the others.
    """
    counts = Counter(pairs)
    shown = [(human, bot, n) for (human, bot), n in counts.most_common() if n >= FEWEST]
    return shown, counts.total() - sum(n for _, _, n in shown)
