"""What an import adds to that of the HTTP client.

The client is the one that the library lives on: httpx, requests or Azure's pipeline. Fresh interpreters that
import the client alone, and the client and the library, take turns; the bytecode is there. CPU time of the
import, and modules in `sys.modules`: medians of the paired differences. Then the same until an HTTP client is
made, with a credential or without, because some import more only then.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator

from ..child import variables
from ..peers import CONTENDERS, FLOOR, Program
from ..row import Row
from ..run import Run

PAIRS = 9
SCRIPT = """
import sys, time
sys.modules |= {{"trio": None, "rich": None}}  # httpx imports them where a developer has them
began = time.process_time()
{}
print(time.process_time() - began, len(sys.modules))
{}
print(time.process_time() - began, len(sys.modules))
"""
TITLES = {"CPU of the import": "ms", "modules": "", "CPU until made": "ms", "modules until made": ""}


def measure(run: Run) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as cache:
        for name in run.each([name for name in CONTENDERS if name != FLOOR]):
            client, program = CONTENDERS[name].client, CONTENDERS[name].program
            both = Program(f"{client.imports}\n{program.imports}", program.made)
            added = []
            for pair in range(1 + (2 if run.quick else PAIRS)):
                order = (client, both) if pair % 2 else (both, client)
                found = {one: figures(one, cache) for one in order}
                if pair:  # before the first, everything was compiled
                    added.append([more - less for more, less in zip(found[both], found[client], strict=True)])
            of_each = dict(zip(TITLES, zip(*added, strict=True), strict=True))
            for title, unit in TITLES.items():
                if program.made or "made" not in title:
                    yield Row.of(title, name, of_each[title], unit)


def figures(program: Program, cache: str) -> list[float]:
    """Milliseconds of CPU and modules of an interpreter, after the import and in the end."""
    command = [sys.executable, "-c", SCRIPT.format(program.imports, program.made)]
    env = variables() | {"PYTHONPYCACHEPREFIX": cache}
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split()
    return [1000 * float(said[0]), float(said[1]), 1000 * float(said[2]), float(said[3])]
