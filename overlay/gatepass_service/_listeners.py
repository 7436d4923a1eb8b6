"""Where the service listens: loopback, a Unix socket, or what systemd hands over."""

import os
import socket
import stat
import struct
from ipaddress import ip_address
from pathlib import Path

from gatepass import ConfigError

FIRST_INHERITED = 3
"""The number of the first socket that systemd hands over."""
PEER_CREDENTIALS = struct.Struct("3i")
"""Process, user and group of the other end of a Unix socket on Linux."""


def listen_tcp(host: str, port: int) -> socket.socket:
    """A listener on loopback; ConfigError for any other address, or if the port is taken."""
    address = "127.0.0.1" if host == "localhost" else host
    if not _is_loopback(address):
        advice = "use 127.0.0.1, ::1 or a Unix socket, and a proxy with TLS for other machines"
        raise ConfigError(f"--host {host}: the token service listens on loopback only: {advice}")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio turns Nagle's delay off only for a socket that names its protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise ConfigError(f"port {port}: {error.strerror}") from None
    return listener


def listen_unix(path: Path) -> socket.socket:
    """A listener on a socket of mode 0600, in place of one that a killed service left."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        _remove_unused(path)
        listener.bind(str(path))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise ConfigError(f"--socket {path}: {error.strerror or error}") from None
    finally:
        os.umask(umask)
    return listener


def inherited_listeners() -> list[socket.socket]:
    """The sockets that systemd hands over; ConfigError if one is neither loopback nor a Unix socket."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = os.environ.get("LISTEN_FDS", "")
    listeners = []
    for number in range(FIRST_INHERITED, FIRST_INHERITED + int(count if count.isdecimal() else 0)):
        os.set_inheritable(number, False)
        listener = socket.socket(fileno=number)
        name = listener.getsockname()
        is_stream = listener.type == socket.SOCK_STREAM
        if not is_stream or (listener.family != socket.AF_UNIX and not _is_loopback(name[0])):
            advice = "ListenStream= must be a path, or a loopback address with a port"
            raise ConfigError(f"systemd handed over {_name(listener)}: {advice}")
        listeners.append(listener)
    return listeners


def close_listener(listener: socket.socket, path: Path | None) -> None:
    """Close a listener, and remove its path if that is still this socket."""
    listener.close()
    if path is not None:
        path.unlink(missing_ok=True)


def is_own_user(peer: socket.socket) -> bool:
    """Whether the process at the other end of a Unix socket runs as the user of this one."""
    if not hasattr(socket, "SO_PEERCRED"):  # not Linux: the mode of the socket has to do
        return True
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEER_CREDENTIALS.size)
    user: int = PEER_CREDENTIALS.unpack(credentials)[1]
    return user == os.geteuid()


def address_of(listener: socket.socket) -> str:
    """The address of a listener as a client writes it."""
    return _name(listener) if listener.family == socket.AF_UNIX else f"http://{_name(listener)}"


def _name(listener: socket.socket) -> str:
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix:{name}"
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _remove_unused(path: Path) -> None:
    """Remove a socket that nothing listens on; OSError if something does, or if it is another file."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise OSError(0, "there is a file that is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise OSError(0, "another service listens there")
