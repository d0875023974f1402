"""What users, staff and bad luck do in a run: made from the run's seed alone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from tests.line.fake.faults import Fault

Choice = TypeVar("Choice")
LETTERS = "ghjkmnpqrstvwxz"
"""Of made-up words: no two share what an unsend would strike, none is a hexadecimal number."""
WORD_LENGTH = 9
PRIVATE = " 090-1234-5678"
"""Behind a word: what is not for LINE."""


class Do(StrEnum):
    """What somebody does."""

    WRITE = "writes"
    TAP = "taps"
    STICKER = "sends a sticker or picture"
    UNSEND = "takes back"
    BLOCK = "blocks"
    FOLLOW = "follows"
    STAFF = "is answered by staff"
    NEWS = "gets news of the case"
    TAKE = "is taken over by staff"
    RETURN = "is given back to the bot"


class Way(StrEnum):
    """How LINE delivers what was done in one moment."""

    STRAIGHT = "straight"
    TWICE = "twice"
    AT_ONCE = "twice at the same moment, beside a worker"
    SCATTERED = "scattered"
    """In batches, in any order, some twice."""
    LATE = "late"
    REFUSED = "refused, then redelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that one user does, or that is done for one."""

    user: int
    do: Do
    word: str = ""
    number: int = 0
    """Which of the quick replies is tapped; which text, from the last, is taken back."""
    pause: float = 0.3
    """Seconds since the action before."""

    def __str__(self) -> str:
        return f"{'ABC'[self.user]} {self.do}{f' {self.word!r}' if self.word else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A fault of LINE."""

    fault: Fault
    on: str
    times: int = 1

    def __str__(self) -> str:
        return f"{self.fault} on {self.on} × {self.times}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Things done within a few seconds, how they reach desk, and what goes wrong then."""

    actions: Sequence[Action]
    way: Way = Way.STRAIGHT
    seconds: float = 0.0
    """Until they come (late), or come again (refused)."""
    troubles: Sequence[Trouble] = ()
    engine_seconds: float = 0.0
    """What the next turn of the engine takes."""
    engine_failures: int = 0
    """So many turns take eight seconds and give nothing."""
    kill_at: int | None = None
    """A worker or webhook dies at this commit or call from now."""
    lose_at: int | None = None
    """The database goes away for a moment around this commit from now."""
    is_quota_used: bool = False
    workers: int = 1
    wait: float = 3.0
    """Seconds until the next moment."""

    def __str__(self) -> str:
        parts = [", ".join(map(str, self.actions)) or "nothing"]
        if self.way is not Way.STRAIGHT:
            after = f" {self.seconds:.0f} s" if self.seconds else ""
            parts.append(f"delivered {self.way}{after}")
        parts += [f"LINE: {trouble}" for trouble in self.troubles]
        if self.engine_seconds:
            parts.append(f"engine takes {self.engine_seconds:.0f} s")
        if self.engine_failures:
            parts.append(f"engine fails × {self.engine_failures}")
        if self.kill_at is not None:
            parts.append(f"death at point {self.kill_at}")
        if self.lose_at is not None:
            parts.append(f"database away at point {self.lose_at}")
        if self.is_quota_used:
            parts.append("quota used up")
        if self.workers > 1:
            parts.append(f"{self.workers} workers")
        return f"{'; '.join(parts)}; then {self.wait:.1f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run."""

    seed: int
    users: int
    moments: Sequence[Moment]
    confidential: str = "link_only"
    """What may be said in LINE, as the account's setting says."""

    def __str__(self) -> str:
        """One line for each moment."""
        actions = sum(len(moment.actions) for moment in self.moments)
        lines = [f"seed {self.seed}: {self.users} users, {actions} actions, {self.confidential}"]
        return "\n".join([*lines, *(f"  {n:2d}. {m}" for n, m in enumerate(self.moments, 1))])


WEIGHTS = {
    Do.WRITE: 50, Do.TAP: 14, Do.STICKER: 5, Do.UNSEND: 10, Do.BLOCK: 4, Do.FOLLOW: 5,
    Do.STAFF: 8, Do.NEWS: 4, Do.TAKE: 4, Do.RETURN: 4,
}  # fmt: skip
WAYS = {
    Way.STRAIGHT: 34, Way.TWICE: 14, Way.AT_ONCE: 16, Way.SCATTERED: 20, Way.LATE: 6,
    Way.REFUSED: 10,
}  # fmt: skip
FAULTS = {
    Fault.RESET_BEFORE: 5, Fault.RESET_AFTER: 6, Fault.ERROR_BEFORE: 3, Fault.ERROR_AFTER: 6,
    Fault.SLOW: 1, Fault.STUCK: 1, Fault.RATE_LIMITED: 4, Fault.TOKEN_REFUSED: 4,
    Fault.REFUSED: 2,
}  # fmt: skip
WAITS = (0.2, 0.5, 1.2, 1.7, 1.7, 3.0, 3.0, 8.0, 20.0, 38.0, 45.0, 70.0, 400.0)

HOLDING_WAITS = (41.0, 43.0, 50.0, 58.0, 66.0)
"""Around the moment at which a late answer is held, and at which it comes."""


def make_plan(seed: int) -> Plan:
    """The plan of a seed; the same seed always gives the same plan."""
    chance = random.Random(seed)
    users = chance.choice((1, 1, 2, 2, 3))
    left = [[_action(chance, user) for _ in range(chance.randint(4, 12))] for user in range(users)]
    moments = []
    while any(left):
        actions: list[Action] = []
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
            mine = chance.choice([each for each in left if each] or [[]])
            if mine:
                actions.append(mine.pop(0))
        moments.append(_moment(chance, actions))
    confidential = "allow" if chance.random() < 0.3 else "link_only"
    return Plan(seed=seed, users=users, moments=moments, confidential=confidential)


def make_word(chance: random.Random) -> str:
    """A word that nobody else says."""
    return "".join(chance.choices(LETTERS, k=WORD_LENGTH))


def _action(chance: random.Random, user: int) -> Action:
    do = _pick(chance, WEIGHTS)
    word = make_word(chance) if do in {Do.WRITE, Do.STAFF, Do.NEWS} else ""
    if do is Do.WRITE and chance.random() < 0.05:
        word += PRIVATE
    pause = chance.choice((0.1, 0.3, 0.7, 1.0, 1.4))
    return Action(user=user, do=do, word=word, number=chance.randint(0, 2), pause=pause)


def _moment(chance: random.Random, actions: Sequence[Action]) -> Moment:
    way = _pick(chance, WAYS)
    troubles = [_trouble(chance)] if chance.random() < 0.25 else []
    seconds = {Way.LATE: (0.5, 5.0, 55.0, 200.0, 1300.0), Way.REFUSED: (1.0, 20.0, 70.0, 600.0)}
    failures = chance.choice((1, 2, 2, 3)) if chance.random() < 0.15 else 0
    is_held = failures > 1 and chance.random() < 0.7
    return Moment(
        actions=actions,
        way=way,
        seconds=chance.choice(seconds.get(way, (0.0,))),
        troubles=troubles,
        engine_seconds=chance.uniform(1, 8) if chance.random() < 0.15 else 0.0,
        engine_failures=failures,
        kill_at=chance.randint(1, 30) if chance.random() < 0.3 else None,
        lose_at=chance.randint(1, 20) if chance.random() < 0.1 else None,
        is_quota_used=chance.random() < 0.03,
        workers=2 if chance.random() < 0.3 else 1,
        wait=chance.choice(HOLDING_WAITS if is_held else WAITS),
    )


def _trouble(chance: random.Random) -> Trouble:
    fault = _pick(chance, FAULTS)
    on = chance.choice(("reply", "reply", "reply", "push", "push", "loading"))
    if fault is Fault.TOKEN_REFUSED:
        on = "reply"
    times = 1 if fault in {Fault.SLOW, Fault.STUCK} else chance.choice((1, 1, 2, 4))
    return Trouble(fault=fault, on=on, times=times)


def _pick(chance: random.Random, weights: dict[Choice, int]) -> Choice:
    return chance.choices(list(weights), list(weights.values()))[0]
