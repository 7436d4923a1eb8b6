"""Sends commands to Redis or Valkey through a client of ours or of the caller."""

from __future__ import annotations

import contextlib
import errno
import functools
import logging
import threading
from typing import Any

from .._errors import ConfigError
from .._fork import register_fork_reset
from ._circuit_breaker import CircuitBreaker
from ._lazy_cluster import LazyCluster
from ._redis_errors import explain
from ._redis_url import client_from_url, exposes_password

log = logging.getLogger("gatepass")

COMMAND_TIMEOUT = 0.5, 3.0
"""Least and most seconds for a command, including the connection and the client's retries."""
MAX_CONCURRENT = 32
"""How many commands, and how many blocking reads, may be in progress at once: a connection pool of redis-py
has 100 connections and raises when they are used up. Further commands wait, and further readers poll."""


class RedisClient:
    """Sends commands through a client that may have no timeout, or retries that multiply it."""

    def __init__(self, url_or_client: Any, *, block: float, allow_plaintext: bool) -> None:
        """`block` is the longest time in seconds for which `wait_for_entry` blocks."""
        self._block = block
        self._is_ours = isinstance(url_or_client, str)
        self._client = self._blocking_client = url_or_client
        if self._is_ours:
            self._client = client_from_url(url_or_client)
            if not allow_plaintext and exposes_password(url_or_client, self._client):
                _, plus, topology = url_or_client.partition(":")[0].partition("+")
                raise ConfigError(
                    "RedisStore: the password would be sent to another host without encryption: "
                    f"use rediss{plus}{topology}://, or RedisStore(url, allow_plaintext=True)"
                )
            self._blocking_client = client_from_url(url_or_client, block)
        if not callable(getattr(self._client, "eval", None)) or hasattr(self._client, "__aenter__"):
            raise ConfigError("RedisStore: give a URL, or a client of redis-py that is not asyncio's")
        self._warned = False
        self.breaker = CircuitBreaker(_is_response)
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """Threads of the parent may hold slots."""
        self._command_slots = threading.BoundedSemaphore(MAX_CONCURRENT)
        self._blocking_slots = threading.BoundedSemaphore(MAX_CONCURRENT)

    def __str__(self) -> str:
        """The addresses of the servers, without a password."""
        if isinstance(self._client, LazyCluster):
            return str(self._client)
        if callable(getattr(self._client, "get_nodes", None)):  # a cluster
            return ",".join(sorted(node.name for node in self._client.get_nodes()))
        sentinels = getattr(getattr(self._client.connection_pool, "sentinel_manager", None), "sentinels", ())
        if sentinels:
            addresses = ",".join(map(_address, sentinels))
            return f"{self._client.connection_pool.service_name} of Sentinel {addresses}"
        return _address(self._client)

    @property
    def stalls_for(self) -> float:
        """Seconds for which an unresponsive server blocks a thread; infinite without a timeout."""
        options = self._client.get_connection_kwargs()
        retry = getattr(self._client, "retry", None) or options.get("retry")
        timeout = options.get("socket_timeout")
        # The same attribute in redis-py 5 to 8 and valkey-py; negative means that it retries without end.
        retries = getattr(retry, "_retries", 0)
        return float("inf") if timeout is None or retries < 0 else timeout * (1 + retries)

    def eval(self, script: str, keys: list[str], args: tuple[Any, ...], timeout: float) -> list[Any]:
        """The response to a script as a list, with strings decoded; TimeoutError if there is none in time.

        `timeout` is what the caller has for everything: a command may take half of it, within limits.
        """
        command = functools.partial(self._client.eval, script, len(keys), *keys, *args)
        response, reason = None, ""
        try:
            response = self.breaker.run(command, _command_timeout(timeout), self._command_slots)
        except Exception as error:
            reason = explain(error, script)
            if not reason:
                raise
        if reason:  # outside of the handler: the error that it would have as its context may show a secret
            raise OSError(errno.EPROTO, reason)
        items = response if isinstance(response, list) else [response]
        return [item.decode(errors="replace") if isinstance(item, bytes) else item for item in items]

    def eval_in_background(self, script: str, keys: list[str], args: tuple[Any, ...]) -> None:
        """Send a script when the abandoned commands have ended, without waiting for it."""

        def command() -> None:
            try:
                self._client.eval(script, len(keys), *keys, *args)
            finally:
                self.disconnect()

        self.breaker.run_in_background(command)

    def wait_for_entry(self, stream: str, last: str, timeout: float) -> bool:
        """Block until the stream has an entry after `last` or time is over; False if it cannot block."""
        if not self._blocking_slots.acquire(blocking=False):
            return False
        try:
            limit = self._blocking_client.get_connection_kwargs().get("socket_timeout") or self._block / 0.8
            block = max(min(timeout, self._block, 0.8 * limit), 0.001)
            command = functools.partial(
                self._blocking_client.xread, {stream: last}, count=1, block=round(block * 1000)
            )
            self.breaker.run(command, block + _command_timeout(timeout), contextlib.nullcontext())
        except Exception as error:
            if not _is_response(error):
                raise
            self._warn_of_polling(explain(error))
            return False
        finally:
            self._blocking_slots.release()
        return True

    def _warn_of_polling(self, reason: str) -> None:
        if reason and not self._warned:
            log.warning("RedisStore(%r): waiters poll: %s", str(self), reason)
            self._warned = True

    def disconnect(self) -> None:
        """Close our idle connections, which would only age and break until the next token."""
        for client in (self._client, self._blocking_client) if self._is_ours else ():
            is_cluster = isinstance(client, LazyCluster)
            for pool in client.connection_pools if is_cluster else [client.connection_pool]:
                pool.disconnect(inuse_connections=False)


def _command_timeout(timeout: float) -> float:
    shortest, longest = COMMAND_TIMEOUT
    return min(max(timeout / 2, shortest), longest)


def _address(client: Any) -> str:
    options = client.get_connection_kwargs()
    return str(options.get("path") or f"{options.get('host')}:{options.get('port')}")


def _is_response(error: Exception) -> bool:
    """Whether the server itself responded with this error, by redis-py or valkey-py."""
    return any(kind.__name__ in ("ResponseError", "MaxConnectionsError") for kind in type(error).__mro__)
