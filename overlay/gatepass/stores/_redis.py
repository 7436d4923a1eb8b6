"""One token for the hosts of a fleet: a record, a lease and a ledger in Redis or Valkey."""

import base64
import contextlib
import errno
import functools
import random
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any, Literal, TypeVar

from .._errors import ConfigError, TokenError
from .._log import log
from .._quota import CLOCK_SLACK, reduced
from .._token import Token
from ._cache_key import keyed_hash, slow_hash
from ._file import FileStore, default_folder
from ._heartbeat import heartbeat
from ._holder import current_holder, holder_died
from ._protocol import Entry, Lease, Record, Store, Unpickled, Wanted
from ._redis_client import RedisClient
from ._sealed import KEYGEN_COMMAND, Seal

Result = TypeVar("Result")
Moved = TypeVar("Moved", bound=Entry | TokenError)
SAFE = 2.0
"""Seconds for which a stalled Redis may keep a thread of somebody else's client without a warning."""
SLICE = 1.0
"""Seconds a waiter listens before it looks for itself: a lease may have run out unheard."""
POLL = (0.02, 0.05)
"""Seconds between two looks of a waiter that may not listen, drawn anew each time."""
CLOCK_TOLERANCE = 5.0
"""Seconds that the server's clock may differ from ours; beyond that an expired token could look valid."""
LATE_ANSWER = 0.01
"""Seconds a waiter waits beyond the end of a lease."""

POLICY = """
local info = redis.pcall('INFO', 'memory')
return type(info) == 'string' and string.match(info, 'maxmemory_policy:(%S+)') or ''
"""


@dataclass(frozen=True)
class Right:
    """What a lease is by: the host's own, then ours, and how far the server's clock is ahead.

    Without a fence Redis gave none; if it was `asked`, it may have done so and the response was lost.
    """

    host: Lease | None
    nonce: str
    fence: int = 0
    ahead: float = 0.0
    asked: bool = True
    seconds: float = 0.0
    """What `acquire` had for all its commands."""


class RedisStore(Unpickled):
    """Shares tokens between hosts through Redis (6.2 or newer) or Valkey (extra `[redis]`).

    Of a host one process at a time talks to Redis, and the others get the token from `host=`, by
    default a FileStore. Where Redis is not to be had, or its clock is more than 5 s off, each host goes
    on alone, with a sixth of the quota (at least one token), counted from nothing: while Redis is down, up
    to six hosts make no more requests than a quota, and N hosts at most N sixths of it, beside those that
    were made before; the provider may refuse some.

    A command takes at most 3 s and about a third of the time for the token, whatever timeouts and retries
    a client has; after a failure none is sent for 5 s. A URL may have options of redis-py:
    `?socket_timeout=` and `socket_connect_timeout=` (1 s each), `ssl_ca_certs=`, `ssl_certfile=`,
    `ssl_keyfile=`. For a cluster or Sentinel give a client.

    Tokens are encrypted with `key=` or GATEPASS_KEY, and their names are hashes with that key. With
    `allow_plaintext=True` and no key a slow hash makes the names (60 ms and 16 MB once for each secret in
    a process). It also allows a `redis://` URL with a password for another host; without it use
    `rediss://`. The least that Redis must allow:

        ACL SETUSER gatepass on >PASSWORD resetkeys ~gatepass:* -@all +eval +xread +time
          +hmget +hset +hdel +hincrby +del +pttl +pexpire +xadd +xrevrange
          +zadd +zcard +zrange +zrem +zremrangebyscore +info

    INFO is only for one warning, where `maxmemory-policy` is not noeviction: an evicted lease or quota makes
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
        self._seal = Seal.of(key)
        if not self._seal.closes and not allow_plaintext:
            how = f"set GATEPASS_KEY (or give key=) to what this prints: {KEYGEN_COMMAND}"
            raise ConfigError(f"RedisStore: others can read what is in Redis; {how}; or allow_plaintext=True")
        self._host = _default_host(key) if host is None else host or None
        self._prefix = prefix
        self._redis = RedisClient(url_or_client, block=SLICE, allow_plaintext=allow_plaintext)
        self._failing: set[str] = set()
        self._knows_policy = False
        if self._redis.stalls_for > SAFE:
            log.warning(
                "%r: a stalled Redis keeps a thread for %.3g s (socket_timeout= times retry=): "
                "make the client with socket_timeout=1 and retry=Retry(NoBackoff(), 0)",
                self,
                self._redis.stalls_for,
            )

    def __repr__(self) -> str:
        return f"RedisStore({str(self._redis)!r})"

    def cache_key(self, identity: str, seconds: float) -> str:
        """The name of a credential on all hosts; see `Store`."""
        key = self._seal.name_key
        return slow_hash(identity, seconds) if key is None else keyed_hash(key, identity)

    def acquire(self, wanted: Wanted, seconds: float) -> Entry | Lease | TokenError | None:
        began, host, own = time.monotonic(), self._host, None
        until, deadline = began + seconds, began + wanted.deadline_in
        if host is not None:
            there, found = self._tried("host", lambda: host.acquire(replace(wanted, quota=None), seconds))
            if there and not isinstance(found, Lease):
                return found
            own = found if isinstance(found, Lease) else None
            if own is not None:
                heartbeat.keep(host, own, deadline)
        right = Right(own, uuid.uuid4().hex, asked=not self._redis.is_paused, seconds=seconds)
        there, answer = self._tried("redis", lambda: self._ask(wanted, right, until), last=own is None)
        if isinstance(answer, Lease):
            return answer
        self._redis.disconnect()
        if there or host is None or own is None:
            # A spent quota is no failure to remember: some callers may still use what is kept back.
            self._pass_on(own, None if isinstance(answer, TokenError) and answer.unsent else answer)
            return answer
        # Alone, and counted in the host's own ledger, which knows of no other tokens.
        heartbeat.drop(own)
        host.fail(own, None, sent=False)
        quota = reduced(wanted.quota) if wanted.quota else None
        alone = host.acquire(replace(wanted, quota=quota), until - time.monotonic())
        if not isinstance(alone, Lease):
            return alone
        heartbeat.keep(host, alone, deadline)
        return Lease(wanted, replace(right, host=alone))

    def renew(self, lease: Lease) -> bool:
        """Let the lease last longer; False if another host has it by now, or Redis did not give it.

        The host's own lease is renewed apart: a frozen Redis must not end that too.
        """
        right, wanted = lease.handle, lease.wanted
        if right.fence == 0:
            return False
        (renewed,) = self._run("renew", wanted, right, _ms(wanted.lease_seconds))
        return bool(renewed)

    def publish(self, lease: Lease, entry: Entry) -> None:
        self._pass_on(lease.handle.host, entry)
        self._end("publish", lease, self._published(lease, entry))
        if lease.handle.fence and not self._knows_policy:
            self._warn_of_eviction(lease)

    def offer(self, wanted: Wanted, entry: Entry) -> None:
        """Share a token that was fetched without a lease, unless one is there that was issued later."""
        offer = getattr(self._host, "offer", None)
        if offer is not None:
            self._tried("host", lambda: offer(wanted, entry))
        lease = Lease(wanted, Right(None, ""))
        self._end("publish", lease, self._published(lease, entry))

    def _published(self, lease: Lease, entry: Entry) -> tuple[Any, ...]:
        """What `publish.lua` is given besides the nonce."""
        right, wanted = lease.handle, lease.wanted
        theirs = _moved(entry, right.ahead)
        now, sealed = _ms(time.time() + right.ahead), self._closed(wanted, Record(theirs))
        times = _ms(CLOCK_TOLERANCE), _ms(theirs.minted_at)
        return (right.fence, now, entry.name, _ms(theirs.dead_at), sealed, wanted.other_than or "", *times)

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        right, wait, retry_at, sealed = lease.handle, 0.0, 0.0, ""
        self._pass_on(right.host, error, sent=sent)
        if error is not None and error.retry_at is not None:
            theirs = _moved(error, right.ahead)
            wait, retry_at = error.retry_at - time.time(), theirs.retry_at or 0.0
            sealed = self._closed(lease.wanted, Record(failure=theirs))
        self._end("fail", lease, (right.fence, int(sent), _ms(wait), _ms(retry_at), sealed))

    def _end(self, script: str, lease: Lease, args: tuple[Any, ...]) -> None:
        """Tell Redis how it ended, even if it did not answer: the lease may be ours all the same."""
        right = lease.handle
        run = functools.partial(self._run, script, lease.wanted, right, *args)
        if right.asked:
            self._tried("redis", run, last=right.host is None, heals=right.fence > 0)
        self._redis.disconnect()

    def _warn_of_eviction(self, lease: Lease) -> None:
        """Look once whether the server may evict leases and quotas, if this user may see its policy."""
        self._knows_policy = True
        policy = ""
        with contextlib.suppress(Exception):
            (policy,) = self._redis.eval(POLICY, self._keys(lease.wanted)[:1], (), lease.handle.seconds)
        self._redis.disconnect()
        if policy not in ("", "noeviction"):
            log.warning("%r: maxmemory-policy %s may evict leases and quotas: use noeviction", self, policy)

    def _pass_on(self, own: Lease | None, answer: Entry | TokenError | None, *, sent: bool = True) -> None:
        """Give the host what came, and its next caller the turn."""
        host = self._host
        if host is None or own is None:
            return
        heartbeat.drop(own)
        if isinstance(answer, Entry):
            self._tried("host", lambda: host.publish(own, answer))
        else:
            self._tried("host", lambda: host.fail(own, answer, sent=sent))

    def _tried(
        self, part: str, call: Callable[[], Result], *, last: bool = False, heals: bool = True
    ) -> tuple[bool, Result | None]:
        """Whether it worked, and what came of it; trouble is one warning, or an error without a secret.

        Where it worked and `heals`, the next trouble is warned about again.
        """
        try:
            result = call()
        except Exception as error:
            # The kind of it, and the server's own word; the rest of the text could hold anything.
            word = re.search(r"\b(?!ERR\b)[A-Z]{4,}\b", str(error))
            why = f"{type(error).__name__} {word[0] if word else ''}".strip()
            if isinstance(error, OSError) and error.errno == errno.EPROTO:
                why = str(error.strerror)
        else:
            if heals:
                self._failing.discard(part)
            return True, result
        if last:
            raise OSError(errno.EIO, f"{part}: {why}")
        if part not in self._failing:
            log.warning("%r: going on without the %s: %s", self, "fleet" if part == "redis" else part, why)
        self._failing.add(part)
        return False, None

    def _ask(self, wanted: Wanted, right: Right, until: float) -> Entry | Lease | TokenError | None:
        """What Redis has, after a wait for what others bring."""
        unread, dead, listens = "", "", True
        tokens, window = wanted.quota or (0, 0)
        while True:
            before = time.time()
            args = (
                current_holder(),
                _ms(wanted.lease_seconds),
                wanted.other_than or "",
                unread,
                dead,
                tokens,
                _ms(window),
            )
            times = (_ms(before), _ms(CLOCK_TOLERANCE), _ms(CLOCK_SLACK))
            now, kind, *told = self._run("acquire", wanted, right, *args, *times)
            server, left = now / 1000, until - time.monotonic()
            ahead = server - (before + time.time()) / 2
            if kind == "clock":
                raise OSError(errno.EPROTO, f"the server's clock is {ahead:+.0f} s off")
            if kind == "lease":
                return Lease(wanted, replace(right, fence=int(told[0]), ahead=ahead))
            if kind == "limited":
                return wanted.limited(told[0] / 1000 - ahead).copied(unsent=True)
            if kind == "found":
                unread, text = told
                answer = self._opened(wanted, text, server).answer(wanted, server)
                if answer is not None:
                    return _moved(answer, -ahead)
            if left <= 0:
                return None
            if kind == "wait":
                theirs, holder, lasts, last = told
                dead = theirs if holder_died(holder) else ""
                if not dead:
                    listens = self._wait(wanted, last, min(left, lasts / 1000 + LATE_ANSWER), listens)

    def _wait(self, wanted: Wanted, last: str, seconds: float, listens: bool) -> bool:
        """Until there is news or the time is over; False where we may not listen."""
        if listens and self._redis.wait_for_news(self._keys(wanted)[2], last, seconds):
            return True
        time.sleep(min(seconds, random.uniform(*POLL)))
        return False

    def _keys(self, wanted: Wanted) -> list[str]:
        """Of the account, and so in one slot of a cluster."""
        start = f"{self._prefix}:{{{wanted.account}}}:"
        record = start + wanted.key
        return [record, record + ":lease", record + ":news", start + "quota"]

    def _run(self, script: str, wanted: Wanted, right: Right, *args: Any) -> list[Any]:
        command = (_script(script), self._keys(wanted), (right.nonce, *args))
        # Perhaps there is no lease to end: not worth a wait.
        if script != "acquire" and not right.fence and self._redis.is_paused:
            self._redis.eval_in_background(*command)
            return []
        return self._redis.eval(*command, right.seconds)

    def _closed(self, wanted: Wanted, record: Record) -> str:
        """As text, which a client that decodes everything hands on as well."""
        return base64.b64encode(self._seal.closed(record.dump(wanted.key), wanted.key)).decode()

    def _opened(self, wanted: Wanted, text: str, now: float) -> Record:
        data = None
        with contextlib.suppress(ValueError):
            data = self._seal.opened(base64.b64decode(text, validate=True), wanted.key)
        return Record.load(data, wanted.key, now)


def _default_host(key: str | list[str] | None) -> FileStore:
    try:
        folder = default_folder()
    except ConfigError:
        raise ConfigError(
            "RedisStore: this user has no home folder for what the processes of a host share: "
            "set XDG_CACHE_HOME to a folder, or RedisStore(url, host=FileStore(FOLDER)), or host=False"
        ) from None
    return FileStore(folder, key=key)


@functools.cache
def _script(name: str) -> str:
    return (files("gatepass.stores") / f"{name}.lua").read_text(encoding="utf-8")


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _moved(one: Moved, by: float) -> Moved:
    """The same by another clock."""
    if isinstance(one, TokenError):
        return replace(one, retry_at=(one.retry_at or 0.0) + by)
    token = Token(one.token.value, one.token.expires_at + by, one.token.notice)
    times = {name: getattr(one, name) + by for name in ("minted_at", "stale_at", "dead_at")}
    return replace(one, token=token, **times)
