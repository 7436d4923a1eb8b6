"""Clients of redis-py made from a URL: they time out soon and repeat nothing."""

import contextlib
import inspect
import re
from ipaddress import ip_address
from typing import Any

from .._errors import ConfigError

CONNECT_TIMEOUT, READ_TIMEOUT = 1.0, 1.0
"""Seconds to wait for a connection and for each response: enough for a server on another continent."""
USE_A_CLIENT = (
    "give a client: RedisStore(RedisCluster.from_url(URL)) for a cluster, "
    "RedisStore(Sentinel(HOSTS).master_for(NAME)) for Sentinel"
)


def client_from_url(url: str, block: float = 0.0) -> Any:
    """A client whose commands may block for `block` seconds; ConfigError if the URL is not one of Redis."""
    if re.match(r"((rediss?|valkeys?)[+-])?(cluster|sentinel):", url):
        raise ConfigError(f"RedisStore: a URL cannot name a cluster or Sentinel; {USE_A_CLIENT}")
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.connection import AbstractConnection
        from redis.retry import Retry
    except ImportError:
        raise ConfigError("RedisStore needs redis: pip install 'gatepass[redis]'") from None
    options: dict[str, Any] = {
        "socket_connect_timeout": CONNECT_TIMEOUT,
        "socket_timeout": block + READ_TIMEOUT,
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
    }
    # Without the two commands that send the client's name to the server; the option depends on the version.
    if "driver_info" in inspect.signature(AbstractConnection).parameters:
        options["driver_info"] = None
    else:
        options |= {"lib_name": None, "lib_version": None}
    with contextlib.suppress(ValueError):
        return redis.Redis.from_url(_redis_scheme(url), **options)
    raise ConfigError(
        "RedisStore: not a URL of Redis; write redis://HOST:PORT/0, rediss://…, valkey(s)://… or unix://…"
    )


def exposes_password(url: str, client: Any) -> bool:
    """Whether the client would send a password to another host without encryption."""
    settings = client.get_connection_kwargs()
    if not _redis_scheme(url).startswith("redis://") or not settings.get("password"):
        return False
    host = settings.get("host", "localhost")
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return bool(host != "localhost")


def _redis_scheme(url: str) -> str:
    """The URL with the scheme that redis-py understands."""
    is_valkey = url.startswith(("valkey://", "valkeys://"))
    return "redis" + url.removeprefix("valkey") if is_valkey else url
