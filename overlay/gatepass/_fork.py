"""What a forked child must not inherit: locks somebody else holds, and work on threads it has not."""

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    def reset_after_fork(self) -> None: ...


_ALL: "weakref.WeakSet[Forkable]" = weakref.WeakSet()


def reset_when_forked(one: Forkable) -> None:
    """Make it as new in a child, and now."""
    one.reset_after_fork()
    _ALL.add(one)


def _reset_all() -> None:
    for one in list(_ALL):
        one.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
