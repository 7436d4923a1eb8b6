"""Tables of the cost per unit as the number of units grows, relative to the smallest number."""

from collections.abc import Iterator

from .chart import written
from .row import PerUnit

FLAT = 1.5
"""A measure is flat if the cost at the largest number is less than this many times that at the smallest."""
FLOOR = "of which the floor"
"""A measure with this in its name is shown without a verdict."""
Series = dict[str, list[PerUnit]]


def table(figures: list[PerUnit]) -> Iterator[str]:
    """A row for each measure, and a line below for each that is not flat."""
    yield "| cost per unit | number of | smallest | relative to that | largest to smallest | |"
    yield "|---|---|---:|---|---:|---|"
    for measure, steps in series(figures).items():
        first, *later = steps
        label = f"{measure}, {first.unit}" if first.unit else measure
        ratios = ", ".join(f"{step.size:,}: {times(relative(first, step))}" for step in later)
        smallest = f"{first.size:,}: {written(first.figure)}"
        last = times(relative(first, steps[-1]))
        yield f"| {label} | {first.noun} | {smallest} | {ratios} | {last} | {verdict(steps)} |"
    for measure, steps in series(figures).items():
        if is_flat(steps) is False:
            ends = " and ".join(f"{written(step.figure)} at {step.size:,}" for step in (steps[0], steps[-1]))
            unit = f" {steps[0].unit}" if steps[0].unit else ""
            yield from ("", f"Not flat: {measure}, {ends}{unit} ({steps[0].noun}).")


def series(figures: list[PerUnit]) -> Series:
    """The steps of each measure, from the smallest number to the largest."""
    steps: Series = {}
    for step in sorted(figures, key=lambda step: step.size):
        steps.setdefault(step.measure, []).append(step)
    return {measure: steps[measure] for measure in dict.fromkeys(step.measure for step in figures)}


def relative(first: PerUnit, step: PerUnit) -> float | None:
    """The ratio of a step to the first; None if the first is not positive."""
    return step.figure / first.figure if first.figure > 0 else None


def times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


def is_flat(steps: list[PerUnit]) -> bool | None:
    """Whether the cost stays flat; None for a floor, and without a ratio."""
    ratio = relative(steps[0], steps[-1])
    return None if FLOOR in steps[0].measure or ratio is None else ratio < FLAT


def verdict(steps: list[PerUnit]) -> str:
    return {True: "ok", False: "**NOT flat**", None: "-"}[is_flat(steps)]
