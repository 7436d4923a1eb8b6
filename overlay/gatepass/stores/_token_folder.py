"""The folder of a file store: which files are gatepass's own, and what they contain."""

import math
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

from .._clock import show_time
from .._errors import ConfigError
from ._cipher import MAGIC, Cipher
from ._file_lock import locked
from ._private_file import SAFE_FLAGS, is_private, make_private_folder, overwrite, read_private, replace_file
from ._record import RECORD_START, Record
from ._store import Lookup

KEY_BYTES = 32
_TOKEN_FILE = re.compile(r"[0-9a-f]{64}\.token")


class TokenFolder:
    """A folder with the record and the lock file of each credential."""

    def __init__(self, path: Path, cipher: Cipher) -> None:
        self.path = path
        self._cipher = cipher

    def token_file(self, key: str) -> Path:
        """The file with the record of a credential."""
        return self.path / f"{key}.token"

    def lock_file(self, key: str) -> Path:
        """The file that is locked to read or write the record, and that contains the lease."""
        return self.path / f"{key}.lock"

    def prepare(self) -> None:
        """Make the folder if it is missing; PermissionError if others may use it."""
        make_private_folder(self.path)
        self.check()

    def check(self) -> None:
        """PermissionError if the folder is not this user's alone; FileNotFoundError if it is missing."""
        status = self.path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            raise PermissionError(f"{self.path} is not a folder of this user")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise PermissionError(f"{self.path} is open to other users: chmod 700 it")
        if stat.S_IMODE(status.st_mode) == 0:  # another process has just made it under such a umask
            self.path.chmod(0o700)

    def name_key(self, timeout: float) -> bytes:
        """A random key for the names of the files, which the first process creates.

        It is read each time, so all processes agree on it even if somebody has emptied the folder.
        """
        self.prepare()
        path = self.path / "cache.key"
        key = read_private(path)
        if _is_key(key):
            return key
        with locked(path, time.monotonic() + timeout) as file:
            key = read_private(path)  # another process may have created it while this one waited
            if not _is_key(key):
                key = os.urandom(KEY_BYTES)
                overwrite(file, key)
                os.fsync(file)
            return key

    def read(self, key: str) -> Record:
        """The record of a credential; empty if there is none that can be read."""
        return Record.load(read_private(self.token_file(key)), key, self._cipher, time.time())

    def write(self, lookup: Lookup, record: Record) -> None:
        """Save the record of a credential. The caller holds the lock."""
        record = replace(record, owner=(*lookup.label, lookup.account))
        replace_file(self.token_file(lookup.key), record.dump(lookup.key, self._cipher))

    def token_files(self) -> Iterator[Path]:
        """The files with records, in order; files that gatepass did not write are left out.

        ConfigError if the folder is not this user's alone.
        """
        try:
            self.check()
        except FileNotFoundError:
            return iter(())
        except OSError as error:
            raise ConfigError(str(error)) from None
        return iter(sorted(filter(_is_token_file, self.path.glob("*.token"))))

    def describe(self) -> Iterator[str]:
        """A line for people about each credential, without its secrets and its token."""
        for path in self.token_files():
            record, now = self.read(path.stem), time.time()
            retry_at = record.failure.retry_at or 0.0 if record.failure is not None else 0.0
            if record.cached is not None and record.cached.usable_until > now:
                state = f"valid until {show_time(record.cached.token.expires_at, now)}"
            elif retry_at > now:
                state = f"{type(record.failure).__name__} until {show_time(retry_at, now)}"
            else:
                state = "not readable here" if record.is_empty else "expired"
            provider, environment, account = (None if record.is_empty else record.owner) or ("?", "", "?")
            yield f"{account[:12]:<12}  {f'{provider} {environment}':<24} {state}"

    def expires_at(self, path: Path) -> float | None:
        """When the record in a file is of no use any more; None if it cannot be read.

        Infinite if gatepass did not write the file.
        """
        if not _is_token_file(path):
            return math.inf
        record = self.read(path.stem)
        return None if record.is_empty else record.expires_at


def _is_key(data: bytes | None) -> TypeGuard[bytes]:
    """Whether this is a complete key; some file systems leave zeros after a power cut."""
    return data is not None and len(data) == KEY_BYTES and any(data)


def _is_token_file(path: Path) -> bool:
    """Whether gatepass wrote this file, judging by its name, its owner and how it begins."""
    if not _TOKEN_FILE.fullmatch(path.name):
        return False
    try:
        file = os.open(path, os.O_RDONLY | SAFE_FLAGS)
    except OSError:
        return False
    try:
        start = os.read(file, 64)
        return is_private(file) and (start.startswith(MAGIC) or RECORD_START.match(start) is not None)
    finally:
        os.close(file)
