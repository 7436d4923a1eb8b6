"""1 to 50 specs through `scripts/generate.py` into an empty folder: copies of the five under other names.

CPU of the command and of what it starts. The start is that of `generate.py --help`, which imports all and
compiles nothing. Told are the CPU of a spec with its share of the start; without it; and of one more spec,
from each number to the next, which nothing of what happens once can hide. For one spec each of the five is
compiled alone, and the mean counts, so that the mixture is always the same. The median of two rounds.
"""

import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ..child import SCRIPTS, variables
from ..row import PerUnit
from ..run import Run

SIZES = (1, 5, 10, 25, 50)
ROUNDS = 2
SPECS = sorted((SCRIPTS.parent / "specs").glob("*.yaml"))


def measure(run: Run) -> Iterator[PerUnit]:
    sizes = SIZES[:3] if run.quick else SIZES
    whole: dict[int, list[float]] = {size: [] for size in sizes}
    starts = []
    for _ in range(1 if run.quick else ROUNDS):
        starts.append(cpu("--help"))
        for size in sizes:
            takes = [[one] for one in SPECS] if size == 1 else [SPECS * (size // len(SPECS))]
            whole[size].append(statistics.mean(compiled(one, run.folder / "growth") for one in takes))
    start = statistics.median(starts)
    for size in sizes:
        yield PerUnit.of("CPU of a spec", "specs", size, [one / size for one in whole[size]], "ms")
    for size in sizes:
        without = [(one - start) / size for one in whole[size]]
        yield PerUnit.of(f"... without the start ({start:.0f} ms)", "specs", size, without, "ms")
    for less, more in pairwise(sizes):
        each = zip(whole[less], whole[more], strict=True)
        slopes = [(last - first) / (more - less) for first, last in each]
        yield PerUnit.of("CPU of one more spec", "specs", more, slopes, "ms")


def compiled(specs: list[Path], folder: Path) -> float:
    source, target = folder / "specs", folder / "generated"
    source.mkdir(parents=True)
    for number, spec in enumerate(specs):
        shutil.copyfile(spec, source / f"{spec.stem}{number}.yaml")
    took = cpu("--specs", str(source), "--out", str(target))
    if len(list(target.glob("gatepass_clients/*/openapi.yaml"))) != len(specs):
        raise RuntimeError(f"{target} has not a client for each of {len(specs)} specs")
    shutil.rmtree(folder)
    return took


def cpu(*arguments: str) -> float:
    """Milliseconds of the command and of all that it waited for."""
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(SCRIPTS / "generate.py"), *arguments]
    subprocess.run(command, env=variables(), capture_output=True, check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime)
