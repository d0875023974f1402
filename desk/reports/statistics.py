"""The few statistics that reports tell, with nothing assumed."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil, sqrt

Z_95 = 1.959964
"""Two-sided 95 % point of the normal distribution."""


def wilson(successes: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share after Wilson (1927), each end 0 to 1.

    Raises:
        ValueError: Nobody was asked, or more agreed than were asked.
    """
    if not 0 <= successes <= total or not total:
        raise ValueError("an interval needs somebody who was asked")
    share, square = successes / total, Z_95**2
    middle = share + square / (2 * total)
    spread = Z_95 * sqrt(share * (1 - share) / total + square / (4 * total**2))
    below, above = (middle - spread), (middle + spread)
    scale = 1 + square / total
    return max(0.0, below / scale), min(1.0, above / scale)


def median(values: Sequence[timedelta]) -> timedelta:
    """The value in the middle; between two, halfway. At least one value."""
    ordered, middle = sorted(values), len(values) // 2
    if len(values) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def percentile(values: Sequence[timedelta], percent: int) -> timedelta:
    """The smallest value that `percent` of the values do not exceed (nearest rank)."""
    return sorted(values)[ceil(percent * len(values) / 100) - 1]
