"""Identifies the process that holds a lease, so that others on its host notice at once when it dies."""

import contextlib
import functools
import os
import socket
from pathlib import Path


def current_holder() -> str:
    """This process: its host, its process id and its start time."""
    return _holder_of(os.getpid())


@functools.lru_cache(maxsize=1)
def _holder_of(pid: int) -> str:
    return f"{_host_id(pid)} {pid} {_start_time(pid)}"


@functools.lru_cache(maxsize=1)
def _host_id(_pid: int) -> str:
    """The scope of process ids, so that each container has its own. Cached for each process."""
    parts = [socket.gethostname()]
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        parts += [boot, os.readlink("/proc/self/ns/pid")]
    return "/".join(parts).replace(" ", "")


def _start_time(pid: int) -> str:
    """When a process was started; "dead" if only its exit status is left, "?" if it cannot be read."""
    try:
        # Waiters read this often, so without a buffer and no more than is needed.
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:
            status = file.read(1000).rpartition(b")")[2].split(maxsplit=20)
    except OSError:
        return "?"
    return "dead" if status[0] in b"ZX" else status[19].decode()


def holder_died(holder: str) -> bool:
    """Whether the holder was a process of this host and has died; False if that cannot be determined."""
    try:
        host, pid, start_time = holder.rsplit(" ", 2)
        if host != _host_id(os.getpid()):
            return False
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OverflowError, OSError):  # PermissionError: a process of another user, so it lives
        return False
    current = _start_time(int(pid))
    return current != start_time and "?" not in (current, start_time)
