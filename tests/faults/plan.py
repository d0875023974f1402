"""What goes wrong in a run, and when: made from the run's seed alone."""

import random
from dataclasses import dataclass
from enum import StrEnum


class Target(StrEnum):
    """What is killed with -9 or cut off."""

    DESK = "desk"
    DATABASE = "database"
    """Another process keeps desk from writing for a while; then it heals."""
    RASA = "rasa"
    BOTH = "both"
    LAUNCHER = "launcher"
    """The launcher dies and everything with it; somebody starts it again."""


class Step(StrEnum):
    """The message of the owner that is under way when it happens."""

    FIRST_MESSAGE = "first message"
    QUESTION = "question"
    CONSENT = "consent"
    COMPANY_NAME = "company name"
    CONTACT = "contact"
    SEND = "send"
    STATUS = "status"


QUESTIONS = {
    "municipality": Step.QUESTION,
    "share_info_consent": Step.CONSENT,
    "company_name": Step.COMPANY_NAME,
    "contact_consent": Step.CONTACT,
    "send_case": Step.SEND,
}
"""The step at which a question, by its key, is answered."""

TARGETS = (
    *(Target.DESK, Target.DATABASE, Target.DESK, Target.RASA, Target.DESK, Target.DATABASE),
    *(Target.DESK, Target.BOTH, Target.DESK, Target.LAUNCHER, Target.DESK, Target.DATABASE),
)
"""Taken in turn. Starting Rasa again is slow, so it dies less often. The numbers of targets
and steps have no common divisor: 84 seeds that follow each other meet every pair of them."""

MOST_DELAY_SECONDS = 0.25
CUT_OFF_SECONDS = (0.2, 3.0)
LONG_CUT_OFF_SECONDS = (10.5, 12.5)
"""Longer than desk waits for the database: what it was writing fails."""
LONG_SHARE = 0.2
SENT_SHARE = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run."""

    seed: int
    target: Target
    step: Step
    delay_seconds: float
    """From the moment the message of the step goes out."""
    cut_off_seconds: float
    """How long the database stays away."""
    shares_with_bank: bool
    sends: bool
    """Whether the owner says yes to the last question."""

    def __str__(self) -> str:
        """What goes wrong, in one line."""
        cut = f" for {self.cut_off_seconds:.1f} s" if self.target is Target.DATABASE else ""
        when = f"{self.delay_seconds * 1000:.0f} ms after the message of step '{self.step}'"
        sends = "the owner sends" if self.sends else "the owner does not send"
        return f"seed {self.seed}: {self.target}{cut}, {when}; {sends}"


def make_plan(seed: int) -> Plan:
    """The plan of a seed; the same seed always gives the same plan."""
    chance = random.Random(seed)
    delay = chance.uniform(0, MOST_DELAY_SECONDS)
    border = LONG_CUT_OFF_SECONDS if chance.random() < LONG_SHARE else CUT_OFF_SECONDS
    return Plan(
        seed=seed,
        target=TARGETS[seed % len(TARGETS)],
        step=list(Step)[seed % len(Step)],
        delay_seconds=delay,
        cut_off_seconds=chance.uniform(*border),
        shares_with_bank=chance.random() < 0.5,
        sends=chance.random() < SENT_SHARE,
    )
