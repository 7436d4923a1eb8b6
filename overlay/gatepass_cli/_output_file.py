"""A private file for a secret that may exist nowhere else."""

import os
import secrets
import stat
from pathlib import Path
from typing import Self

from gatepass import ConfigError, GatepassError

RESERVED = 4096
"""Bytes that are reserved on the disk for the secret."""


class OutputFile:
    """A file of mode 0600 that gets its name when it is complete, and then replaces an older file.

    The constructor checks whatever can be checked and reserves the space on the disk; ConfigError says what
    is wrong. Leaving the `with` block removes the temporary file, unless it holds a secret that could not be
    renamed.
    """

    def __init__(self, path: Path) -> None:
        self._argument = path
        self._keep = False
        try:
            if not path.name or path.name == "..":
                raise ConfigError(f"--out {path} is a folder: name a file in it")
            self.path = Path(os.path.realpath(path.parent, strict=True)) / path.name
            self._check()
            self.temporary = self.path.with_name(f".gatepass-{secrets.token_hex(8)}")
            # Like the folder above, it is not reached through a link: O_EXCL follows none.
            self._file = os.open(self.temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise self._error(ConfigError, error) from None
        try:
            self.temporary.chmod(0o600)  # the umask may have closed it to its owner as well
            self._write(bytes(RESERVED))
            os.fsync(self._file)
        except OSError as error:
            self.__exit__()
            raise self._error(ConfigError, error) from None

    def _check(self) -> None:
        """Raise ConfigError if what is at the path is not a regular file that can be replaced."""
        try:
            existing = self.path.lstat()
        except FileNotFoundError:
            return
        reason = ""
        if stat.S_ISLNK(existing.st_mode):
            reason = "is a symbolic link: name the file that it leads to"
        elif stat.S_ISDIR(existing.st_mode):
            reason = "is a folder: name a file in it"
        elif not stat.S_ISREG(existing.st_mode):
            reason = "is not a regular file: without --out the secret goes to stdout"
        else:
            folder = self.path.parent.stat()
            # In a shared folder such as /tmp only these may replace a file.
            if folder.st_mode & stat.S_ISVTX and os.geteuid() not in (0, existing.st_uid, folder.st_uid):
                reason = "belongs to another user: name another file"
        if reason:
            raise ConfigError(f"--out {self._argument} {reason}")

    def write(self, content: str) -> None:
        """Write everything, and rename the file.

        If it can be written but not renamed, GatepassError says where the secret is.
        """
        data = content.encode()
        try:
            self._write(data)
        except OSError as error:
            raise self._error(GatepassError, error) from None
        self._keep = True
        try:
            os.ftruncate(self._file, len(data))
            os.fsync(self._file)
            self.temporary.replace(self.path)
        except OSError as error:
            location = f"; the secret is in {self.temporary}, which only this user can read"
            raise self._error(GatepassError, error, location) from None

    def _write(self, data: bytes) -> None:
        """Write from the beginning of the file."""
        os.lseek(self._file, 0, os.SEEK_SET)
        while data:
            data = data[os.write(self._file, data) :]

    def _error(self, kind: type[GatepassError], error: OSError, more: str = "") -> GatepassError:
        return kind(f"--out {self._argument}: {error.strerror}{more}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        if not self._keep:
            self.temporary.unlink(missing_ok=True)
