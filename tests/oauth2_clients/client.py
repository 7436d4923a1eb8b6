"""A client program, and the service and the emulator that it talks to."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from gatepass_emulator import Emulator

from ..helpers import FakeClock
from ..service.process import Service, TestClock
from ..timeouts import HANG_TIMEOUT

PROGRAM = Path(__file__).with_name("program.py")
ENVIRONMENT = "sandbox"


class Setup(NamedTuple):
    """A service in front of the emulator, both of which have forgotten everything."""

    emulator: Emulator
    service: Service
    clock: TestClock
    requests: Path
    """A file with a character for each token request that has arrived at the service."""

    def variables(self, provider: str, key_file: Path | None = None) -> dict[str, str]:
        """What a program needs to know."""
        return {
            "GATEPASS_SERVICE_URL": self.service.url,
            "GATEPASS_SERVICE_KEY_FILE": str(key_file or self.service.key_file),
            "API_URL": f"{self.emulator.url(provider, ENVIRONMENT)}/echo",
        }


@contextlib.contextmanager
def started() -> Iterator[Setup]:
    """Start both, on one clock that is ahead of the machine's by what the test says."""
    ahead = FakeClock()
    ahead.now = 0.0
    with tempfile.TemporaryDirectory() as path, Emulator(clock=lambda: time.time() + ahead.now) as emulator:
        folder = Path(path)
        clock, requests = TestClock(folder / "clock", ahead), folder / "requests"
        requests.touch()
        names = [name.upper() for name in os.environ]
        ours = {name: "" for name in names if name.startswith("GATEPASS_") or name.endswith("_PROXY")}
        variables = ours | emulator.variables() | {"TEST_REQUESTS": str(requests)}
        with mock.patch("tests.service.process.PROGRAM", PROGRAM):
            service = Service(folder, clock.path, **variables)
        try:
            yield Setup(emulator, service, clock, requests)
        finally:
            service.stop()


class Client(NamedTuple):
    """A built program: a shell command in its folder."""

    name: str
    command: str
    folder: Path
    environment: Mapping[str, str]

    def start(self, setup: Setup, provider: str, key_file: Path | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["/bin/bash", "-c", f"exec {self.command} {provider}"],
            cwd=self.folder,
            env={**self.environment, **setup.variables(provider, key_file)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, setup: Setup, provider: str, key_file: Path | None = None) -> tuple[int, str, str]:
        """Its exit status, its output and its errors."""
        process = self.start(setup, provider, key_file)
        output, errors = process.communicate(timeout=HANG_TIMEOUT)
        return process.returncode, output, errors


def without_secrets(text: str, *secrets: str) -> str:
    """The text with `***` for keys and tokens, and for keys as HTTP Basic has them."""
    encoded = [base64.b64encode(f"gatepass:{secret}".encode()).decode() for secret in secrets]
    for secret in [*secrets, *encoded]:
        text = text.replace(secret, "***")
    return text
