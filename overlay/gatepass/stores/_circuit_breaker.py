"""Commands that end in time: a server that does not respond delays one caller, and is then left alone."""

import contextlib
import errno
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from .._fork import register_fork_reset

PAUSE = 5.0
"""Seconds without commands after the server did not respond; then one caller tries again."""


class CircuitBreaker:
    """Runs commands on threads that are abandoned when their time is over.

    While a thread is abandoned, and for PAUSE seconds after each failure, the breaker is open: other
    commands fail at once, so such threads do not pile up.
    """

    def __init__(self, is_response: Callable[[Exception], bool]) -> None:
        """`is_response` says of an error whether the server responded with it, which is not a failure."""
        self.clock = time.monotonic
        """Seconds; tests replace it."""
        self._is_response = is_response
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """A child has none of the parent's threads."""
        self._lock = threading.Lock()
        self._retry_at = 0.0
        self._abandoned: list[threading.Thread] = []
        self._background: threading.Thread | None = None

    @property
    def is_open(self) -> bool:
        """Whether a command would fail now without being sent."""
        with self._lock:
            self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
            return bool(self._abandoned) or self.clock() < self._retry_at

    def run(
        self,
        command: Callable[[], Any],
        timeout: float,
        slot: contextlib.AbstractContextManager[Any],
    ) -> Any:
        """The response to a command, which waits for its slot on its own thread.

        TimeoutError without a response in `timeout` seconds; OSError if the breaker is open.
        """
        self._admit()
        results: list[Any] = []
        errors: list[Exception] = []

        def work() -> None:
            try:
                with slot:
                    results.append(command())
            except Exception as error:
                errors.append(error)

        thread = _start_thread(work)
        if thread is not None:
            thread.join(timeout)
        if results or (errors and self._is_response(errors[0])):
            self._retry_at = 0.0
        else:
            with self._lock:
                self._retry_at = self.clock() + PAUSE
                if thread is not None and not errors:
                    self._abandoned.append(thread)
        if not results:
            raise errors[0] if errors else TimeoutError("no response in time")
        return results[0]

    def run_in_background(self, command: Callable[[], object]) -> None:
        """Run a command when the abandoned ones have ended; none if another one waits like that."""
        if self._background is not None and self._background.is_alive():
            return
        abandoned = list(self._abandoned)

        def work() -> None:
            for thread in abandoned:
                thread.join()
            with contextlib.suppress(Exception):
                command()

        self._background = _start_thread(work)

    def _admit(self) -> None:
        if self.is_open:
            raise OSError(errno.EPROTO, "not tried again so soon after a failure")
        with self._lock:
            if self._retry_at:  # other callers wait for the outcome of this attempt
                self._retry_at = self.clock() + PAUSE


def _start_thread(work: Callable[[], None]) -> threading.Thread | None:
    """Run it on a new thread; None if it ran on this one, because no more threads can be started."""
    thread = threading.Thread(target=work, name="gatepass redis", daemon=True)
    if not sys.is_finalizing():
        with contextlib.suppress(RuntimeError):
            thread.start()
            return thread
    work()
    return None
