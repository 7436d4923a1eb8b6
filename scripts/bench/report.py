"""results.json as a table for the README and as charts: the same bytes for the same figures.

`python scripts/bench/report.py` tells those of the last whole run again.
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
README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- bench: written by scripts/bench -->", "<!-- /bench -->"


def write(folder: Path, readme: Path | None) -> str:
    """Write the charts into the folder and the table into the README, if it has a place for it; the table."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    for old in folder.glob("*.svg"):
        old.unlink()
    for group in results["groups"]:
        found = per_unit(group)
        text = line_chart(title(group), found) if found else chart(title(group), rows(group))
        (folder / f"{group['name']}.svg").write_text(text, encoding="utf-8")
    told = "\n".join(lines(results))
    page = readme.read_text(encoding="utf-8") if readme else ""
    if readme and BEGIN in page and END in page:
        before, _, rest = page.partition(BEGIN)
        after = rest.partition(END)[2]
        readme.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", encoding="utf-8")
    return told


def lines(results: dict[str, Any]) -> Iterator[str]:
    """The tables in Markdown, one for each group of measures."""
    with_ = results["made_with"]
    packages = ", ".join(f"{name} {version}" for name, version in with_["packages"].items())
    quick = " A quick run, to be told to nobody." if with_["quick"] else ""
    machine = f"{with_['cores']} cores of {with_['cpu']}"
    yield f"Python {with_['python']}, {machine}, {with_['date']}; {packages}.{quick}"
    yield "Less is better everywhere; the best of gatepass and the libraries is bold; spreads that meet are"
    yield "level. How each is measured: [scripts/bench/measures](scripts/bench/measures)."
    for group in results["groups"]:
        yield from ("", f"### {title(group)}", "")
        found = per_unit(group)
        yield from growth.table(found) if found else table(rows(group))
        for measure, verdict in () if found else behind(rows(group)):
            yield from ("", f"gatepass is not first: {measure}, {verdict}.")
        yield from ("", f"![{title(group)}](scripts/bench/results/{group['name']}.svg)")


def title(group: dict[str, Any]) -> str:
    """The first sentence of what the measure says of itself."""
    first: str = group["about"].partition("\n\n")[0].replace("\n", " ")
    return first.partition(":")[0].removesuffix(".")


def rows(group: dict[str, Any]) -> list[Row]:
    return [Row(**one) for one in group["rows"]]


def per_unit(group: dict[str, Any]) -> list[PerUnit]:
    """The rows of a measure of growth; none of another one."""
    return [PerUnit(**one) for one in group["rows"] if "size" in one]


def table(given: list[Row]) -> Iterator[str]:
    found = {row.contender for row in given}
    first = [one for one in (OURS, FLOOR) if one in found]
    names = first + list(dict.fromkeys(row.contender for row in given if row.contender not in first))
    yield "| | " + " | ".join(names) + " | gatepass is |"
    yield "|---|" + "---:|" * len(names) + "---|"
    for measure, of in by_measure(given).items():
        unit = next(iter(of.values())).unit
        best = min(row.figure for name, row in of.items() if name != FLOOR)
        cells = []
        for name in names:
            cell = written(of[name].figure) if name in of else "-"
            is_best = name in of and name != FLOOR and of[name].figure == best
            cells.append(f"**{cell}**" if is_best else cell)
        what = f"{measure}, {unit}" if unit else measure
        yield f"| {what} | " + " | ".join(cells) + f" | {verdict(of)} |"


def by_measure(given: list[Row]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in given:
        found.setdefault(row.measure, {})[row.contender] = row
    return found


def behind(given: list[Row]) -> Iterator[tuple[str, str]]:
    """The measures in which somebody is better than gatepass."""
    for measure, of in by_measure(given).items():
        if verdict(of).startswith("behind"):
            yield measure, verdict(of)


def verdict(of: dict[str, Row]) -> str:
    """Where gatepass stands among those measured: first, level (the spreads meet), or behind whom."""
    ours = of[OURS]
    best = min((of[name] for name in of if name not in (OURS, FLOOR)), key=lambda row: row.figure)
    if ours.low <= best.high and best.low <= ours.high:
        return f"level with {best.contender}"
    less, more = sorted((ours, best), key=lambda row: row.figure)
    ratio = more.figure / less.figure if less.figure > 0 else 0
    times = f": {ratio:.{2 if ratio < 1.1 else 1}f}".removesuffix(".0") + " times as much" if ratio else ""
    return f"behind {best.contender}{times}" if less is best else f"first; {best.contender}{times}"


if __name__ == "__main__":
    print(write(RESULTS, README))
