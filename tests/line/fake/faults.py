"""What a test lets go wrong at LINE's side, by call."""

from dataclasses import dataclass
from enum import StrEnum

from tests.line.fake.errors import (
    INVALID_REPLY_TOKEN,
    RATE_LIMIT,
    SERVER_ERROR,
    LineError,
    Problem,
    has_errors,
)


class Fault(StrEnum):
    """What goes wrong, and whether LINE did what it was asked nevertheless."""

    ERROR_BEFORE = "error_before"
    """500, nothing was done."""
    ERROR_AFTER = "error_after"
    """500, yet it was accepted and the user sees it."""
    RESET_BEFORE = "reset_before"
    """The connection is reset, nothing was done."""
    RESET_AFTER = "reset_after"
    """The connection is reset after it was accepted."""
    SLOW = "slow"
    """Accepted at once, answered after `seconds`."""
    STUCK = "stuck"
    """Nothing is done; 500 after `seconds`."""
    RATE_LIMITED = "rate_limited"
    """429, too many calls."""
    REFUSED = "refused"
    """400 for the content, as if a limit were lower than we know."""
    TOKEN_REFUSED = "token_refused"
    """400 `Invalid reply token`, whatever the token."""


AFTER = {Fault.ERROR_AFTER, Fault.RESET_AFTER, Fault.SLOW}
RESETS = {Fault.RESET_BEFORE, Fault.RESET_AFTER}
ERRORS = {
    Fault.ERROR_BEFORE: LineError(500, SERVER_ERROR),
    Fault.ERROR_AFTER: LineError(500, SERVER_ERROR),
    Fault.STUCK: LineError(500, SERVER_ERROR),
    Fault.RATE_LIMITED: LineError(429, RATE_LIMIT),
    Fault.REFUSED: has_errors([Problem("invalid property", "messages[0]")]),
    Fault.TOKEN_REFUSED: LineError(400, INVALID_REPLY_TOKEN),
}
EVERY = "*"


@dataclass(slots=True, kw_only=True)
class Rule:
    """One fault: for which calls, and how many of them."""

    fault: Fault
    on: str
    times: int | None
    skip: int
    seconds: float


class Faults:
    """The faults to come, first come first served."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        """Let this go wrong from now on."""
        self._rules.append(rule)

    def clear(self) -> None:
        """Everything works again."""
        self._rules.clear()

    @property
    def are_over(self) -> bool:
        """Whether every fault with a number of times has happened."""
        return all(rule.times is None for rule in self._rules)

    def told(self) -> list[str]:
        """The faults to come, in words."""
        return [f"{r.fault} on {r.on} × {r.times or 'all'}" for r in self._rules]

    def take(self, endpoint: str) -> Rule | None:
        """The fault that this call meets."""
        for rule in self._rules:
            if rule.on not in {EVERY, endpoint}:
                continue
            if rule.skip > 0:
                rule.skip -= 1
                continue
            if rule.times is not None:
                rule.times -= 1
                if rule.times <= 0:
                    self._rules.remove(rule)
            return rule
        return None
