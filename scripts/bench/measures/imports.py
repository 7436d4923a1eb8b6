"""Import cost beyond that of the HTTP client.

The client is the one that the library uses: httpx, requests or Azure's pipeline. Fresh interpreters import,
in turn, the client alone, or the client and the library; the bytecode is cached. CPU time of the import, and
modules in `sys.modules`: medians of the paired differences. Then the same until an HTTP client is
constructed, with a credential or without, because some libraries import more only then.
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
sys.modules |= {{"trio": None, "rich": None}}  # httpx imports them if they are installed
began = time.process_time()
{}
print(time.process_time() - began, len(sys.modules))
{}
print(time.process_time() - began, len(sys.modules))
"""
TITLES = {
    "CPU of the import": "ms",
    "modules": "",
    "CPU until constructed": "ms",
    "modules until constructed": "",
}


def measure(run: Run) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as cache:
        for name in run.each([name for name in CONTENDERS if name != FLOOR]):
            client, program = CONTENDERS[name].client, CONTENDERS[name].program
            both = Program(f"{client.imports}\n{program.imports}", program.construct)
            added = []
            for pair in range(1 + (2 if run.quick else PAIRS)):
                order = (client, both) if pair % 2 else (both, client)
                costs = {candidate: figures(candidate, cache) for candidate in order}
                if pair:  # the first pair compiles the bytecode
                    added.append([more - less for more, less in zip(costs[both], costs[client], strict=True)])
            of_each = dict(zip(TITLES, zip(*added, strict=True), strict=True))
            for title, unit in TITLES.items():
                if program.construct or "constructed" not in title:
                    yield Row.of(title, name, of_each[title], unit)


def figures(program: Program, cache: str) -> list[float]:
    """Milliseconds of CPU and number of modules of an interpreter, after the import and at the end."""
    command = [sys.executable, "-c", SCRIPT.format(program.imports, program.construct)]
    env = variables() | {"PYTHONPYCACHEPREFIX": cache}
    output = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.split()
    return [1000 * float(output[0]), float(output[1]), 1000 * float(output[2]), float(output[3])]
