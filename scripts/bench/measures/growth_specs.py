"""1 to 50 specs through `scripts/generate.py` into an empty folder: copies of all under other names.

CPU of the command and its child processes. The start-up is that of `generate.py --help`, which imports
everything and compiles nothing. The results are the CPU of a spec with its share of the start-up, the same
without the start-up, and the CPU of one more spec, from each number to the next. For a single spec, each of
them is compiled alone, and the mean counts, so that the mixture is always the same. The median of two
rounds.
"""

import resource
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from gatepass_spec import provider_files

from ..child import SCRIPTS, variables
from ..row import PerUnit
from ..run import Run

SIZES = (1, 10, 20, 50)
ROUNDS = 2
SPECS = provider_files(SCRIPTS.parent / "specs")


def measure(run: Run) -> Iterator[PerUnit]:
    sizes = SIZES[:2] if run.quick else SIZES
    total: dict[int, list[float]] = {size: [] for size in sizes}
    starts = []
    for _ in range(1 if run.quick else ROUNDS):
        starts.append(generate_cpu("--help"))
        for size in sizes:
            runs = [[spec] for spec in SPECS] if size == 1 else [SPECS * (size // len(SPECS))]
            total[size].append(statistics.mean(compile_cpu(specs, run.folder / "growth") for specs in runs))
    start = statistics.median(starts)
    for size in sizes:
        yield PerUnit.of("CPU of a spec", "specs", size, [cpu / size for cpu in total[size]], "ms")
    for size in sizes:
        without = [(cpu - start) / size for cpu in total[size]]
        yield PerUnit.of(f"... without the start ({start:.0f} ms)", "specs", size, without, "ms")
    for less, more in pairwise(sizes):
        pairs = zip(total[less], total[more], strict=True)
        slopes = [(last - first) / (more - less) for first, last in pairs]
        yield PerUnit.of("CPU of one more spec", "specs", more, slopes, "ms")


def compile_cpu(specs: list[Path], folder: Path) -> float:
    """Compile copies of the specs; returns the milliseconds of CPU."""
    source, target = folder / "specs", folder / "generated"
    source.mkdir(parents=True)
    for number, spec in enumerate(specs):
        shutil.copyfile(spec, source / f"{spec.stem}{number}.yaml")
    took = generate_cpu("--specs", str(source), "--out", str(target))
    if len(list(target.glob("gatepass_clients/*/openapi.yaml"))) != len(specs):
        raise RuntimeError(f"{target} does not have a client for each of {len(specs)} specs")
    shutil.rmtree(folder)
    return took


def generate_cpu(*arguments: str) -> float:
    """Run generate.py; returns the milliseconds of CPU of the command and its child processes."""
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(SCRIPTS / "generate.py"), *arguments]
    subprocess.run(command, env=variables(), capture_output=True, check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime)
