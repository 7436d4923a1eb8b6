"""Stores share tokens beyond one process: between the processes of a host, or the hosts of a fleet."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from .._cached_token import CachedToken
from .._errors import ConfigError, GatepassError
from ._store import Lease, Lookup, Store

if TYPE_CHECKING:
    from ._file_store import FileStore
    from ._redis_store import RedisStore

__all__ = ["CachedToken", "FileStore", "Lease", "Lookup", "RedisStore", "Store", "open_store"]


def __getattr__(name: str) -> Any:
    if name == "FileStore":
        from ._file_store import FileStore

        return FileStore
    if name == "RedisStore":
        from ._redis_store import RedisStore

        return RedisStore
    raise AttributeError(f"module 'gatepass.stores' has no attribute {name!r}")


def open_store(store: Store | str | None) -> Store | None:
    """The store that the argument or GATEPASS_STORE names; None for `memory:`, or if neither is set.

    ConfigError if it is neither a store nor a URL that names one.
    """
    source = "store=" if store is not None else "GATEPASS_STORE"
    named = store if store is not None else os.environ.get("GATEPASS_STORE", "memory:")
    try:
        return _open(named, source)
    except GatepassError:
        raise
    except Exception as error:
        raise ConfigError(f"{source}: cannot be opened ({type(error).__name__})") from None


def _open(named: Store | str, source: str) -> Store | None:
    if not isinstance(named, str):
        if isinstance(named, type) or not isinstance(named, Store):
            raise ConfigError(f"{source}: a store has acquire, publish and fail; see gatepass.stores.Store")
        return named
    scheme, _, rest = named.partition(":")
    if named == "memory:":
        return None
    if scheme == "file":
        from ._file_store import FileStore

        if rest.startswith("//") and not rest.startswith("///"):
            raise ConfigError(f"{source}: a folder has no host before it: write file:/FOLDER")
        return FileStore(rest.removeprefix("//") or None)
    if scheme in ("redis", "rediss", "valkey", "valkeys", "unix") or scheme.endswith(("cluster", "sentinel")):
        return _store_of_url(named)
    of_redis = "redis://HOST:PORT/0, redis+cluster://…, redis+sentinel://…, rediss://… or valkey(s)://…"
    raise ConfigError(f"{source}: use memory:, file:, file:/FOLDER, {of_redis}")


@functools.cache
def _store_of_url(url: str) -> RedisStore:
    """One store, and so one connection, for all credentials of a process that name this URL."""
    from ._redis_store import RedisStore

    return RedisStore(url)
