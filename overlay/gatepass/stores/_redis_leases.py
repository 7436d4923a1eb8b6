"""Records, leases and quotas in Redis. Each script runs atomically, so hosts need no other lock."""

import base64
import contextlib
import errno
import functools
import random
import time
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from .._cached_token import CachedToken
from .._errors import TokenError
from .._quota import CLOCK_SLACK
from ._cipher import Cipher
from ._holder import current_holder, holder_died
from ._record import Record
from ._redis_client import RedisClient
from ._store import Lease, Lookup

POLL = 0.02, 0.05
"""Least and most seconds between two lookups of a waiter that cannot block, drawn each time."""
CLOCK_TOLERANCE = 5.0
"""Seconds that the server's clock may differ from ours; beyond that an expired token could look valid."""
LEASE_GRACE = 0.01
"""Seconds that a waiter waits beyond the end of a lease."""
POLICY_SCRIPT = """
local info = redis.pcall('INFO', 'memory')
return type(info) == 'string' and string.match(info, 'maxmemory_policy:(%S+)') or ''
"""


@dataclass(frozen=True)
class LeaseHandle:
    """Identifies a lease: the host store's own lease, the nonce and fence in Redis, and the clock offset.

    Without a fence Redis gave no lease; it may have done so if the command was `attempted`, and the
    response was lost.
    """

    host_lease: Lease | None
    nonce: str
    fence: int = 0
    clock_offset: float = 0.0
    """Seconds by which the server's clock is ahead of ours."""
    attempted: bool = True
    timeout: float = 0.0
    """Seconds that `acquire` had for all its commands."""


class RedisLeases:
    """Acquires and ends leases in Redis. Every method raises if Redis does not respond, or with an error."""

    def __init__(self, client: RedisClient, prefix: str, cipher: Cipher) -> None:
        self._client = client
        self._prefix = prefix
        self._cipher = cipher

    def acquire(
        self, lookup: Lookup, handle: LeaseHandle, until: float
    ) -> CachedToken | Lease | TokenError | None:
        """Return what is stored, or a lease; while another host has it, wait until that `time.monotonic`."""
        unreadable, dead_nonce, can_block = "", "", True
        tokens, window = lookup.quota or (0, 0)
        while True:
            before = time.time()
            args = (current_holder(), _ms(lookup.lease_seconds), lookup.exclude or "", unreadable, dead_nonce)
            times = (_ms(before), _ms(CLOCK_TOLERANCE), _ms(CLOCK_SLACK))
            server_ms, kind, *values = self._run(
                "acquire", lookup, handle, *args, tokens, _ms(window), *times
            )
            server_time, left = server_ms / 1000, until - time.monotonic()
            offset = server_time - (before + time.time()) / 2
            if kind == "clock_differs":
                raise OSError(errno.EPROTO, f"the server's clock is {offset:+.0f} s off")
            if kind == "lease":
                return Lease(lookup, replace(handle, fence=int(values[0]), clock_offset=offset))
            if kind == "rate_limited":
                return lookup.rate_limited(values[0] / 1000 - offset).copied(unsent=True)
            if kind == "stored":
                unreadable, data = values
                record = self._load(lookup, data, server_time).shifted(-offset)
                usable = record.usable(lookup, server_time - offset)
                if usable is not None:
                    return usable
            if left <= 0:
                return None
            if kind == "held":
                nonce, holder, lasts, last = values
                dead_nonce = nonce if holder_died(holder) else ""
                if not dead_nonce:
                    can_block = self._wait(lookup, last, min(left, lasts / 1000 + LEASE_GRACE), can_block)

    def renew(self, lease: Lease) -> bool:
        """Extend the lease; False if another host has it."""
        (renewed,) = self._run("renew", lease.lookup, lease.handle, _ms(lease.lookup.lease_seconds))
        return bool(renewed)

    def publish(self, lease: Lease, cached: CachedToken) -> None:
        """Share the token, unless there is a newer one, and end the lease."""
        lookup, handle = lease.lookup, lease.handle
        offset = handle.clock_offset
        self._run(
            "publish",
            lookup,
            handle,
            handle.fence,
            _ms(time.time() + offset),
            cached.fingerprint,
            _ms(cached.usable_until + offset),
            self._dump(lookup, Record(cached).shifted(offset)),
            lookup.exclude or "",
            _ms(CLOCK_TOLERANCE),
            _ms(cached.issued_at + offset),
        )

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        """Share the failure and end the lease; a request that was not sent does not count."""
        lookup, handle = lease.lookup, lease.handle
        wait, retry_at, encrypted = 0.0, 0.0, ""
        if error is not None and error.retry_at is not None:
            wait, retry_at = error.retry_at - time.time(), error.retry_at + handle.clock_offset
            encrypted = self._dump(lookup, Record(failure=error).shifted(handle.clock_offset))
        self._run("fail", lookup, handle, handle.fence, int(sent), _ms(wait), _ms(retry_at), encrypted)

    def eviction_policy(self, lease: Lease) -> str:
        """The server's `maxmemory-policy`; "" if this user may not read it."""
        (policy,) = self._client.eval(POLICY_SCRIPT, self._keys(lease.lookup)[:1], (), lease.handle.timeout)
        return str(policy)

    def _wait(self, lookup: Lookup, last: str, timeout: float, can_block: bool) -> bool:
        """Wait for an entry in the stream or for the timeout; False if the client cannot block."""
        if can_block and self._client.wait_for_entry(self._keys(lookup)[2], last, timeout):
            return True
        time.sleep(min(timeout, random.uniform(*POLL)))
        return False

    def _keys(self, lookup: Lookup) -> list[str]:
        """The record, lease, stream and quota: with the same account, so in the same slot of a cluster."""
        start = f"{self._prefix}:{{{lookup.account}}}:"
        record = start + lookup.key
        return [record, record + ":lease", record + ":stream", start + "quota"]

    def _run(self, script: str, lookup: Lookup, handle: LeaseHandle, *args: Any) -> list[Any]:
        command = (_script(script), self._keys(lookup), (handle.nonce, *args))
        # Perhaps there is no lease to end, so nothing waits for the server to respond again.
        if script != "acquire" and not handle.fence and self._client.breaker.is_open:
            self._client.eval_in_background(*command)
            return []
        return self._client.eval(*command, handle.timeout)

    def _dump(self, lookup: Lookup, record: Record) -> str:
        """The record as base64, which a client that decodes all responses passes on as well."""
        return base64.b64encode(record.dump(lookup.key, self._cipher)).decode()

    def _load(self, lookup: Lookup, data: str, now: float) -> Record:
        encrypted = None
        with contextlib.suppress(ValueError):
            encrypted = base64.b64decode(data, validate=True)
        return Record.load(encrypted, lookup.key, self._cipher, now)


@functools.cache
def _script(name: str) -> str:
    return (files("gatepass.stores") / f"{name}.lua").read_text(encoding="utf-8")


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
