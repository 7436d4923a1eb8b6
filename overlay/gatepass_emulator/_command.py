"""`gatepass emulator`: serve until stopped, or for as long as a command runs."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from ._emulator import Emulator
from ._message import Call
from ._spec import SpecError

PORT = 8765


def run(port: int | None, specs: Path | None, env_only: bool, command: list[str]) -> int:
    """Serve, print the variables, or run a command with them; returns the exit code.

    Without a port it is 8765, so that printed variables stay good; a command gets a free one. 2 means that a
    spec cannot be served or the port is taken.
    """
    if port is None:
        port = 0 if command else PORT
    try:
        emulator = Emulator(specs, port)
        if env_only:
            _print(emulator.variables())
            return 0
        with emulator:
            return _child(command, emulator.variables()) if command else _serve(emulator)
    except SpecError as error:
        print(f"gatepass emulator: {error}", file=sys.stderr)
    except OSError as error:
        print(f"gatepass emulator: port {port}: {error.strerror}", file=sys.stderr)
    return 2


def _serve(emulator: Emulator) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        _print(emulator.variables())
        print(f"serving on {emulator.base_url}, Ctrl-C stops", file=sys.stderr)
        print(f"a browser shows the calls at {emulator.base_url}/live", file=sys.stderr, flush=True)
        emulator.listen(_say)
        while True:
            time.sleep(3600)
    return 0


def _child(command: list[str], variables: Mapping[str, str]) -> int:
    """Run a command; its exit code, or 128 and the signal that ended it, as a shell has it."""
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        if child is None:
            early.append(number)
        elif number != signal.SIGINT or not _in_foreground():
            child.send_signal(number)

    for name in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(name) is not signal.SIG_IGN:  # else the command is to ignore it as well
            signal.signal(name, forward)
    try:
        # To run what the user says is what this is for.
        child = subprocess.Popen(command, env={**os.environ, **variables})  # noqa: S603
    except (FileNotFoundError, PermissionError) as error:
        print(f"gatepass emulator: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127 if isinstance(error, FileNotFoundError) else 126
    for number in early:
        forward(number, None)
    code = child.wait()
    return code if code >= 0 else 128 - code


def _in_foreground() -> bool:
    """Whether the terminal itself sends Ctrl-C to the child, so that it must not get it twice."""
    with contextlib.suppress(OSError), open("/dev/tty") as terminal:
        return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    return False


def _print(variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()


def _say(call: Call) -> None:
    with contextlib.suppress(OSError):
        print(call, file=sys.stderr, flush=True)
