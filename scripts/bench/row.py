"""Results: a figure of a contender, and a cost per unit of gatepass."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple, Self


class Row(NamedTuple):
    """A figure of a contender; lower is always better."""

    measure: str
    contender: str
    figure: float
    unit: str
    low: float
    high: float
    """The spread: the quartiles of many figures, the ends of few."""

    @classmethod
    def of(cls, measure: str, contender: str, figures: Sequence[float], unit: str) -> Self:
        """The median of the figures, with their spread."""
        low, middle, high = spread(figures)
        return cls(measure, contender, middle, unit, low, high)


class PerUnit(NamedTuple):
    """The cost per unit if there are `size` units; it should not depend on the size."""

    measure: str
    noun: str
    """The kind of unit, in the plural."""
    size: int
    figure: float
    unit: str
    low: float
    high: float

    @classmethod
    def of(cls, measure: str, noun: str, size: int, figures: Sequence[float], unit: str) -> Self:
        low, middle, high = spread(figures)
        return cls(measure, noun, size, middle, unit, low, high)


def spread(figures: Sequence[float]) -> tuple[float, float, float]:
    """The median between the quartiles of many figures, or the ends of few."""
    low, high = min(figures), max(figures)
    if len(figures) >= 8:
        low, _, high = statistics.quantiles(figures, n=4)
    return low, statistics.median(figures), high
