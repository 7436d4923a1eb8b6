"""One piece of work under way in another thread, and the ways to wait for it."""

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
"""Code that yields the flights it has to wait for, so that threads and event loops can run it."""

GRACE = 1.0
"""Seconds a caller waits beyond a flight's deadline, so that the work's own error comes first."""


class Flight(Generic[Result]):
    """Work that callers of every kind wait for: threads, asyncio and trio tasks, any number of loops.

    Nobody who waits does the work, so a cancelled waiter cancels only itself, a closed loop harms
    nobody, and a sync call on a loop's own thread cannot block the loop it waits for.
    """

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self.deadline = clock() + seconds
        self._landed: Future[Result | GatepassError] = Future()
        self._landed.set_running_or_notify_cancel()  # from here on no waiter can cancel it
        self.afterwards: list[Callable[[], None]] = []
        """What the thread still does when nobody waits for it any more."""
        self._pending: list[Callable[[], Result]] = []
        """The work until a thread begins it."""
        self._service: Service = ("", "")

    def start(self, work: Callable[[], Result], service: Service, limit: int) -> None:
        """Have the work done on another thread, of which at most `limit` work for the service."""
        self._service = service
        self._pending.append(work)
        if sys.is_finalizing():  # a thread would never run
            self.run()
            return
        try:
            POOL.submit(service, limit, self)
        except BaseException:  # an interrupt: callers must not wait for what may never run
            self.land(GatepassError("interrupted before the request was made"))
            raise

    def run(self) -> None:
        """Do the work on this thread and wake the callers, unless another thread has begun it."""
        try:
            work = self._pending.pop()  # atomic
        except IndexError:
            return
        if not self.landed:  # else its callers have given up
            outcome: Result | GatepassError
            try:
                outcome = work()
            except GatepassError as error:
                outcome = error.copied()  # without a frame or a cause from this thread
            except BaseException as bug:
                outcome = GatepassError(f"unexpected {type(bug).__name__} in gatepass; please report it")
            self.land(outcome)
        for call in self.afterwards:
            call()

    def land(self, outcome: Result | GatepassError) -> bool:
        """End the flight, once; False for who comes second and is not heard."""
        try:
            self._landed.set_result(outcome)
        except InvalidStateError:
            return False
        return True

    @property
    def landed(self) -> bool:
        return self._landed.done()

    @property
    def overdue(self) -> bool:
        return self._clock() > self.deadline + GRACE

    def result(self) -> Result:
        """What the work brought, or a copy of its error that belongs to this caller alone."""
        outcome = self._landed.result(timeout=0)
        if isinstance(outcome, GatepassError):
            raise outcome.copied()
        return outcome

    def wait(self) -> None:
        """Block this thread until the flight has landed or is overdue."""
        self._hurry()
        with contextlib.suppress(FutureTimeout):
            self._landed.result(timeout=self._patience())

    async def await_(self) -> None:
        """Wait like `wait`, without blocking the loop: asyncio or trio."""
        self._hurry()
        if _runs_in_trio():
            await self._await_trio()
            return
        import asyncio  # only who has a loop pays for its import

        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._when_landed(lambda: loop.call_soon_threadsafe(woken.set))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), self._patience())

    async def _await_trio(self) -> None:
        import trio

        woken, token = trio.Event(), trio.lowlevel.current_trio_token()
        self._when_landed(lambda: token.run_sync_soon(woken.set))
        with trio.move_on_after(self._patience()):
            await woken.wait()

    def _hurry(self) -> None:
        """A caller waits: put the work first in the queue, or do it now if this thread is a worker."""
        if POOL.is_worker:
            self.run()
        elif self._pending:
            POOL.prefer(self._service, self)

    def _patience(self) -> float:
        return max(self.deadline + GRACE - self._clock(), 0.0)

    def _when_landed(self, wake: Callable[[], object]) -> None:
        def callback(_landed: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits there
                wake()

        self._landed.add_done_callback(callback)


def _runs_in_trio() -> bool:
    """Whether trio runs this coroutine, else asyncio; one of them can be a guest in the other's loop."""
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
            await next(steps).await_()
    except StopIteration as end:
        result: Result = end.value
        return result
