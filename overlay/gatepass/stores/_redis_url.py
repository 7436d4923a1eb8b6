"""Clients of redis-py made from a URL: they time out soon and repeat nothing, but a cluster's once."""

import contextlib
import inspect
import re
from ipaddress import ip_address
from typing import Any

from .._errors import ConfigError
from ._lazy_cluster import LazyCluster
from ._servers_url import ServersUrl

CONNECT_TIMEOUT, READ_TIMEOUT = 1.0, 1.0
"""Seconds to wait for a connection and for each response: enough for a server on another continent."""
FORMS = (
    "redis://HOST:PORT/0, redis+cluster://HOST:PORT,HOST:PORT or redis+sentinel://HOST:PORT,HOST:PORT/NAME; "
    "rediss for TLS, valkey and valkeys as well; or unix://PATH"
)


def client_from_url(url: str, block: float = 0.0) -> Any:
    """A client whose commands may block for `block` seconds; ConfigError if the URL is not one of Redis."""
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
    url = _redis_scheme(url)
    checks_host = url.startswith("rediss") and "ssl_cert_reqs=none" not in url
    if checks_host:
        options["ssl_check_hostname"] = True  # not the default before redis-py 6
    with contextlib.suppress(ValueError, TypeError):  # TypeError: an option that redis-py does not have
        if not _names_servers(url):
            return redis.Redis.from_url(url, **options)
        servers = ServersUrl.parse(url)
        options |= redis.connection.parse_url(servers.first)  # type: ignore[no-untyped-call]
        if options.pop("connection_class", None):
            options["ssl"] = True
        if servers.kind == "sentinel":
            return _sentinel_client(servers, options)
        return _cluster_client(servers, options | {"retry": Retry(NoBackoff(), 1)}, checks_host=checks_host)
    raise ConfigError(f"RedisStore: not a URL of Redis; write {FORMS}")


def _sentinel_client(servers: ServersUrl, options: dict[str, Any]) -> Any:
    """A client of the primary, as the Sentinels know it at each connection."""
    from redis.sentinel import Sentinel

    own = {key: options.pop(f"sentinel_{key}", None) for key in ("username", "password")}
    of_primary = ("host", "port", "db", "username", "password")
    shared = {key: value for key, value in options.items() if key not in of_primary}
    for key in "host", "port":
        del options[key]
    sentinel = Sentinel(list(servers.servers), sentinel_kwargs=shared | own)  # type: ignore[no-untyped-call]
    return sentinel.master_for(servers.name, **options)  # type: ignore[no-untyped-call]


def _cluster_client(servers: ServersUrl, options: dict[str, Any], *, checks_host: bool) -> LazyCluster:
    from redis.cluster import REDIS_ALLOWED_KEYS

    if checks_host and "ssl_check_hostname" not in REDIS_ALLOWED_KEYS:
        raise ConfigError(
            "RedisStore: a URL of a cluster with TLS needs redis-py 6.1: pip install 'redis>=6.1'"
        )
    for key in "host", "port", "db":
        del options[key]
    if options.keys() - {*REDIS_ALLOWED_KEYS, "ssl_check_hostname"}:
        raise TypeError("an option that RedisCluster would drop")
    return LazyCluster(servers.servers, options)


def exposes_password(url: str, client: Any) -> bool:
    """Whether the client would send a password to another host without encryption."""
    settings, url = client.get_connection_kwargs(), _redis_scheme(url)
    has_password = settings.get("password") or "sentinel_password=" in url
    if url.startswith(("rediss", "unix:")) or not has_password:
        return False
    if _names_servers(url):
        return True  # these servers tell about others, which may be anywhere
    host = settings.get("host", "localhost")
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return bool(host != "localhost")


def _names_servers(url: str) -> bool:
    return re.match(r"rediss?\+", url) is not None


def _redis_scheme(url: str) -> str:
    """The URL with the scheme that redis-py understands."""
    return re.sub(r"^valkey(?=s?(://|\+))", "redis", url)
