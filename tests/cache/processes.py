"""Forked child processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from ..timeouts import HANG_TIMEOUT


def fork_child(function: Callable[[], Any]) -> int:
    """Run the function in a forked child and return the process id."""
    child = os.fork()
    if child == 0:
        try:
            function()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return child


def exit_status(child: int) -> int:
    """Wait for the exit status of a child; it is -9 if the child hung."""
    killer = threading.Timer(HANG_TIMEOUT, os.kill, (child, 9))
    killer.start()
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        killer.cancel()
