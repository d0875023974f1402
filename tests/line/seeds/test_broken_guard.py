"""The seeded runs see what they look for: a desk without a guard is caught."""

from collections.abc import Sequence

import pytest

from tests.line.fake.faults import Fault
from tests.line.seeds.broken import GUARDS
from tests.line.seeds.conftest import Run
from tests.line.seeds.plan import Action, Do, Moment, Plan, Trouble, Way

ONE, TWO = "ghjkmnpqr", "stvwxzzxw"
SAYS_ONE = Action(user=0, do=Do.WRITE, word=ONE)
SAYS_TWO = Action(user=0, do=Do.WRITE, word=TWO)
SEEN_TWICE = "is seen 2 times"
LONG = 100.0
CASES = {
    "dedupe": (
        [Moment(actions=[SAYS_ONE], wait=LONG), Moment(actions=[SAYS_TWO], way=Way.TWICE)],
        f"text '{TWO}' is 2 times in owner messages",
    ),
    "retry_key": (
        [
            Moment(actions=[SAYS_ONE], wait=LONG),
            Moment(actions=[], troubles=[Trouble(fault=Fault.RESET_AFTER, on="push")]),
            Moment(
                actions=[SAYS_TWO],
                troubles=[Trouble(fault=Fault.TOKEN_REFUSED, on="reply")],
                wait=LONG,
            ),
        ],
        SEEN_TWICE,
    ),
    "uncertain": (
        [
            Moment(actions=[SAYS_ONE], wait=LONG),
            Moment(
                actions=[SAYS_TWO],
                troubles=[Trouble(fault=Fault.RESET_AFTER, on="reply")],
                wait=LONG,
            ),
        ],
        SEEN_TWICE,
    ),
    "unsend": (
        [
            Moment(actions=[SAYS_ONE], wait=LONG),
            Moment(actions=[Action(user=0, do=Do.UNSEND)], wait=LONG),
        ],
        f"unsent '{ONE}' is still in",
    ),
    "token": ([Moment(actions=[SAYS_ONE], wait=LONG)], "push answer while a reply token was"),
}


def plan_of(moments: Sequence[Moment]) -> Plan:
    return Plan(seed=0, users=1, moments=moments)


def dying(kill_at: int) -> Plan:
    """A text is stored; before that is noted the worker dies; an earlier text comes late."""
    return plan_of(
        [
            Moment(actions=[SAYS_ONE], way=Way.LATE, seconds=10.0, wait=0.2),
            Moment(actions=[SAYS_TWO], wait=1.4),
            Moment(actions=[], kill_at=kill_at, wait=LONG),
        ]
    )


@pytest.mark.parametrize("guard", CASES)
class TestBrokenGuard:
    async def test_it_is_seen(self, run: Run, guard: str):
        moments, violation = CASES[guard]

        outcome = await run(plan_of(moments), GUARDS[guard]())

        assert violation in "\n".join(outcome.violations)

    async def test_with_the_guard_all_is_well(self, run: Run, guard: str):
        outcome = await run(plan_of(CASES[guard][0]))

        assert not outcome.violations


class TestForgottenDecision:
    DEATHS = range(9, 14)

    async def test_it_is_seen(self, run: Run):
        found = [
            violation
            for kill_at in self.DEATHS
            for violation in (await run(dying(kill_at), GUARDS["decision"]())).violations
        ]

        assert f"text '{TWO}' is 2 times in owner messages" in found

    async def test_with_the_guard_all_is_well(self, run: Run):
        for kill_at in self.DEATHS:
            assert not (await run(dying(kill_at))).violations
