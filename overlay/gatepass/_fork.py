"""Resets after a fork: a child must not inherit locks that are held, nor work of threads it does not have."""

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    def reset_after_fork(self) -> None: ...


_ALL: "weakref.WeakSet[Forkable]" = weakref.WeakSet()


def register_fork_reset(item: Forkable) -> None:
    """Reset the item now, and in every forked child."""
    item.reset_after_fork()
    _ALL.add(item)


def _reset_all() -> None:
    for item in list(_ALL):
        item.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
