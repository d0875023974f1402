"""How many questions an interview takes until nothing more can change the recommended three.

Run in desk's environment, from the project root:

    .venv/bin/python bench/interview.py [--situations 240] [--seed 1] [--json out.json]
    uv run --group bench python bench/interview.py --plot docs/img/interview.svg

Invented owners, each with a hidden truth for every question, state one to three troubles and
answer what they are asked; one answer in ten is 「わからない」. Each interview is played twice:
until nothing can change any more, and with the patience of the product. Only the plot needs
matplotlib.
"""

import argparse
import importlib
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from advisor.diagnosis import diagnose  # noqa: E402 (the root is on the path only now)
from advisor.interview import (  # noqa: E402
    PATIENCE,
    is_settled,
    next_cause_question,
    next_profile_question,
    next_question,
)
from advisor.knowledge import KnowledgeBase, load_knowledge  # noqa: E402
from advisor.logic import FactValue  # noqa: E402
from advisor.model import Question, QuestionKind  # noqa: E402
from advisor.recommendation import recommend  # noqa: E402
from advisor.situation import Situation  # noqa: E402

T = TypeVar("T")

ENDLESS = 10_000
DONT_KNOW_SHARE = 0.1
MEDIAN_QUESTIONS = 6
MOST_PROFILE = 16
MILLISECONDS = 5.0
REPEATS = 3
"""The least of three runs is taken, since the machine does other things as well."""

CONCERN_WEIGHTS = {
    "hiring": 30, "engagement": 18, "core_talent": 14, "reskilling": 10, "hr_system": 8,
    "diversity": 5, "workstyle": 5, "surplus": 4, "strategy_alignment": 4, "gap_visibility": 3,
    "culture": 3, "side_job_out": 2,
}  # fmt: skip
"""What owners come with, by rough frequency; a new concern gets weight 1."""
CONCERN_COUNTS = {1: 55, 2: 30, 3: 15}
SIZE_WEIGHTS = {5: 30, 15: 35, 35: 20, 75: 10, 150: 5}
HUB_SHARE = 0.5
"""Half of the owners come from the area of a hub, the others from the rest of the table."""
YES_SHARES = {
    "workforce_surplus_now": 0.15, "wants_upskilling_by_secondment": 0.2,
    "accepts_external_talent": 0.4, "wants_to_allow_side_jobs": 0.2, "needs_project_expert": 0.4,
    "hires_midcareer_or_ice_age": 0.7, "wants_dx_training": 0.4, "has_university_partner": 0.1,
}  # fmt: skip
"""How many owners would say yes; half of them where a question is not listed."""


@dataclass(frozen=True)
class Owner:
    """An invented owner: what they say at once, and what they would answer."""

    concerns: tuple[str, ...]
    truth: Mapping[str, FactValue | None]
    """Answer by question id; None is not knowing."""


@dataclass
class Interviews:
    """What was counted and timed."""

    settled_after: list[int] = field(default_factory=list)
    advised_after: list[int] = field(default_factory=list)
    profile_length: list[int] = field(default_factory=list)
    unmoved: list[bool] = field(default_factory=list)
    patient_after: list[int] = field(default_factory=list)
    patient_profile: list[int] = field(default_factory=list)
    patient_settled: list[bool] = field(default_factory=list)
    patient_unmoved: list[bool] = field(default_factory=list)
    turn_ms: list[float] = field(default_factory=list)
    part_ms: dict[str, list[float]] = field(default_factory=dict)


def invent_owner(chance: random.Random, kb: KnowledgeBase) -> Owner:
    """Invent an owner; the dimensions of stated troubles are weaker than the others."""
    names = sorted(kb.concerns)
    concerns: list[str] = []
    count = pick(chance, CONCERN_COUNTS)
    while len(concerns) < min(count, len(names)):
        rest = {name: CONCERN_WEIGHTS.get(name, 1) for name in names if name not in concerns}
        concerns.append(pick(chance, rest))
    stated = {d for name in concerns for d in kb.concerns[name].dimensions}
    implied = {key: v for name in concerns for key, v in kb.concerns[name].implies.items()}
    strength = {d: chance.gauss(1.2 if d in stated else 2.2, 0.8) for d in kb.dimensions}
    at_hub = [m for m in kb.places.municipalities if m.hub != "bureau"]
    place = chance.choice(
        at_hub if at_hub and chance.random() < HUB_SHARE else kb.places.municipalities
    )
    truth: dict[str, FactValue | None] = {}
    for question in kb.questions.values():
        if question.kind not in {QuestionKind.MATURITY, QuestionKind.FACT}:
            continue
        if question.is_maturity:
            level = strength[question.key] + chance.gauss(0, 0.7)
            levels = [int(choice.value) for choice in question.choices]
            answer: FactValue | None = min(levels, key=lambda option: abs(option - level))
        elif question.key in {"municipality", "prefecture"}:
            answer = place.name if question.key == "municipality" else place.prefecture
        else:
            answer = invent_fact(chance, question, implied)
        truth[question.id] = None if chance.random() < DONT_KNOW_SHARE else answer
    return Owner(concerns=tuple(concerns), truth=truth)


def invent_fact(
    chance: random.Random, question: Question, implied: Mapping[str, FactValue]
) -> FactValue | None:
    """Invent the answer to a question about the company; what a trouble implies is true."""
    if question.key in implied:
        return implied[question.key]
    if not question.choices:
        return None
    values = [choice.value for choice in question.choices]
    if all(isinstance(value, bool) for value in values):
        return chance.random() < YES_SHARES.get(question.key, 0.5)
    if question.key == "employees":
        return pick(chance, SIZE_WEIGHTS)
    return chance.choice(values)


def pick(chance: random.Random, weights: Mapping[T, int]) -> T:
    """Pick a key by its weight."""
    return chance.choices(list(weights), list(weights.values()))[0]


def answer(situation: Situation, question: Question, value: FactValue | None) -> Situation:
    """Give the situation after an answer."""
    if value is None:
        return situation.with_unknown(question.id)
    if question.is_maturity:
        return situation.with_level(question.id, int(value))
    return situation.with_fact(question.key, value)


def begin(owner: Owner) -> Situation:
    """Give the situation after the first message."""
    situation = Situation()
    for concern in owner.concerns:
        situation = situation.with_concern(concern, concern)
    return situation


def ask(
    owner: Owner, situation: Situation, choose: Callable[[Situation], Question | None]
) -> tuple[Situation, int]:
    """Answer what is asked until nothing is asked."""
    count = 0
    while (question := choose(situation)) is not None:
        if situation.knows(question.id):
            raise AssertionError(f"{question.id} was asked twice")
        situation = answer(situation, question, owner.truth[question.id])
        count += 1
    return situation, count


def top_three(situation: Situation, kb: KnowledgeBase, on: date) -> frozenset[str]:
    """Give the recommended set."""
    return frozenset(item.program_id for item in recommend(situation, kb, on=on))


def further_answers(situation: Situation, kb: KnowledgeBase) -> Iterator[Situation]:
    """Give every situation that is one answer further."""
    for question in kb.questions.values():
        if situation.knows(question.id):
            continue
        values: Iterable[FactValue] = ()
        if question.is_maturity:
            values = (choice.value for choice in question.choices)
        elif question.kind is QuestionKind.FACT and question.decides:
            known_place = question.key == "prefecture" and "municipality" in situation.facts
            values = () if known_place else kb.domains.get(question.key, ())
        for value in values:
            yield answer(situation, question, value)


def is_unmoved(situation: Situation, kb: KnowledgeBase, on: date) -> bool:
    """Tell whether no single further answer changes the recommended set."""
    now = top_three(situation, kb, on)
    return all(top_three(after, kb, on) == now for after in further_answers(situation, kb))


def time_turn(situation: Situation, kb: KnowledgeBase, on: date, found: Interviews) -> None:
    """Time what one turn computes."""
    parts: dict[str, Callable[[], object]] = {
        "diagnose": lambda: diagnose(situation, kb),
        "recommend": lambda: recommend(situation, kb, on=on),
        "next_question": lambda: next_question(situation, kb, on=on, patience=ENDLESS),
    }
    total = 0.0
    for name, part in parts.items():
        taken = min(time_once(part) for _ in range(REPEATS))
        found.part_ms.setdefault(name, []).append(taken)
        total += taken
    found.turn_ms.append(total)


def time_once(part: Callable[[], object]) -> float:
    """Give the milliseconds that a call takes."""
    start = time.perf_counter()
    part()
    return (time.perf_counter() - start) * 1000


def play(owners: Sequence[Owner], kb: KnowledgeBase, on: date) -> Interviews:
    """Play every interview to the end, and once more with the patience of the product."""
    found = Interviews()
    for owner in owners:
        situation = begin(owner)

        def timed(state: Situation) -> Question | None:
            time_turn(state, kb, on, found)
            return next_question(state, kb, on=on, patience=ENDLESS)

        situation, count = ask(owner, situation, timed)
        found.settled_after.append(count)
        found.unmoved.append(is_unmoved(situation, kb, on))
        situation, causes = ask(owner, situation, lambda s: next_cause_question(s, kb))
        found.advised_after.append(count + causes)
        found.profile_length.append(profile_length(owner, situation, kb))

        situation, count = ask(owner, begin(owner), lambda s: next_question(s, kb, on=on))
        found.patient_after.append(count)
        found.patient_settled.append(is_settled(situation, kb, on=on))
        found.patient_unmoved.append(is_unmoved(situation, kb, on))
        situation, _ = ask(owner, situation, lambda s: next_cause_question(s, kb))
        found.patient_profile.append(profile_length(owner, situation, kb))
    return found


def profile_length(owner: Owner, situation: Situation, kb: KnowledgeBase) -> int:
    """Count the maturity questions of the full profile, with those the interview asked before."""
    situation, _ = ask(owner, situation, lambda s: next_profile_question(s, kb))
    return sum(situation.knows(q.id) for q in kb.questions.values() if q.is_maturity)


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value below or at which this share of the values lies."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Give median, 90 % and the most."""
    return {
        "median": statistics.median(values),
        "p90": quantile(values, 0.9),
        "max": max(values),
    }


def share(values: Sequence[bool]) -> float:
    """Give the share that is true."""
    return round(sum(values) / len(values), 3)


def times(values: Sequence[float]) -> dict[str, float]:
    """Give milliseconds: half, 95 %, the most."""
    return {
        "p50": round(quantile(values, 0.5), 2),
        "p95": round(quantile(values, 0.95), 2),
        "max": round(max(values), 2),
    }


def figures(found: Interviews, *, seed: int, on: date) -> dict[str, Any]:
    """Give the figures by name."""
    return {
        "situations": len(found.settled_after),
        "seed": seed,
        "on": on.isoformat(),
        "questions_until_settled": spread(found.settled_after),
        "questions_until_advice_with_causes": spread(found.advised_after),
        "full_profile_questions": spread(found.profile_length),
        "share_full_profile_within_16": share([n <= MOST_PROFILE for n in found.profile_length]),
        "share_unmoved_by_a_further_answer": share(found.unmoved),
        "shipped_patience": {
            "patience": PATIENCE,
            "questions": spread(found.patient_after),
            "full_profile_questions": spread(found.patient_profile),
            "share_settled": share(found.patient_settled),
            "share_unmoved_by_a_further_answer": share(found.patient_unmoved),
        },
        "milliseconds_per_turn": times(found.turn_ms),
        "milliseconds_by_part": {name: times(ms) for name, ms in found.part_ms.items()},
        "turns": len(found.turn_ms),
    }


def verdicts(result: Mapping[str, Any]) -> dict[str, bool]:
    """Tell which targets are met."""
    return {
        f"median of questions <= {MEDIAN_QUESTIONS}": result["questions_until_settled"]["median"]
        <= MEDIAN_QUESTIONS,
        f"full profile <= {MOST_PROFILE}": result["full_profile_questions"]["max"] <= MOST_PROFILE,
        f"p95 of a turn < {MILLISECONDS} ms": result["milliseconds_per_turn"]["p95"] < MILLISECONDS,
    }


def plot(found: Interviews, path: Path) -> None:
    """Draw how long interviews are.

    Raises:
        ImportError: matplotlib is not installed.
    """
    mpl = importlib.import_module("matplotlib")
    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "interview", "svg.fonttype": "none"})
    pyplot = importlib.import_module("matplotlib.pyplot")
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    most = max(*found.settled_after, *found.patient_after)
    bins = [n - 0.5 for n in range(most + 2)]
    left.hist(
        [found.settled_after, found.patient_after],
        bins=bins,
        label=["until nothing can change", f"with patience {PATIENCE}"],
    )
    left.axvline(MEDIAN_QUESTIONS, color="gray", linestyle=":")
    left.set(xlabel="questions until the top three are settled", ylabel="interviews")
    left.legend(frameon=False)
    right.hist(found.turn_ms, bins=40)
    right.axvline(MILLISECONDS, color="gray", linestyle=":")
    right.set(xlabel="milliseconds a turn", ylabel="turns")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def show(result: Mapping[str, Any]) -> None:
    """Print the figures."""
    for name, value in result.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for inner, item in value.items():
                print(f"  {inner:36} {item}")
        else:
            print(f"{name}: {value}")


def main() -> int:
    """Play, print, and write what was asked for; 1 when the plot could not be drawn."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--situations", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--on", type=date.fromisoformat, default=date(2026, 11, 24))
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--plot", type=Path, help="picture to draw, such as x.svg")
    arguments = parser.parse_args()
    kb = load_knowledge(ROOT / "knowledge")
    chance = random.Random(arguments.seed)
    owners = [invent_owner(chance, kb) for _ in range(arguments.situations)]
    play(owners[:5], kb, arguments.on)  # Warms the caches; not counted.
    found = play(owners, kb, arguments.on)
    result = figures(found, seed=arguments.seed, on=arguments.on)
    show(result)
    for target, is_met in verdicts(result).items():
        print(f"{'met' if is_met else 'MISSED':6} {target}")
    if arguments.json:
        text = json.dumps(result, ensure_ascii=False, indent=1)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    if arguments.plot:
        try:
            plot(found, arguments.plot)
        except ImportError:
            print(
                "no picture: matplotlib is not installed; run "
                f"uv run --group bench python bench/interview.py --plot {arguments.plot}",
                file=sys.stderr,
            )
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
