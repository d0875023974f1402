"""Recommendation: which programs, why, on what facts, and what is not known."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from advisor.amounts import Amount, subsidy
from advisor.contest import Contest, Offer, open_contest
from advisor.diagnosis import owner_words
from advisor.eligibility import Assessment, assess_facts, single_deciding_fact
from advisor.errors import AmountError, ParameterNotFoundError
from advisor.interview import TOP
from advisor.knowledge import KnowledgeBase
from advisor.labels import HUB_PROGRAM
from advisor.model import Concern, Criterion, Level, Program, SourceRef, Status
from advisor.quoting import excerpt
from advisor.routing import RouteKind
from advisor.situation import Situation

PLANNED_COSTS: Final = "planned_costs_yen"
PEOPLE_TAKEN_IN: Final = "people_taken_in"
_WEAK_ENOUGH: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One recommended program."""

    program_id: str
    title: str
    rank: int
    fit: float
    """0 to 1."""
    status: Status
    status_note: str | None
    replaces: tuple[str, ...]
    """Ended programs in whose place it stands."""
    successors: tuple[str, ...]
    reason: str
    unknown: tuple[str, ...]
    """Fact keys that are not known and could still decide."""
    amount_yen: int | None
    """Only when the costs are known and the published rule may be told."""
    amount_working: str | None
    first_step: str
    contact: str
    source: SourceRef
    criteria_met: tuple[Criterion, ...]
    criteria_unmet: tuple[Criterion, ...]
    criteria_unknown: tuple[Criterion, ...]
    one_fact: str | None
    """The fact that alone would settle an open verdict, if there is one."""


def recommend(
    situation: Situation, kb: KnowledgeBase, *, on: dt.date, limit: int = TOP
) -> tuple[Recommendation, ...]:
    """Recommend programs for a company on a date.

    Ranked by fit, then certainty, then availability. A program whose criteria are not met, or
    that is not for companies, is never among them; an ended one is replaced by what stands in
    its place. At least one item costs no application.

    Args:
        situation: What is known about the company.
        kb: The knowledge base.
        on: Date whose published rules apply.
        limit: Number of items.
    """
    contest = open_contest(situation, kb, on=on)
    offers = contest.select(contest.rank(), limit, contest.verdicts)
    told: set[str] = set()
    return tuple(
        _describe(offer, rank, contest, on, told) for rank, offer in enumerate(offers, start=1)
    )


def _describe(
    offer: Offer, rank: int, contest: Contest, on: dt.date, told: set[str]
) -> Recommendation:
    """Describe an offer; ``told`` holds the concerns that items before it were explained by."""
    kb = contest.kb
    program = kb.programs[offer.program_id]
    state = contest.statuses[program.id]
    assessment = assess_facts(program, contest.facts)
    amount = find_amount(program, contest, on)
    return Recommendation(
        program_id=program.id,
        title=_title(program, contest),
        rank=rank,
        fit=round(offer.fit / contest.scope.scale, 4),
        status=state.status,
        status_note=state.note,
        replaces=offer.replaces,
        successors=program.successors,
        reason=_reason(offer, assessment, contest, told),
        unknown=assessment.unknown_facts,
        amount_yen=None if amount is None else amount.yen,
        amount_working=None if amount is None else amount.working,
        first_step=program.first_step,
        contact=_contact(program, contest),
        source=kb.source_ref(_source_id(program)),
        criteria_met=assessment.met,
        criteria_unmet=assessment.unmet,
        criteria_unknown=assessment.unknown,
        one_fact=single_deciding_fact(program, contest.facts, kb),
    )


def _source_id(program: Program) -> str:
    overview = program.answers.get("overview")
    if overview is not None and overview.source is not None:
        return overview.source
    return program.sources[0]


def find_amount(program: Program, contest: Contest, on: dt.date) -> Amount | None:
    """Compute the amount if the costs are known and the rule holds on the date, else None."""
    costs = contest.facts.get(PLANNED_COSTS)
    people = contest.facts.get(PEOPLE_TAKEN_IN)
    is_open = contest.statuses[program.id].status is Status.OPEN
    if not is_open or isinstance(costs, bool) or not isinstance(costs, int):
        return None
    count = people if isinstance(people, int) and not isinstance(people, bool) else None
    try:
        return subsidy(program, contest.kb, costs_yen=[costs], on=on, people=count)
    except (AmountError, ParameterNotFoundError):
        return None


def _hub_name(contest: Contest) -> str | None:
    found = contest.route
    if found.hub_id is None or found.kind is not RouteKind.HUB:
        return None
    return contest.kb.hubs[found.hub_id].short_name


def _title(program: Program, contest: Contest) -> str:
    hub = _hub_name(contest) if program.id == HUB_PROGRAM else None
    if hub is None:
        return program.name
    return contest.kb.wording("advice.hub_title", hub=hub)


def _contact(program: Program, contest: Contest) -> str:
    hub = _hub_name(contest) if program.id == HUB_PROGRAM else None
    return hub or contest.kb.contacts[program.contact].name


def _reason(offer: Offer, assessment: Assessment, contest: Contest, told: set[str]) -> str:
    kb = contest.kb
    sentences = [_ended_sentence(name, contest) for name in offer.replaces]
    sentences.extend(_need_sentences(offer, contest, told))
    if offer.is_fallback:
        sentences.append(kb.wording("advice.no_application"))
    if assessment.unknown:
        criterion = assessment.unknown[0].text
        sentences.append(kb.wording("advice.not_known_yet", criterion=criterion))
    return "".join(sentences)


def _ended_sentence(ended: str, contest: Contest) -> str:
    kb = contest.kb
    source = contest.statuses[ended].source
    is_confirmed = source is not None and kb.sources[source].level is Level.A
    template = "advice.replaces" if is_confirmed else "advice.replaces_unconfirmed"
    return kb.wording(template, ended=kb.programs[ended].name)


def _need_sentences(offer: Offer, contest: Contest, told: set[str]) -> list[str]:
    """Say which need an offer serves, in the owner's words where there are any."""
    kb = contest.kb
    served = [kb.programs[name] for name in (offer.program_id, *offer.replaces)]
    sentences = []
    dimension = _weak_dimension(served, contest)
    if dimension is not None and dimension not in told:
        told.add(dimension)
        weak_text = kb.dimensions[dimension].weak_text
        sentences.append(kb.wording("advice.weak_point", weak_text=weak_text))
    concern = _served_concern(served, contest, told)
    if concern is not None:
        sentences.extend(_concern_sentences(concern, served[0], contest, told))
    elif dimension is not None:
        quotes = owner_words(contest.evidence[dimension], contest.situation, kb)
        name = kb.dimensions[dimension].plain_name
        sentences.append(kb.wording("advice.serves_dimension", name=name))
        if quotes:
            sentences[-1] += kb.wording("advice.said", quote=_cut(quotes[-1], name, kb))
    elif not offer.is_fallback:
        sentences.append(kb.wording("advice.serves", summary=served[0].summary))
    return sentences


def _served_concern(served: list[Program], contest: Contest, told: set[str]) -> Concern | None:
    """Find the stated concern that an offer serves most, or nearly as much and not yet told."""
    weights = {
        name: max(program.needs.concerns.get(name, 0) for program in served)
        for name in contest.scope.concerns
    }
    most = max(weights.values(), default=0)
    if most == 0:
        return None
    near = {name: weight for name, weight in weights.items() if 2 * weight >= most}
    name = max(near, key=lambda n: (n not in told, near[n]))
    return contest.kb.concerns[name]


def _concern_sentences(
    concern: Concern, program: Program, contest: Contest, told: set[str]
) -> list[str]:
    """Say how a program serves a concern: why the first time, with what after that."""
    kb = contest.kb
    statement = next(s for s in contest.situation.concerns if s.concern == concern.id)
    quote = _cut(statement.quote, f"{concern.heard} {concern.means}", kb)
    if concern.id in told:
        words = kb.wording("advice.quoted", quote=quote) if quote else concern.heard
        serves = kb.wording("advice.serves", summary=program.summary)
        return [serves, kb.wording("advice.serves_words", words=words)]
    told.add(concern.id)
    if not quote:
        return [kb.wording("advice.fits", fit_reason=concern.fit_reason)]
    return [kb.wording("advice.fits_quoted", fit_reason=concern.fit_reason, quote=quote)]


def _cut(quote: str, about: str, kb: KnowledgeBase) -> str:
    return excerpt(quote, about, kb.word_list("clause_marks"))


def _weak_dimension(served: list[Program], contest: Contest) -> str | None:
    """Find the dimension that answers showed to be weak and that an offer serves most."""
    best, strength = None, 0
    for dimension in contest.scope.dimensions:
        evidence = contest.evidence[dimension]
        mean = evidence.mean()
        if not evidence.answered or mean is None or mean > _WEAK_ENOUGH:
            continue
        weight = max(program.needs.dimensions.get(dimension, 0) for program in served)
        if weight * contest.needs[dimension] > strength:
            best, strength = dimension, weight * contest.needs[dimension]
    return best
