"""Rate limits in process: token buckets by key."""

import math
import time
from collections import OrderedDict

KEPT_KEYS = 10_000


class RateLimiter:
    """Allows `limit` calls per `seconds` for each key, refilled steadily."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = float(limit)
        self._per_second = limit / seconds
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def seconds_to_wait(self, key: str) -> int:
        """Count one call of `key`.

        Returns:
            0 if it is allowed, else the whole seconds after which one is.
        """
        moment = time.monotonic()
        level, last = self._buckets.pop(key, (self._limit, moment))
        level = min(self._limit, level + (moment - last) * self._per_second)
        allowed = level >= 1
        self._buckets[key] = (level - 1 if allowed else level, moment)
        if len(self._buckets) > KEPT_KEYS:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - level) / self._per_second))
