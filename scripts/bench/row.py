"""One figure of one contender, and one of gatepass among so many."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple, Self


class Row(NamedTuple):
    """What was measured of whom; less is better, always."""

    measure: str
    contender: str
    figure: float
    unit: str
    low: float
    high: float
    """The spread: the quartiles of many figures, the ends of few."""

    @classmethod
    def of(cls, measure: str, contender: str, figures: Sequence[float], unit: str) -> Self:
        """The median, and how far the others lie from it."""
        low, middle, high = spread(figures)
        return cls(measure, contender, middle, unit, low, high)


class PerUnit(NamedTuple):
    """What one costs where there are `size` of them; it is to be the same however many there are."""

    measure: str
    things: str
    """Of what there are so many."""
    size: int
    figure: float
    unit: str
    low: float
    high: float

    @classmethod
    def of(cls, measure: str, things: str, size: int, figures: Sequence[float], unit: str) -> Self:
        low, middle, high = spread(figures)
        return cls(measure, things, size, middle, unit, low, high)


def spread(figures: Sequence[float]) -> tuple[float, float, float]:
    """The median between the quartiles of many figures, or the ends of few."""
    low, high = min(figures), max(figures)
    if len(figures) >= 8:
        low, _, high = statistics.quantiles(figures, n=4)
    return low, statistics.median(figures), high
