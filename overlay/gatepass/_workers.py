"""The threads that do background work: how many there are, and what they do next."""

from __future__ import annotations

import _thread  # at call time: gevent replaces what is in it
import logging
import os
import threading
from collections import deque
from contextvars import Context
from typing import TYPE_CHECKING, Any

from ._errors import ConfigError
from ._fork import register_fork_reset

if TYPE_CHECKING:
    from ._flight import Flight

log = logging.getLogger("gatepass")

VARIABLE = "GATEPASS_MAX_CONCURRENT_REFRESHES"
DEFAULT_LIMIT, HIGHEST_LIMIT = 32, 1000
Service = tuple[str, str]
"""Provider and environment."""


class _Queue:
    """The jobs of one service, and what its threads are doing."""

    def __init__(self) -> None:
        self.awaited: deque[Flight[Any]] = deque()
        """Jobs that a caller waits for. They are in `jobs` as well, and do nothing when run again."""
        self.jobs: deque[Flight[Any]] = deque()
        self.workers: dict[object, Flight[Any] | None] = {}
        """The current job of each thread, by a key of its own."""

    def has_room(self, limit: int) -> bool:
        """Whether another thread may start; one with an overdue job is not counted."""
        if len(self.workers) < limit:
            return True
        return sum(job is None or not job.overdue for job in self.workers.values()) < limit


class WorkerPool:
    """Does jobs on daemon threads: at most `limit` at once for each provider and environment.

    A thread starts for each job until there are `limit`; then jobs queue, and those that a
    caller waits for come first. A thread ends when no job is left, so an idle process has none. Each service
    has threads of its own: a slow provider does not delay another.
    """

    def __init__(self) -> None:
        self._here = threading.local()
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """Forget all jobs: the child has neither the threads nor the callers that wait for them."""
        self._lock = threading.RLock()  # a signal handler or a __del__ may submit while we hold it
        self._queues: dict[Service, _Queue] = {}

    def submit(self, service: Service, limit: int, job: Flight[Any]) -> None:
        """Do a job on a thread; on this one only where none can be started."""
        key = object()
        with self._lock:
            queue = self._queues.setdefault(service, _Queue())
            queue.jobs.append(job)
            if not queue.has_room(limit):
                return
            queue.workers[key] = None
        try:
            self._start_worker(service, queue, key)
        except RuntimeError:  # out of threads, or the interpreter is shutting down
            with self._lock:
                if len(queue.workers) > 1:  # the others do it
                    del queue.workers[key]
                    return
            self._work(queue, key)
        except BaseException:  # an interrupt
            with self._lock:
                queue.workers.pop(key, None)
            raise

    def prefer(self, service: Service, job: Flight[Any]) -> None:
        """Do a job before those that no caller waits for."""
        with self._lock:
            queue = self._queues.get(service)
            if queue is not None and queue.jobs:
                queue.awaited.append(job)

    @property
    def is_worker(self) -> bool:
        """Whether this thread does a job; if it waited for another in the queue, all threads might."""
        return getattr(self._here, "works", False)

    @property
    def is_idle(self) -> bool:
        with self._lock:
            return not any(queue.workers for queue in self._queues.values())

    def _start_worker(self, service: Service, queue: _Queue, key: object) -> None:
        name, args = f"gatepass {' '.join(service)}", (queue, key)
        try:
            worker = threading.Thread(target=self._work, name=name, args=args, daemon=True)
        except RuntimeError:  # a subinterpreter, which allows no daemon threads
            threading.Thread(target=self._work, name=name, args=args, daemon=False).start()
            return
        # `Thread.start` waits until the thread runs, which an event loop must not: so another thread waits.
        _thread.start_new_thread(_start, (worker,))

    def _work(self, queue: _Queue, key: object) -> None:
        self._here.works = True
        try:
            while (job := self._next(queue, key)) is not None:
                try:
                    Context().run(job.run)  # what a job sets in its context is not for the next
                except BaseException as error:  # of a listener: SystemExit, for instance
                    log.warning("a background refresh ended with %s", type(error).__name__)
        finally:
            self._here.works = False

    def _next(self, queue: _Queue, key: object) -> Flight[Any] | None:
        with self._lock:
            if not queue.jobs:
                queue.awaited.clear()
                queue.workers.pop(key, None)
                return None
            job = (queue.awaited or queue.jobs).popleft()
            queue.workers[key] = job
            return job


def _start(worker: threading.Thread) -> None:
    try:
        worker.start()
    except RuntimeError:  # no further thread can be started: use this one
        worker.run()


def refresh_limit() -> int:
    """How many requests go to a provider's environment at once, from GATEPASS_MAX_CONCURRENT_REFRESHES."""
    value = os.environ.get(VARIABLE)
    if value is None:
        return DEFAULT_LIMIT
    limit = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    if not 1 <= limit <= HIGHEST_LIMIT:
        raise ConfigError(f"{VARIABLE} must be a whole number from 1 to {HIGHEST_LIMIT}; unset it for 32")
    return limit


POOL = WorkerPool()
