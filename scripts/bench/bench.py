"""Runs all measures, and writes the results to `results.json`, a table and charts."""

import argparse
import importlib
import inspect
import json
import os
import platform
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from . import report
from .peers import CONTENDERS
from .run import Measure, Run
from .server import Server

PARTIAL = Path(__file__).parents[2] / "dist" / "bench"
"""The default folder for the results of quick or partial runs, which do not change docs/benchmarks.md."""
MEASURES = {
    "cold": 80,
    "cpu": 65,
    "clients": 70,
    "short": 15,
    "tails": 35,
    "memory": 25,
    "imports": 55,
    "first": 35,
    "generation": 45,
    "growth": 135,
    "service": 90,
}
"""Name to duration in seconds on two cores, in the order of the table."""
BASE_PACKAGES = ("gatepass", "httpx", "httpx2", "requests", "aiohttp", "openapi-python-client")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python scripts/bench", description=__doc__)
    parser.add_argument(
        "measures", nargs="*", metavar="MEASURE", help=f"one of {', '.join(MEASURES)}; all by default"
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, to see that it works")
    parser.add_argument("--out", type=Path, help="folder for results.json and the charts")
    options = parser.parse_args()
    unknown = sorted(set(options.measures) - set(MEASURES))
    if unknown:
        parser.error(f"there is no measure {', '.join(unknown)}: use {', '.join(MEASURES)}")
    names = [name for name in MEASURES if not options.measures or name in options.measures]
    try:
        environment = made_with(options.quick)
    except PackageNotFoundError as missing:
        parser.error(f"{missing.name} is not installed: use `make bench`")
    results = {"made_with": environment, "groups": run_measures(names, options.quick)}
    complete = len(names) == len(MEASURES) and not options.quick
    out: Path = options.out or (report.RESULTS if complete else PARTIAL)
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(report.write(out, report.PAGE if out == report.RESULTS else None))
    return 0


def run_measures(names: list[str], quick: bool) -> list[dict[str, Any]]:
    """Run the measures; returns a group of rows for each."""
    groups = []
    columns = TextColumn("{task.description:12}"), BarColumn(), TimeRemainingColumn(), TextColumn("left")
    with (
        tempfile.TemporaryDirectory(prefix="gatepass-bench-") as folder,
        Server() as server,
        Progress(*columns, console=Console(stderr=True), refresh_per_second=1) as progress,
    ):
        bar = progress.add_task("", total=sum(MEASURES[name] for name in names))
        for name in names:
            progress.update(bar, description=name)

            def advance(part: float, seconds: float = MEASURES[name]) -> None:
                progress.advance(bar, part * seconds)

            module = importlib.import_module(f"bench.measures.{name}")
            measure: Measure = module.measure
            began = time.monotonic()
            rows = [row._asdict() for row in measure(Run(server, Path(folder), quick, advance))]
            took = time.monotonic() - began
            progress.console.print(f"{name}: {took:.0f} s")
            groups.append(
                {"name": name, "about": inspect.getdoc(module), "seconds": round(took), "rows": rows}
            )
    return groups


def made_with(quick: bool) -> dict[str, Any]:
    """The environment that the figures depend on."""
    packages = {package for entry in CONTENDERS.values() for package in entry.packages} | set(BASE_PACKAGES)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "quick": quick,
        "packages": {name: version(name) for name in sorted(packages, key=str.casefold)},
    }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
