"""The key of a client, in a file that only this user can read."""

import os
import re
import secrets
import stat
from pathlib import Path

from gatepass import ConfigError
from gatepass.stores._private_file import SAFE_FLAGS, make_private_folder

from ._clients import digest

VARIABLE = "GATEPASS_SERVICE_KEY_FILE"
KEY = re.compile(r"[A-Za-z0-9._~-]{32,512}")
NEW_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(32))'"


def default_key_file() -> Path:
    """The file of the local key, unless another one is named."""
    if VARIABLE in os.environ:
        return Path(os.environ[VARIABLE])
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(folder) if Path(folder).is_absolute() else Path.home() / ".config"
    return base / "gatepass" / "service-key"


def read_or_make_key(path: Path) -> bytes:
    """The digest of the local key, which is made if there is none.

    Of several processes that make it at once, all get the same one.
    """
    try:
        if not os.path.lexists(path):
            _make(path)
        return read_key(path)
    except OSError as error:
        raise ConfigError(f"key file {path}: {error.strerror}") from None


def read_key(path: Path) -> bytes:
    """The digest of the key in a file; ConfigError, with how to fix it, if others could know the key."""
    try:
        file = os.open(path, os.O_RDONLY | SAFE_FLAGS)
    except OSError as error:
        if path.is_symlink():
            raise ConfigError(f"key file {path} is a symbolic link: name the file that it leads to") from None
        raise ConfigError(f"key file {path}: {error.strerror}") from None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"key file {path} is not a regular file")
        if status.st_uid != os.geteuid():
            raise ConfigError(f"key file {path} belongs to another user: chown {os.geteuid()} {path}")
        if status.st_mode & 0o077:
            raise ConfigError(f"key file {path} is open to other users: chmod 600 {path}")
        content = os.read(file, 1024)
    finally:
        os.close(file)
    key = content.decode("ascii", errors="replace").rstrip("\r\n")
    if not KEY.fullmatch(key):
        wanted = "one line of 32 or more letters, digits and . _ ~ -"
        raise ConfigError(f"key file {path}: a key is {wanted}; make one with {NEW_KEY}")
    return digest(key)


def _make(path: Path) -> None:
    """Make the file under another name, so that no process reads half a key; the first one wins."""
    make_private_folder(path.parent)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | SAFE_FLAGS, 0o600)
    try:
        with os.fdopen(file, "w", encoding="ascii") as writer:
            os.fchmod(file, 0o600)  # whatever the umask is
            writer.write(f"{secrets.token_urlsafe(32)}\n")
            writer.flush()
            os.fsync(file)
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink(missing_ok=True)
