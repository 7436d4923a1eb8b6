"""Where tokens are shared beyond one process: the processes of a host, the hosts of a fleet."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from .._errors import ConfigError
from ._protocol import Entry, Lease, Store, Wanted

if TYPE_CHECKING:
    from ._file import FileStore
    from ._redis import RedisStore

__all__ = ["Entry", "FileStore", "Lease", "RedisStore", "Store", "Wanted", "open_store"]


def __getattr__(name: str) -> Any:
    if name == "FileStore":
        from ._file import FileStore

        return FileStore
    if name == "RedisStore":
        from ._redis import RedisStore

        return RedisStore
    raise AttributeError(f"module 'gatepass.stores' has no attribute {name!r}")


def open_store(given: Store | str | None) -> Store | None:
    """The store that an argument or GATEPASS_STORE names; `memory:` is none beyond the process."""
    origin = "store=" if given is not None else "GATEPASS_STORE"
    named = given if given is not None else os.environ.get("GATEPASS_STORE", "memory:")
    if not isinstance(named, str):
        if isinstance(named, type) or not isinstance(named, Store):
            raise ConfigError(f"{origin}: a store has acquire, publish and fail; see gatepass.stores.Store")
        return named
    scheme, _, rest = named.partition(":")
    if named == "memory:":
        return None
    if scheme == "file":
        from ._file import FileStore

        if rest.startswith("//") and not rest.startswith("///"):
            raise ConfigError(f"{origin}: a folder has no host before it: write file:/FOLDER")
        return FileStore(rest.removeprefix("//") or None)
    if scheme in ("redis", "rediss", "valkey", "valkeys", "unix") or scheme.endswith(("cluster", "sentinel")):
        return _redis_store(named)
    raise ConfigError(
        f"{origin}: use memory:, file:, file:/FOLDER, redis://HOST:PORT/0, rediss://… or valkey(s)://…"
    )


@functools.cache
def _redis_store(url: str) -> RedisStore:
    """One connection for a process, however many credentials name it."""
    from ._redis import RedisStore

    return RedisStore(url)
