"""Callers that all begin at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def all_at_once(calls: Iterable[Callable[[], Result]]) -> list[Result]:
    """What the calls bring, each made on a thread of its own."""
    todo = list(calls)
    gate = threading.Barrier(len(todo))

    def run(call: Callable[[], Result]) -> Result:
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(todo)) as pool:
        return list(pool.map(run, todo))
