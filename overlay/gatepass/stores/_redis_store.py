"""Shares tokens between the hosts of a fleet: records, leases and quotas in Redis or Valkey."""

import contextlib
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from .._cached_token import CachedToken
from .._errors import ConfigError, TokenError
from ._cache_key import keyed_hash, slow_hash
from ._cipher import KEYGEN_COMMAND, Cipher
from ._failure_guard import FailureGuard
from ._host_store import HostStore, default_store
from ._redis_client import RedisClient
from ._redis_leases import LeaseHandle, RedisLeases
from ._store import Lease, Lookup, NotPicklable, Store

log = logging.getLogger("gatepass")

SAFE_STALL = 2.0
"""Seconds for which a stalled Redis may block a thread of the caller's client without a warning."""
BLOCK_INTERVAL = 1.0
"""Seconds that a waiter blocks before it looks for itself: nothing announces that a lease has run out."""


class RedisStore(NotPicklable):
    """Shares tokens between hosts through Redis (6.2 or newer) or Valkey (extra `[redis]`).

    One process of a host at a time talks to Redis, and the others get the token from `host=`, by default a
    FileStore. While Redis is down, or its clock is more than 5 s off, each host continues alone, with a
    sixth of the quota (at least one token), which it counts from zero: up to six hosts then send no more
    requests than a quota, and N hosts at most N sixths of it, in addition to those that were sent before;
    the provider may reject some.

    A command takes at most 3 s and about a third of the time for the token, whatever timeouts and retries
    a client has; after a failure none is sent for 5 s. A URL may have options of redis-py:
    `?socket_timeout=` and `socket_connect_timeout=` (1 s each), `ssl_ca_certs=`, `ssl_certfile=`,
    `ssl_keyfile=`. `redis+cluster://HOST:PORT,HOST:PORT` is a cluster, by some of its nodes, and
    `redis+sentinel://HOST:PORT,HOST:PORT/NAME` a primary, by its Sentinels; user, password and options are
    for the servers, `?sentinel_username=` and `sentinel_password=` for the Sentinels.

    Tokens are encrypted with `key=` or GATEPASS_KEY, and their names are hashes with that key. With
    `allow_plaintext=True` and no key the names are slow hashes (60 ms and 16 MB once for each secret in a
    process). It also allows a `redis://` URL with a password for another host; without it use
    `rediss://`. The minimum that Redis must allow:

        ACL SETUSER gatepass on >PASSWORD resetkeys ~gatepass:* -@all +eval +xread +time
          +hmget +hset +hdel +hincrby +del +pttl +pexpire +xadd +xrevrange
          +zadd +zcard +zrange +zrem +zremrangebyscore +info

    INFO is only for a warning if `maxmemory-policy` is not noeviction: an evicted lease or quota causes
    more requests.
    """

    def __init__(
        self,
        url_or_client: Any,
        *,
        prefix: str = "gatepass",
        key: str | list[str] | None = None,
        allow_plaintext: bool = False,
        host: Store | Literal[False] | None = None,
    ) -> None:
        self._cipher = Cipher.from_env(key)
        if not self._cipher.enabled and not allow_plaintext:
            how = f"set GATEPASS_KEY (or give key=) to what this prints: {KEYGEN_COMMAND}"
            raise ConfigError(f"RedisStore: others can read what is in Redis; {how}; or allow_plaintext=True")
        host_store = default_store(key) if host is None else host or None
        self._client = RedisClient(url_or_client, block=BLOCK_INTERVAL, allow_plaintext=allow_plaintext)
        self._host = HostStore(host_store, FailureGuard("host", self._client))
        self._guard = FailureGuard("fleet", self._client)
        self._leases = RedisLeases(self._client, prefix, self._cipher)
        self._policy_checked = False
        if self._client.stalls_for > SAFE_STALL:
            log.warning(
                "%r: a stalled Redis blocks a thread for %.3g s (socket_timeout= times retry=): "
                "make the client with socket_timeout=1 and retry=Retry(NoBackoff(), 0)",
                self,
                self._client.stalls_for,
            )

    def __repr__(self) -> str:
        return f"RedisStore({str(self._client)!r})"

    def cache_key(self, identity: str, timeout: float) -> str:
        """The name of a credential on all hosts; see `Store`."""
        key = self._cipher.name_key
        return slow_hash(identity, timeout) if key is None else keyed_hash(key, identity)

    def acquire(self, lookup: Lookup, timeout: float) -> CachedToken | Lease | TokenError | None:
        """Return a token, a lease to request one, or a failure that has not expired; see `Store`."""
        started_at = time.monotonic()
        until, deadline = started_at + timeout, started_at + lookup.deadline_in
        decided, result = self._host.acquire(lookup, timeout, deadline)
        host_lease = result if isinstance(result, Lease) else None
        if decided:
            return result
        attempted = not self._client.breaker.is_open
        handle = LeaseHandle(host_lease, uuid.uuid4().hex, attempted=attempted, timeout=timeout)
        works, result = self._guard.attempt(
            lambda: self._leases.acquire(lookup, handle, until), reraise=host_lease is None
        )
        if isinstance(result, Lease):
            return result
        self._client.disconnect()
        if works or host_lease is None:
            # A spent quota is not stored as a failure: other callers may still use the reserve.
            shared = None if isinstance(result, TokenError) and result.unsent else result
            self._host.release(host_lease, shared)
            return result
        alone = self._host.acquire_alone(host_lease, lookup, until, deadline)
        return Lease(lookup, replace(handle, host_lease=alone)) if isinstance(alone, Lease) else alone

    def renew(self, lease: Lease) -> bool:
        """Extend the lease; False if another host has it, or if Redis did not give it.

        The host's own lease is renewed independently, so a frozen Redis does not end it.
        """
        return lease.handle.fence > 0 and self._leases.renew(lease)

    def publish(self, lease: Lease, cached: CachedToken) -> None:
        """Share the token, unless there is a newer one, and end the lease."""
        self._host.release(lease.handle.host_lease, cached)
        self._finish(lease, lambda: self._leases.publish(lease, cached))
        if lease.handle.fence and not self._policy_checked:
            self._warn_of_eviction(lease)

    def offer(self, lookup: Lookup, cached: CachedToken) -> None:
        """Share a token that was fetched without a lease, unless there is one that was issued later."""
        self._host.offer(lookup, cached)
        lease = Lease(lookup, LeaseHandle(None, ""))
        self._finish(lease, lambda: self._leases.publish(lease, cached))

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        """Share the failure and end the lease; a request that was not sent does not count."""
        self._host.release(lease.handle.host_lease, error, sent=sent)
        self._finish(lease, lambda: self._leases.fail(lease, error, sent=sent))

    def _finish(self, lease: Lease, call: Callable[[], None]) -> None:
        """End the lease in Redis, even if it did not respond: it may have given the lease all the same."""
        handle: LeaseHandle = lease.handle
        if handle.attempted:
            self._guard.attempt(call, reraise=handle.host_lease is None, recovers=handle.fence > 0)
        self._client.disconnect()

    def _warn_of_eviction(self, lease: Lease) -> None:
        """Check once whether the server may evict leases and quotas, if this user may read its policy."""
        self._policy_checked = True
        policy = ""
        with contextlib.suppress(Exception):
            policy = self._leases.eviction_policy(lease)
        self._client.disconnect()
        if policy not in ("", "noeviction"):
            log.warning("%r: maxmemory-policy %s may evict leases and quotas: use noeviction", self, policy)
