"""What the tests of stores share: processes and threads that start together, and tokens to store."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

from gatepass import Setu, Token
from gatepass.stores import CachedToken, Lease, Lookup, Store
from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT, wait_for

Result = TypeVar("Result")
KEY = "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMDE="
LOOKUP = Lookup("fake-key", "fake-account", label=("su", "sandbox"), deadline_in=10 * HANG_TIMEOUT)
REPOSITORY = Path(__file__).parents[2]


class Processes:
    """Forked processes that run the same code, in which `number` counts them and `report` sends results."""

    def __init__(self, count: int, code: str) -> None:
        pipe = subprocess.PIPE
        variables = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path])}
        command = [sys.executable, "-m", "tests.stores.fork_processes", str(count), code]
        self._process = subprocess.Popen(command, env=variables, stdin=pipe, stdout=pipe, stderr=pipe)
        assert self._process.stdout is not None
        self.pids: list[int] = json.loads(self._process.stdout.readline() or "[]")
        self.errors = ""

    def release(self) -> Self:
        """Let all of them begin."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.stdin = None
        return self

    def next_result(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def results(self) -> list[Any]:
        """All results, when the processes have ended; their stderr is in `errors`."""
        if self._process.stdin is not None:
            self.release()
        out, errors = self._process.communicate(timeout=HANG_TIMEOUT)
        self.errors = errors.decode()
        return [json.loads(line) for line in out.splitlines()]

    def kill(self, *pids: int) -> None:
        for pid in pids or self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
            self._process.kill()
        with self._process:  # closes its pipes
            pass


StartProcesses = Callable[[int, str], Processes]


def all_at_once(calls: Iterable[Callable[[], Result]]) -> list[Result]:
    """The results of calls that start at the same moment, each on its own thread."""
    pending = list(calls)
    barrier = threading.Barrier(len(pending))

    def run(call: Callable[[], Result]) -> Result:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(pending)) as pool:
        return list(pool.map(run, pending))


@contextlib.contextmanager
def always_new_tokens(fleet: list[Setu]) -> Iterator[list[int]]:
    """Uses one new token after another on a thread for each credential, and counts them; raises any error."""
    counts, stop = [0] * len(fleet), threading.Event()

    def use(number: int) -> None:
        try:
            while not stop.is_set():
                fleet[number].invalidate()
                fleet[number].token()
                counts[number] += 1
        except BaseException:
            counts[number] = sys.maxsize  # so that a test that waits for more tokens ends, and raises this
            raise

    with ThreadPoolExecutor(len(fleet)) as pool:
        users = [pool.submit(use, number) for number in range(len(fleet))]
        try:
            wait_for(lambda: all(counts))
            yield counts
        finally:
            stop.set()
            for user in users:
                user.result()


def assert_shared(emulator: Emulator, fleet: list[Setu]) -> None:
    """New hosts get one token, and request one more when it is invalidated."""
    assert len({token.value for token in all_at_once(setu.token for setu in fleet)}) == 1
    requests = emulator.count("setu")
    for setu in fleet:
        setu.invalidate()
    tokens = {token.value for token in all_at_once(setu.token for setu in fleet)}
    assert (len(tokens), emulator.count("setu")) == (1, requests + 1)


def cached_token(value: str = "fake-token", expires_in: float = 3600.0) -> CachedToken:
    now = time.time()
    return CachedToken(Token(value, now + expires_in), now, now + 0.8 * expires_in, now + 0.9 * expires_in)


def acquire_lease(store: Store, lookup: Lookup = LOOKUP, timeout: float = HANG_TIMEOUT) -> Lease:
    lease = store.acquire(lookup, timeout)
    assert isinstance(lease, Lease), lease
    return lease


def stored_token(store: Store, lookup: Lookup = LOOKUP, timeout: float = HANG_TIMEOUT) -> str:
    result = store.acquire(lookup, timeout)
    assert isinstance(result, CachedToken), result
    return result.token.value


def publish_token(store: Store, lookup: Lookup, cached: CachedToken) -> None:
    store.publish(acquire_lease(store, lookup, 0), cached)
