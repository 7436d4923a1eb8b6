"""A private file for a secret that may exist nowhere else."""

import os
import secrets
import stat
from pathlib import Path
from typing import Self

from ._errors import ConfigError, GatepassError

ROOM = 4096
"""Bytes that are reserved on the disk for the secret."""


class OutputFile:
    """A file of mode 0600 that takes its name when it is complete, and then replaces an older file.

    Whatever can be checked is checked when it is made, and the room on the disk is reserved: ConfigError
    says what is wrong. Leaving the `with` block removes the temporary file, unless it holds what was written
    and could not take its name.
    """

    def __init__(self, path: Path) -> None:
        self._given = path
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
            self._write(bytes(ROOM))
            os.fsync(self._file)
        except OSError as error:
            self.__exit__()
            raise self._error(ConfigError, error) from None

    def _check(self) -> None:
        """Whether a file that is there can be replaced, and is one that was meant."""
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            return
        reason = ""
        if stat.S_ISLNK(found.st_mode):
            reason = "is a symbolic link: name the file that it leads to"
        elif stat.S_ISDIR(found.st_mode):
            reason = "is a folder: name a file in it"
        elif not stat.S_ISREG(found.st_mode):
            reason = "is not a regular file: without --out the secret goes to stdout"
        else:
            folder = self.path.parent.stat()
            # In a shared folder such as /tmp only these may replace a file.
            if folder.st_mode & stat.S_ISVTX and os.geteuid() not in (0, found.st_uid, folder.st_uid):
                reason = "belongs to another user: name another file"
        if reason:
            raise ConfigError(f"--out {self._given} {reason}")

    def write(self, content: str) -> None:
        """Write everything, and take the name.

        GatepassError says where the secret is, if it could be written and the file not take its name.
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
            where = f"; the secret is in {self.temporary}, which only this user can read"
            raise self._error(GatepassError, error, where) from None

    def _write(self, data: bytes) -> None:
        """Write this over what the file begins with."""
        os.lseek(self._file, 0, os.SEEK_SET)
        while data:
            data = data[os.write(self._file, data) :]

    def _error(self, kind: type[GatepassError], error: OSError, more: str = "") -> GatepassError:
        return kind(f"--out {self._given}: {error.strerror}{more}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
        if not self._keep:
            self.temporary.unlink(missing_ok=True)
