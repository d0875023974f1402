"""How much reviewers agree, and what the bot took for what, over the lines one may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desk.auth.models import StaffUser
from desk.config import Settings
from desk.db import Database
from desk.review import repository
from desk.review.agreement import Kappa, Said, concern_kappas, confusion, intent_kappa
from desk.review.models import SetName
from desk.review.service import ReviewService, bot_said, is_drawn_by_lot
from desk.review.vocabulary import vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the page of figures shows; too small numbers are None.

    Attributes:
        agreed: Lines that people agreed on, by set.
        by_lot: Kappa of intents on the lines that the lot drew: what holds for all lines.
        everything: The same on every line that two people looked at; these are the harder ones.
        concerns: For each concern, on every line that two people could label.
        confusion: (people's intent, bot's intent, lines), only those that are enough.
        hidden: Lines of the confusions that are too few to show.
    """

    agreed: Mapping[str, int]
    by_lot: Kappa
    everything: Kappa
    concerns: Mapping[str, Kappa]
    confusion: Sequence[tuple[str, str, int]]
    hidden: int


async def read_figures(
    database: Database, review: ReviewService, settings: Settings, user: StaffUser
) -> Figures:
    """The figures of the hubs that the person sees."""
    scope = review.scope_of(user)
    async with database.read() as tx:
        labels = await repository.list_seconds(tx, scope)
        agreed = await repository.list_agreed(tx, scope)
        messages = await repository.list_messages(tx, [line.id for line in agreed])
    share = settings.review_second_percent / 100
    pairs = [
        (Said.of(first.said, first.verdict), Said.of(second.said, second.verdict))
        for first, second in labels
    ]
    drawn = [
        pair
        for pair, (first, _) in zip(pairs, labels, strict=True)
        if is_drawn_by_lot(first.line_id, share)
    ]
    rows, hidden = confusion(
        (str(Said.of(line.agreed).intent), str(bot_said(messages[line.id]).intent))
        for line in agreed
    )
    return Figures(
        agreed={side: sum(line.set_name == side for line in agreed) for side in SetName},
        by_lot=intent_kappa(drawn),
        everything=intent_kappa(pairs),
        concerns=concern_kappas(pairs, vocabulary().concerns),
        confusion=rows,
        hidden=hidden,
    )
