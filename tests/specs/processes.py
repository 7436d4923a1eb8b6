"""Servers of other people that tests run as commands of a shell."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ..snippets import environment
from ..timeouts import HANG_TIMEOUT


def is_listening(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@contextlib.contextmanager
def running(command: str, folder: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A command of a shell in a process group of its own, which is ended afterwards."""
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            ["sh", "-e", "-c", command],
            cwd=folder,
            env=environment(**variables),
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(HANG_TIMEOUT)
