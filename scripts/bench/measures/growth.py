"""Cost per unit as the number of units grows.

The figure is always the cost of one credential, process, host or spec. It is flat if the last is less than
1.5 times the first. How each is measured: `growth_credentials.py` (1 to 10,000 in a process, or in the folder
of a FileStore), `growth_processes.py` (1 to 64 on a FileStore, and 1 to 16 hosts on a Valkey server),
`growth_specs.py` (1 to 50) and `growth_slow.py` (a provider that is slow for other credentials).
"""

from collections.abc import Iterator

from ..row import PerUnit
from ..run import Run
from . import growth_credentials, growth_processes, growth_slow, growth_specs

PARTS = {
    "credentials": growth_credentials.measure,
    "processes": growth_processes.measure,
    "specs": growth_specs.measure,
    "slow": growth_slow.measure,
}


def measure(run: Run) -> Iterator[PerUnit]:
    for name in run.each(list(PARTS)):
        yield from PARTS[name](run)
