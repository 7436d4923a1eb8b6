"""Single-flight: work on another thread that threads, asyncio tasks and trio tasks wait for."""

import contextlib
import sys
from collections.abc import Callable, Generator
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Generic, TypeVar

from ._errors import ConfigError, GatepassError
from ._workers import POOL, Service

Result = TypeVar("Result")
Steps = Generator["Flight[Any]", Any, Result]
"""A generator that yields the flights it waits for, so that threads and event loops can run it."""

GRACE = 1.0
"""Seconds a caller waits beyond the deadline of a flight, so that the error of the work comes first."""


class Flight(Generic[Result]):
    """Work that any number of threads, event loops and tasks wait for.

    No waiter does the work. So a cancelled waiter cancels only itself, a closed loop does no harm, and a
    sync call on the thread of a loop cannot block the loop that it waits for.
    """

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self.deadline = clock() + seconds
        self._outcome: Future[Result | GatepassError] = Future()
        self._outcome.set_running_or_notify_cancel()  # from here on no waiter can cancel it
        self.done_callbacks: list[Callable[[], None]] = []
        """What the thread does afterwards, when no caller waits any more."""
        self._pending: list[Callable[[], Result]] = []
        """The work, until a thread begins it."""
        self._service: Service = ("", "")

    def start(self, work: Callable[[], Result], service: Service, limit: int) -> None:
        """Do the work on another thread, of which at most `limit` work for the service."""
        self._service = service
        self._pending.append(work)
        if sys.is_finalizing():  # a thread would never run
            self.run()
            return
        try:
            POOL.submit(service, limit, self)
        except BaseException:  # an interrupt: callers must not wait for what may never run
            self.finish(GatepassError("interrupted before the request was made"))
            raise

    def run(self) -> None:
        """Do the work on this thread and wake the callers, unless another thread has begun it."""
        try:
            work = self._pending.pop()  # atomic
        except IndexError:
            return
        if not self.done:  # else the callers have given up
            outcome: Result | GatepassError
            try:
                outcome = work()
            except GatepassError as error:
                outcome = error.copied()  # without a frame or a cause from this thread
            except BaseException as bug:
                outcome = GatepassError(f"unexpected {type(bug).__name__} in gatepass; please report it")
            self.finish(outcome)
        for call in self.done_callbacks:
            call()

    def finish(self, outcome: Result | GatepassError) -> bool:
        """Set the outcome; False if there is one already."""
        try:
            self._outcome.set_result(outcome)
        except InvalidStateError:
            return False
        return True

    @property
    def done(self) -> bool:
        return self._outcome.done()

    @property
    def overdue(self) -> bool:
        return self._clock() > self.deadline + GRACE

    def result(self) -> Result:
        """The result of the work, or a copy of its error that belongs to this caller alone."""
        outcome = self._outcome.result(timeout=0)
        if isinstance(outcome, GatepassError):
            raise outcome.copied()
        return outcome

    def wait(self) -> None:
        """Block this thread until the flight is done or overdue."""
        self._prioritize()
        with contextlib.suppress(FutureTimeout):
            self._outcome.result(timeout=self._remaining())

    async def wait_async(self) -> None:
        """The same as `wait`, without blocking the event loop of asyncio or trio."""
        self._prioritize()
        if _runs_in_trio():
            await self._wait_trio()
            return
        import asyncio  # here, because programs without a loop do not need it

        loop = asyncio.get_running_loop()
        event = asyncio.Event()
        self._on_done(lambda: loop.call_soon_threadsafe(event.set))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), self._remaining())

    async def _wait_trio(self) -> None:
        import trio

        event, token = trio.Event(), trio.lowlevel.current_trio_token()
        self._on_done(lambda: token.run_sync_soon(event.set))
        with trio.move_on_after(self._remaining()):
            await event.wait()

    def _prioritize(self) -> None:
        """Put the work first in the queue, or do it now if this thread is a worker itself."""
        if POOL.is_worker:
            self.run()
        elif self._pending:
            POOL.prefer(self._service, self)

    def _remaining(self) -> float:
        return max(self.deadline + GRACE - self._clock(), 0.0)

    def _on_done(self, wake: Callable[[], object]) -> None:
        def callback(_outcome: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed, and with it the waiter
                wake()

        self._outcome.add_done_callback(callback)


def _runs_in_trio() -> bool:
    """Whether trio runs this coroutine; else asyncio does. One can be a guest in the loop of the other."""
    if "trio" in sys.modules:
        import sniffio  # trio needs it, so it is there

        with contextlib.suppress(sniffio.AsyncLibraryNotFoundError):
            if sniffio.current_async_library() == "trio":
                return True
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        how = "use the method without the leading a elsewhere"
        raise ConfigError(f"this needs a running event loop of asyncio or trio: {how}") from None
    return False


def run_sync(steps: Steps[Result]) -> Result:
    """Run the steps, blocking this thread while a flight is under way."""
    try:
        while True:
            next(steps).wait()
    except StopIteration as end:
        result: Result = end.value
        return result


async def run_async(steps: Steps[Result]) -> Result:
    """Run the same steps without blocking the loop; ConfigError if none is running."""
    _runs_in_trio()  # before anything is sent
    try:
        while True:
            await next(steps).wait_async()
    except StopIteration as end:
        result: Result = end.value
        return result
