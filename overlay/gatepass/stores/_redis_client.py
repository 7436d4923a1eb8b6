"""Commands to Redis or Valkey that end in time, through a client of ours or one of the caller's."""

from __future__ import annotations

import contextlib
import errno
import functools
import inspect
import re
import sys
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from .._errors import ConfigError
from .._fork import reset_when_forked

CONNECT, READ = 1.0, 1.0
"""Seconds that our own connections wait to be connected, and for each response: another continent will do."""
BOUND = 0.5, 3.0
"""Least and most seconds for a command, the connection and the client's retries included."""
PLACES = 32
"""How many commands, and how many waits for news, may be under way at once: a pool of redis-py has 100
connections and refuses more. Further commands wait for their turn, and further waiters look now and then."""
PAUSE = 5.0
"""Seconds without commands after the server did not respond; then one caller tries again."""

OTHER_SETUPS = (
    "give a client: RedisStore(RedisCluster.from_url(URL)) for a cluster, "
    "RedisStore(Sentinel(HOSTS).master_for(NAME)) for Sentinel"
)


class RedisClient:
    """Sends commands through a client that may have no timeout, or retries that multiply it.

    Each command runs on a thread that is abandoned when its time is over. While there is an abandoned one,
    and for PAUSE seconds after each failure, other commands fail at once, so such threads do not pile up.
    An error that the server itself responds with is no failure in this sense.
    """

    def __init__(self, url_or_client: Any, *, block: float, allow_plaintext: bool) -> None:
        """`block` is the longest time in seconds for which `wait_for_news` blocks."""
        self.clock = time.monotonic
        """Seconds; tests put their own in."""
        self._block = block
        if isinstance(url_or_client, str) and url_or_client.startswith(("valkey://", "valkeys://")):
            url_or_client = "redis" + url_or_client.removeprefix("valkey")
        ours = self._is_ours = isinstance(url_or_client, str)
        self._client = _client(url_or_client, READ) if ours else url_or_client
        if ours and not allow_plaintext and _sends_password_in_the_clear(url_or_client, self._client):
            raise ConfigError(
                "RedisStore: the password would travel to another host and is not encrypted: "
                "use rediss://, or RedisStore(url, allow_plaintext=True)"
            )
        self._blocking = _client(url_or_client, block + READ) if ours else url_or_client
        if not callable(getattr(self._client, "eval", None)) or hasattr(self._client, "__aenter__"):
            raise ConfigError("RedisStore: give a URL, or a client of redis-py that is not asyncio's")
        reset_when_forked(self)

    def reset_after_fork(self) -> None:
        """A child has none of the parent's threads."""
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(PLACES)
        self._waiting_places = threading.BoundedSemaphore(PLACES)
        self._retry_at = 0.0
        self._abandoned: list[threading.Thread] = []
        self._background: threading.Thread | None = None

    def __str__(self) -> str:
        """The addresses of the nodes, without a password."""
        if callable(getattr(self._client, "get_nodes", None)):  # a cluster
            return ",".join(sorted(node.name for node in self._client.get_nodes()))
        sentinels = getattr(getattr(self._client.connection_pool, "sentinel_manager", None), "sentinels", ())
        if sentinels:
            addresses = ",".join(map(_address, sentinels))
            return f"{self._client.connection_pool.service_name} of Sentinel {addresses}"
        return _address(self._client)

    @property
    def stalls_for(self) -> float:
        """Seconds for which a server that does not respond keeps a thread; infinite without a timeout."""
        options = self._client.get_connection_kwargs()
        retry = getattr(self._client, "retry", None) or options.get("retry")
        timeout = options.get("socket_timeout")
        # The same attribute in redis-py 5 to 8 and valkey-py; negative means that it retries without end.
        retries = getattr(retry, "_retries", 0)
        return float("inf") if timeout is None or retries < 0 else timeout * (1 + retries)

    @property
    def is_paused(self) -> bool:
        """Whether a command would fail now without being sent."""
        with self._lock:
            self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
            return bool(self._abandoned) or self.clock() < self._retry_at

    def eval(self, script: str, keys: list[str], args: tuple[Any, ...], seconds: float) -> list[Any]:
        """The response to a script as a list, strings decoded; TimeoutError if there is none in time.

        `seconds` is what the caller has for all it does; a command may take the half, within BOUND.
        """
        response = self._send(lambda: self._client.eval(script, len(keys), *keys, *args), _bound(seconds))
        items = response if isinstance(response, list) else [response]
        return [item.decode(errors="replace") if isinstance(item, bytes) else item for item in items]

    def eval_in_background(self, script: str, keys: list[str], args: tuple[Any, ...]) -> None:
        """Send a script after the abandoned commands, without waiting; not while another waits like that."""
        if self._background is not None and self._background.is_alive():
            return
        abandoned = list(self._abandoned)

        def command() -> None:
            for thread in abandoned:
                thread.join()
            with contextlib.suppress(Exception):
                self._client.eval(script, len(keys), *keys, *args)
            self.disconnect()

        self._background = _start(command)

    def wait_for_news(self, stream: str, last: str, seconds: float) -> bool:
        """Block until the stream has an entry after `last` or the time is over; False if it may not block."""
        if not self._waiting_places.acquire(blocking=False):
            return False
        try:
            return self._wait_for_news(stream, last, seconds)
        finally:
            self._waiting_places.release()

    def _wait_for_news(self, stream: str, last: str, seconds: float) -> bool:
        timeout = self._blocking.get_connection_kwargs().get("socket_timeout") or self._block / 0.8
        block = max(min(seconds, self._block, 0.8 * timeout), 0.001)
        try:
            read = {stream: last}
            command = functools.partial(self._blocking.xread, read, count=1, block=round(block * 1000))
            self._send(command, block + _bound(seconds), contextlib.nullcontext())
        except Exception as error:
            if not _is_response(error):
                raise
            return False
        return True

    def disconnect(self) -> None:
        """Close idle connections of ours: until the next token they would only age and break."""
        for client in (self._client, self._blocking) if self._is_ours else ():
            client.connection_pool.disconnect(inuse_connections=False)

    def _send(
        self,
        command: Callable[[], Any],
        seconds: float,
        place: contextlib.AbstractContextManager[Any] | None = None,
    ) -> Any:
        self._admit()
        place = place or self._places
        results: list[Any] = []
        errors: list[Exception] = []

        def run() -> None:
            try:
                with place:
                    results.append(command())
            except Exception as error:
                errors.append(error)

        thread = _start(run)
        thread.join(seconds)
        if results or (errors and _is_response(errors[0])):
            self._retry_at = 0.0
        else:
            with self._lock:
                self._retry_at = self.clock() + PAUSE
                if not errors:
                    self._abandoned.append(thread)
        if errors and (type(errors[0]).__name__ == "MovedError" or str(errors[0]).startswith("MOVED ")):
            raise OSError(errno.EPROTO, f"it is a node of a cluster; {OTHER_SETUPS}")
        if not results:
            raise errors[0] if errors else TimeoutError("no response in time")
        return results[0]

    def _admit(self) -> None:
        if self.is_paused:
            raise OSError(errno.EPROTO, "not tried again so soon after a failure")
        with self._lock:
            if self._retry_at:  # the others wait for what comes of this command
                self._retry_at = self.clock() + PAUSE


def _bound(seconds: float) -> float:
    least, most = BOUND
    return min(max(seconds / 2, least), most)


def _address(client: Any) -> str:
    options = client.get_connection_kwargs()
    return str(options.get("path") or f"{options.get('host')}:{options.get('port')}")


def _start(work: Callable[[], None]) -> threading.Thread:
    """Run it on a thread of its own, or here where the interpreter ends and starts no more threads."""
    thread = threading.Thread(target=work, name="gatepass redis", daemon=True)
    if not sys.is_finalizing():
        with contextlib.suppress(RuntimeError):
            thread.start()
            return thread
    done = threading.Thread(target=work)
    done.run()
    return done


def _is_response(error: Exception) -> bool:
    """Whether the server itself responded with this error, by redis-py or valkey-py."""
    return any(kind.__name__ in ("ResponseError", "MaxConnectionsError") for kind in type(error).__mro__)


def _is_other_setup(url: str) -> bool:
    """Whether it is one of the URLs that other programs use for a cluster or Sentinel."""
    return re.match(r"((rediss?|valkeys?)[+-])?(cluster|sentinel):", url) is not None


def _client(url: str, patience: float) -> Any:
    """Ours: it gives up soon and tries nothing twice."""
    if _is_other_setup(url):
        raise ConfigError(f"RedisStore: no cluster and no Sentinel by URL; {OTHER_SETUPS}")
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.connection import AbstractConnection
        from redis.retry import Retry
    except ImportError:
        raise ConfigError("RedisStore needs redis: pip install 'gatepass[redis]'") from None
    options: dict[str, Any] = {"socket_connect_timeout": CONNECT, "socket_timeout": patience, "protocol": 2}
    # Without the two commands that tell the server the client's name; newer versions have another option.
    names = inspect.signature(AbstractConnection).parameters
    options |= {name: None for name in ("driver_info",) if name in names} or {
        "lib_name": None,
        "lib_version": None,
    }
    with contextlib.suppress(ValueError):
        return redis.Redis.from_url(url, **options, retry=Retry(NoBackoff(), 0))
    raise ConfigError(
        "RedisStore: not a URL of Redis; write redis://HOST:PORT/0, rediss://…, valkey(s)://… or unix://…"
    )


def _sends_password_in_the_clear(url: str, client: Any) -> bool:
    settings = client.get_connection_kwargs()
    if not url.startswith("redis://") or not settings.get("password"):
        return False
    host = settings.get("host", "localhost")
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return bool(host != "localhost")
