"""What one costs as there are more, as a table: relative to the first, and whether it stays flat."""

from collections.abc import Iterator

from .chart import written
from .row import PerUnit

FLAT = 1.5
"""The last is less than so many times the first."""
FLOOR = "of which the floor"
"""Whose measure has this in its name is told, and not judged."""
Series = dict[str, list[PerUnit]]


def table(given: list[PerUnit]) -> Iterator[str]:
    """One line for each measure, and one below for each that is not flat."""
    yield "| what one costs | of so many | at first | beside that | last to first | |"
    yield "|---|---|---:|---|---:|---|"
    for measure, steps in series(given).items():
        first, *others = steps
        what = f"{measure}, {first.unit}" if first.unit else measure
        beside = ", ".join(f"{one.size:,}: {times(relative(first, one))}" for one in others)
        at_first = f"{first.size:,}: {written(first.figure)}"
        last = times(relative(first, steps[-1]))
        yield f"| {what} | {first.things} | {at_first} | {beside} | {last} | {verdict(steps)} |"
    for measure, steps in series(given).items():
        if is_flat(steps) is False:
            ends = " and ".join(f"{written(one.figure)} at {one.size:,}" for one in (steps[0], steps[-1]))
            unit = f" {steps[0].unit}" if steps[0].unit else ""
            yield from ("", f"Not flat: {measure}, {ends}{unit} ({steps[0].things}).")


def series(given: list[PerUnit]) -> Series:
    """The steps of each measure, from few to many."""
    found: Series = {}
    for one in sorted(given, key=lambda one: one.size):
        found.setdefault(one.measure, []).append(one)
    return {measure: found[measure] for measure in dict.fromkeys(one.measure for one in given)}


def relative(first: PerUnit, one: PerUnit) -> float | None:
    """So many times the first; None where that is nothing or less."""
    return one.figure / first.figure if first.figure > 0 else None


def times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


def is_flat(steps: list[PerUnit]) -> bool | None:
    """None for a floor, and where nothing can be said."""
    ratio = relative(steps[0], steps[-1])
    return None if FLOOR in steps[0].measure or ratio is None else ratio < FLAT


def verdict(steps: list[PerUnit]) -> str:
    return {True: "ok", False: "**NOT flat**", None: "-"}[is_flat(steps)]
