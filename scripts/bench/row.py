"""One figure of one contender."""

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
        low, high = min(figures), max(figures)
        if len(figures) >= 8:
            low, _, high = statistics.quantiles(figures, n=4)
        return cls(measure, contender, statistics.median(figures), unit, low, high)
