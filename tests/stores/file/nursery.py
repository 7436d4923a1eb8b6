"""`nursery.py COUNT CODE`: so many processes that run the same few lines, once they are released.

One process imports everything and forks the others; they are released when its standard input ends.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
import traceback
from typing import Any

import gatepass
from gatepass import _network_options
from gatepass.stores import FileStore, Wanted, _file, _lock_file, _protocol
from tests.patience import PATIENCE, be_patient


def say(*facts: Any) -> None:
    """One line of JSON, whole, however many processes write."""
    os.write(1, json.dumps(facts if len(facts) != 1 else facts[0]).encode() + b"\n")


def preload(code: str, names: dict[str, Any]) -> None:
    """Import what the processes are going to import themselves, once for all of them."""
    wanted = ["redis"] if "RedisStore" in code else []
    for kind in names.values():
        if isinstance(kind, type) and issubclass(kind, gatepass.Credential) and hasattr(kind, "facts"):
            package = importlib.import_module(f"gatepass_clients.{kind.facts.provider}")
            wanted += [
                found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
            ]
    for name in wanted:
        importlib.import_module(name)


def main() -> None:
    count, code = int(sys.argv[1]), compile(sys.argv[2], "the lines of the test", "exec")
    names: dict[str, Any] = {"FileStore": FileStore, "Wanted": Wanted}
    names |= {name: getattr(gatepass, name) for name in gatepass.__all__ if name in sys.argv[2]}
    preload(sys.argv[2], names)
    be_patient()
    # A busy machine is slow: no lease runs out and no lock is given up because of that, and many waiters
    # leave time to the process that they wait for.
    _protocol.LEASE_SECONDS = _lock_file.LOCK_WAIT = PATIENCE
    vars(_file)["LOCK_WAIT"] = PATIENCE
    _lock_file.POLL_START = _lock_file.POLL_LONGEST = 0.1
    _network_options.tls_context()  # costs more than most of what is tested
    children = []
    for me in range(count):
        child = os.fork()
        if child == 0:
            try:
                sys.stdin.read()
                exec(code, names | {"me": me, "os": os, "say": say})
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        children.append(child)
    say(children)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
