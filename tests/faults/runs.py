"""Runs of seeds against one running product, a few owners beside each other."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from tests.faults.invariants import find_violations
from tests.faults.plan import Plan, Step, make_plan
from tests.faults.strike import Striker
from tests.faults.walk import GivenUpError, UntrueError, meet
from tests.product import Product

SETTINGS = {"restarts_per_three_minutes": "1000"}
"""With the usual number ./run would take these tests for a service that is broken."""
TODAY = "2026-11-24"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run has shown."""

    plan: Plan
    seconds: float
    violations: list[str]
    gave_up: bool
    """The owner was told that a person looks at it: honest, but not an answer."""
    sent_again: int
    """How often a message had to be sent again."""


def run_seed(product: Product, seed: int) -> Outcome:
    """Play one owner through a hand-off while the seed's plan is carried out."""
    return run_plan(product, make_plan(seed))


def run_plan(product: Product, plan: Plan) -> Outcome:
    """Play one owner through a hand-off while the plan is carried out."""
    began = time.monotonic()
    gave_up, violations = False, []
    striker = Striker(product, plan)
    with meet(product.base) as owner:

        def strike_at(step: Step) -> None:
            if step is plan.step:
                striker.begin()

        try:
            owner.walk(plan, strike_at)
            striker.end()
        except GivenUpError:
            gave_up = True
        except UntrueError as exc:
            violations.append(str(exc))
        finally:
            striker.give_up()
        violations += find_violations(owner, product.data, gave_up=gave_up)
    return Outcome(
        plan=plan,
        seconds=time.monotonic() - began,
        violations=violations,
        gave_up=gave_up,
        sent_again=sum(sent.attempts - 1 for sent in owner.log),
    )


def run_seeds(product: Product, seeds: Sequence[int], *, together: int) -> Iterator[Outcome]:
    """Run seeds in order, `together` at a time; what one strikes, all of them feel.

    Yields:
        The outcomes as they come. Whoever stops asking stops the runs; those under way
        come to their end first.
    """
    waiting = list(reversed(seeds))
    with ThreadPoolExecutor(together) as pool:
        running: set[Future[Outcome]] = set()
        while waiting or running:
            while waiting and len(running) < together:
                running.add(pool.submit(run_seed, product, waiting.pop()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                yield each.result()
