"""A running `gatepass serve`, and how tests talk to it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from ..helpers import TLS_CONTEXT, FakeClock
from ..timeouts import HANG_TIMEOUT, wait_for

PROGRAM = Path(__file__).with_name("program.py")
GRANT = {"grant_type": "client_credentials"}


class TestClock:
    """The clock of the services of a test, ahead of the machine's; it moves that of the emulator too."""

    __test__ = False

    def __init__(self, path: Path, clock: FakeClock) -> None:
        self.path, self._clock, self._ahead = path, clock, 0.0
        path.write_text("0")

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        self._clock.advance(seconds)
        new = self.path.with_suffix(".new")
        new.write_text(str(self._ahead))
        new.replace(self.path)


class Service:
    """A process of `gatepass serve` in a folder; it listens when the constructor returns."""

    def __init__(self, folder: Path, clock: Path, *arguments: str, **variables: str) -> None:
        self.folder = folder
        self.key_file = folder / "config" / "gatepass" / "service-key"
        self.lines: list[str] = []
        environment = service_environment(folder, clock) | variables
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "serve", "--port", "0", *arguments],
            env={name: value for name, value in environment.items() if value},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_for(lambda: self._listening() or self.process.poll() is not None)
        self.client = httpx.Client(verify=TLS_CONTEXT)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def _listening(self) -> str | None:
        return next((line for line in self.lines if "listening on" in line), None)

    @property
    def urls(self) -> list[str]:
        """The addresses of its TCP listeners."""
        return re.findall(r"http://[^\s,]+", self._listening() or "")

    @property
    def url(self) -> str:
        return self.urls[0]

    @property
    def key(self) -> str:
        return self.key_file.read_text().strip()

    @property
    def auth(self) -> tuple[str, str]:
        return "gatepass", self.key

    def post(self, path: str, data: Mapping[str, str] = GRANT, **options: Any) -> httpx.Response:
        options.setdefault("auth", self.auth)
        return self.client.post(f"{self.url}{path}", data=data, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(f"{self.url}{path}", **options)

    def exchange(self, request: bytes) -> bytes:
        """What it responds to these bytes, until it closes the connection."""
        parts = urlsplit(self.url)
        response = b""
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            connection.sendall(request)
            with contextlib.suppress(ConnectionResetError):  # it closed without reading the rest
                while received := connection.recv(65_536):
                    response += received
        return response

    def token(self, account: str = "setu/sandbox") -> str:
        response = self.post(f"/{account}/token")
        assert response.status_code == 200, response.text
        return str(response.json()["access_token"])

    def revoke(self, token: str, account: str = "setu/sandbox") -> None:
        response = self.post(f"/{account}/revoke", {"token": token})
        assert (response.status_code, response.json()) == (200, {})

    def messages(self) -> list[str]:
        """What it printed for people."""
        return [line for line in self.lines if not line.startswith("{")]

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def stop(self) -> int:
        """End it as systemd does; returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self._wait()

    def kill(self) -> None:
        self.process.kill()
        self._wait()

    def _wait(self) -> int:
        status = self.process.wait(HANG_TIMEOUT)
        self._reader.join(HANG_TIMEOUT)
        assert self.process.stderr is not None
        self.process.stderr.close()
        self.client.close()
        return status


def service_environment(folder: Path, clock: Path) -> dict[str, str]:
    """The variables of this process, with folders of the test."""
    return os.environ | {
        "TEST_CLOCK": str(clock),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
