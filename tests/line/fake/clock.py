"""The fake's time, which a test sets forward, and ids that LINE makes from it."""

import random
from datetime import UTC, datetime, timedelta

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_LENGTH = 26


class Clock:
    """Gives the time when it is called; moves only when it is told to."""

    def __init__(self, begin: datetime | None = None) -> None:
        self._now = begin or datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time now, in UTC."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Let time pass; gives the time then."""
        self._now += timedelta(seconds=seconds)
        return self._now


def real_time() -> datetime:
    """The time of the machine, in UTC."""
    return datetime.now(UTC)


def milliseconds(moment: datetime) -> int:
    """As LINE writes times."""
    return int(moment.timestamp() * 1000)


def ulid(moment: datetime, chance: random.Random) -> str:
    """An id that is ordered by time: 48 bits of milliseconds, 80 of chance."""
    value = milliseconds(moment) << 80 | chance.getrandbits(80)
    return "".join(CROCKFORD[value >> 5 * place & 31] for place in reversed(range(ULID_LENGTH)))
