"""Writes results.json as tables for docs/benchmarks.md and as charts, reproducibly.

`python scripts/bench/report.py` rewrites those of the last complete run.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])

from bench import growth
from bench.chart import chart, written
from bench.line_chart import line_chart
from bench.peers import FLOOR, OURS
from bench.row import PerUnit, Row

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench: written by scripts/bench -->", "<!-- /bench -->"


def write(folder: Path, page: Path | None) -> str:
    """Write the charts into the folder and the tables between the marks of the page; returns them."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for old in folder.glob("*.svg"):
        old.unlink()
    for group in results["groups"]:
        steps = per_unit(group)
        svg = line_chart(title(group), steps) if steps else chart(title(group), rows(group))
        (folder / f"{group['name']}.svg").write_text(svg, encoding="utf-8")
    tables = "\n".join(lines(results))
    content = page.read_text(encoding="utf-8") if page else ""
    if page and BEGIN in content and END in content:
        before, _, rest = content.partition(BEGIN)
        after = rest.partition(END)[2]
        page.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", encoding="utf-8")
    return tables


def lines(results: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of the tables in Markdown, one table for each group of measures."""
    environment = results["made_with"]
    packages = ", ".join(f"{name} {version}" for name, version in environment["packages"].items())
    quick = " A quick run; do not publish it." if environment["quick"] else ""
    machine = f"{environment['cores']} cores of {environment['cpu']}"
    yield f"Python {environment['python']}, {machine}, {environment['date']}; {packages}.{quick}"
    yield "Lower is always better; the best of gatepass and the libraries is bold; overlapping spreads count"
    yield "as level. How each is measured: [scripts/bench/measures](../scripts/bench/measures)."
    for group in results["groups"]:
        yield from ("", f"### {title(group)}", "")
        steps = per_unit(group)
        yield from growth.table(steps) if steps else table(rows(group))
        for measure, verdict in () if steps else behind(rows(group)):
            yield from ("", f"gatepass is not first: {measure}, {verdict}.")
        yield from ("", f"![{title(group)}](../scripts/bench/results/{group['name']}.svg)")


def title(group: dict[str, Any]) -> str:
    """The first sentence of the measure's docstring."""
    first: str = group["about"].partition("\n\n")[0].replace("\n", " ")
    return first.partition(":")[0].removesuffix(".")


def rows(group: dict[str, Any]) -> list[Row]:
    return [Row(**fields) for fields in group["rows"]]


def per_unit(group: dict[str, Any]) -> list[PerUnit]:
    """The rows of a measure of growth; empty for other measures."""
    return [PerUnit(**fields) for fields in group["rows"] if "size" in fields]


def table(figures: list[Row]) -> Iterator[str]:
    contenders = {row.contender for row in figures}
    first = [name for name in (OURS, FLOOR) if name in contenders]
    names = first + list(dict.fromkeys(row.contender for row in figures if row.contender not in first))
    yield "| | " + " | ".join(names) + " | gatepass is |"
    yield "|---|" + "---:|" * len(names) + "---|"
    for measure, by_contender in by_measure(figures).items():
        unit = next(iter(by_contender.values())).unit
        best = min(row.figure for name, row in by_contender.items() if name != FLOOR)
        cells = []
        for name in names:
            cell = written(by_contender[name].figure) if name in by_contender else "-"
            is_best = name in by_contender and name != FLOOR and by_contender[name].figure == best
            cells.append(f"**{cell}**" if is_best else cell)
        label = f"{measure}, {unit}" if unit else measure
        yield f"| {label} | " + " | ".join(cells) + f" | {verdict(by_contender)} |"


def by_measure(figures: list[Row]) -> dict[str, dict[str, Row]]:
    groups: dict[str, dict[str, Row]] = {}
    for row in figures:
        groups.setdefault(row.measure, {})[row.contender] = row
    return groups


def behind(figures: list[Row]) -> Iterator[tuple[str, str]]:
    """Yield the measures in which another library is better than gatepass."""
    for measure, by_contender in by_measure(figures).items():
        if verdict(by_contender).startswith("behind"):
            yield measure, verdict(by_contender)


def verdict(by_contender: dict[str, Row]) -> str:
    """The rank of gatepass: first, level with another (the spreads overlap), or behind another."""
    ours = by_contender[OURS]
    peers = (row for name, row in by_contender.items() if name not in (OURS, FLOOR))
    best = min(peers, key=lambda row: row.figure, default=None)
    if best is None:  # a row that compares gatepass with the floor alone
        return "-"
    if ours.low <= best.high and best.low <= ours.high:
        return f"level with {best.contender}"
    less, more = sorted((ours, best), key=lambda row: row.figure)
    ratio = more.figure / less.figure if less.figure > 0 else 0
    times = f": {ratio:.{2 if ratio < 1.1 else 1}f}".removesuffix(".0") + " times as much" if ratio else ""
    return f"behind {best.contender}{times}" if less is best else f"first; {best.contender}{times}"


if __name__ == "__main__":
    print(write(RESULTS, PAGE))
