"""Files that belong to the current user alone."""

import contextlib
import errno
import os
import stat
from pathlib import Path

SAFE_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK"))
SIZE_LIMIT = 1_000_000


def is_private(file: int) -> bool:
    """Whether an open file is a regular file of this user that has a single name."""
    status = os.fstat(file)
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_nlink <= 1


def open_private(path: Path, flags: int) -> int:
    """Open a regular file of this user and give it the mode 0600; links are not followed.

    PermissionError if it belongs to another user or is not a regular file with a single name.
    """
    flags |= SAFE_FLAGS
    try:
        file = os.open(path, flags, 0o600)
    except PermissionError:
        # Another process may have just created it under a umask that takes all permissions away, and
        # is about to set the mode.
        status = path.lstat()
        if status.st_uid != os.geteuid():
            raise
        if status.st_mode == stat.S_IFREG:
            path.chmod(0o600)
        file = os.open(path, flags, 0o600)
    try:
        if not is_private(file):
            raise PermissionError(f"{path} is not a regular file of this user with a single name")
        if stat.S_IMODE(os.fstat(file).st_mode) != 0o600:
            os.fchmod(file, 0o600)  # whatever the umask is
    except BaseException:
        os.close(file)
        raise
    return file


def read_private(path: Path) -> bytes | None:
    """The content of a file up to SIZE_LIMIT bytes; None if there is no such file."""
    try:
        file = open_private(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with os.fdopen(file, "rb") as reader:
        return reader.read(SIZE_LIMIT)


def overwrite(file: int, data: bytes) -> None:
    """Replace the content of an open file; such short data is written as a whole or not at all."""
    if os.pwrite(file, data, 0) != len(data):
        raise OSError(errno.ENOSPC, "no space left on the device")
    os.ftruncate(file, len(data))


def replace_file(path: Path, data: bytes) -> None:
    """Replace a file atomically, also if the power fails. The caller holds the lock of the file."""
    temporary = path.with_name(f"{path.name}.tmp")  # a fixed name, because only one process has the lock
    temporary.unlink(missing_ok=True)  # of a writer that was killed
    try:
        file = open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        with os.fdopen(file, "wb") as writer:
            writer.write(data)
            writer.flush()
            os.fsync(writer.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def make_private_folder(path: Path) -> None:
    """Make a folder and its missing parents with the mode 0700; those that exist keep their mode."""
    with contextlib.suppress(FileExistsError):
        try:
            path.mkdir(0o700)
        except FileNotFoundError:
            make_private_folder(path.parent)
            path.mkdir(0o700)
        path.chmod(0o700)  # whatever the umask is
