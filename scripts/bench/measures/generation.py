"""Compilation of all specs, compared with the bare generator.

Wall-clock seconds of `scripts/generate.py` into an empty folder, then of the same again without changes, and
of `openapi-python-client generate` for each spec with its defaults: the median of two alternating rounds.
The bare generator cannot detect that nothing changed.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from gatepass_spec import provider_files

from ..child import SCRIPTS, variables
from ..peers import OURS
from ..row import Row
from ..run import Run

BARE = "openapi-python-client"
ROUNDS = 2


def measure(run: Run) -> Iterator[Row]:
    first, again, bare = [], [], []
    for number in run.each([str(turn) for turn in range(1 if run.quick else ROUNDS)]):
        our_folder, bare_folder = run.folder / f"ours-{number}", run.folder / f"bare-{number}"
        compile_ours = [[sys.executable, str(SCRIPTS / "generate.py"), "--out", str(our_folder)]]
        first.append(seconds(compile_ours))
        bare.append(seconds(list(bare_commands(bare_folder))))
        again.append(seconds(compile_ours))
        shutil.rmtree(our_folder)
        shutil.rmtree(bare_folder)
    yield Row.of("all specs", OURS, first, "s")
    yield Row.of("all specs", BARE, bare, "s")
    yield Row.of("again, with nothing changed", OURS, again, "s")
    yield Row.of("again, with nothing changed", BARE, bare, "s")


def bare_commands(target: Path) -> Iterator[list[str]]:
    tool = str(Path(sys.executable).with_name(BARE))
    target.mkdir()
    for spec in provider_files(SCRIPTS.parent / "specs"):
        yield [tool, "generate", "--path", str(spec), "--output-path", str(target / spec.stem)]


def seconds(commands: list[list[str]]) -> float:
    began = time.perf_counter()
    for command in commands:
        subprocess.run(command, env=variables(), capture_output=True, check=True)
    return time.perf_counter() - began
