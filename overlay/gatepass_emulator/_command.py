"""`gatepass emulator`: serve until stopped, or while a command runs."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from gatepass_spec import SpecError

from ._emulator import Emulator
from ._log import Call, printable

PORT = 8765
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Assign = Callable[[str, str], str]
"""Formats a variable and its value as a line for a shell or a file of variables."""


def run(port: int | None, specs: Path | None, env_only: bool, command: list[str], assign: Assign) -> int:
    """Serve, print the variables, or run a command with them; returns the exit code.

    The default port is 8765, so that printed variables stay valid; for a command it is any free one. The exit
    code is 2 if a spec cannot be served or the port is taken.
    """
    if port is None:
        port = 0 if command else PORT
    with contextlib.ExitStack() as running:
        try:
            emulator = Emulator(specs, port)
            if not env_only:
                running.enter_context(emulator)
        except SpecError as error:
            return _fail(str(error), 2)
        except OSError as error:
            return _fail(f"port {port}: {error.strerror}", 2)
        variables = {**emulator.variables(), **no_proxy(os.environ)}
        if command:
            return _child(command, variables)
        lines = "\n".join(assign(name, value) for name, value in variables.items())
        if env_only:
            print(lines, flush=True)
            return 0
        return _serve(emulator, lines)


def no_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """`NO_PROXY` and `no_proxy` with loopback added, so that requests to the emulator use no proxy."""
    variables: dict[str, str] = {}
    for name, other in (("NO_PROXY", "no_proxy"), ("no_proxy", "NO_PROXY")):
        hosts = environment.get(name, environment.get(other, "")).split(",")
        hosts = [host.strip() for host in hosts if host.strip()]
        if hosts != ["*"]:  # which means all hosts, but only if it stands alone
            hosts += [host for host in LOOPBACK if host not in hosts]
        variables[name] = ",".join(hosts)
    return variables


def _serve(emulator: Emulator, lines: str) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        print(lines, flush=True)
        print(f"serving on {emulator.base_url}, Ctrl-C stops", file=sys.stderr)
        print(f"watch the requests in a browser at {emulator.base_url}/live", file=sys.stderr, flush=True)
        emulator.listen(_print)
        while True:
            time.sleep(3600)
    return 0


def _child(command: list[str], variables: Mapping[str, str]) -> int:
    """Run a command; returns its exit code, or 128 plus the signal that ended it, as a shell does."""
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        if child is None:
            early.append(number)
        elif number != signal.SIGINT or not _in_foreground():
            child.send_signal(number)

    for name in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(name) is not signal.SIG_IGN:  # otherwise the command is to ignore it too
            signal.signal(name, forward)
    try:
        # Running the user's command is the purpose.
        child = subprocess.Popen(command, env={**os.environ, **variables})  # noqa: S603
    except OSError as error:
        return _fail(f"{command[0]}: {error.strerror}", 127 if isinstance(error, FileNotFoundError) else 126)
    for number in early:
        forward(number, None)
    # With a timeout it polls: a signal just before a blocking wait would be forwarded at the end of it.
    code = child.wait(timeout=threading.TIMEOUT_MAX)
    return code if code >= 0 else 128 - code


def _in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to the child itself, which must not get it twice."""
    with contextlib.suppress(OSError), open("/dev/tty") as terminal:
        return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    return False


def _fail(reason: str, status: int) -> int:
    print(f"gatepass emulator: {printable(reason)}", file=sys.stderr)
    return status


def _print(call: Call) -> None:
    with contextlib.suppress(OSError):
        print(call, file=sys.stderr, flush=True)
