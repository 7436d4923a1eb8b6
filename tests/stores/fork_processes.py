"""Forks processes that run CODE when stdin ends: `python -m tests.stores.fork_processes COUNT CODE`.

One process imports everything and forks the others, which is faster than to start them one by one.
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
from gatepass.stores import FileStore, Lookup, _file_lock, _store
from tests.timeouts import HANG_TIMEOUT, extend_default_timeouts


def report(*values: Any) -> None:
    """Write one line of JSON, which no other process interrupts."""
    os.write(1, json.dumps(values if len(values) != 1 else values[0]).encode() + b"\n")


def preload(code: str, names: dict[str, Any]) -> None:
    """Import what the processes are going to import, once for all of them."""
    modules = ["redis"] if "RedisStore" in code else []
    for value in names.values():
        if isinstance(value, type) and issubclass(value, gatepass.Credential) and hasattr(value, "spec"):
            package = importlib.import_module(f"gatepass_clients.{value.spec.provider}")
            modules += [
                module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
            ]
    for name in modules:
        importlib.import_module(name)


def main() -> None:
    count, code = int(sys.argv[1]), compile(sys.argv[2], "the code of the test", "exec")
    names: dict[str, Any] = {"FileStore": FileStore, "Lookup": Lookup}
    names |= {name: getattr(gatepass, name) for name in gatepass.__all__ if name in sys.argv[2]}
    preload(sys.argv[2], names)
    extend_default_timeouts()
    # On a busy machine no lease expires and no lock times out, and many waiters leave time to the process
    # that they wait for.
    _store.LEASE_SECONDS = _file_lock.LOCK_WAIT = HANG_TIMEOUT
    _file_lock.POLL_START = _file_lock.POLL_LONGEST = 0.1
    _network_options.tls_context()  # takes longer than most of what is tested
    children = []
    for number in range(count):
        child = os.fork()
        if child == 0:
            try:
                sys.stdin.read()
                exec(code, names | {"number": number, "os": os, "report": report})
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        children.append(child)
    report(children)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
