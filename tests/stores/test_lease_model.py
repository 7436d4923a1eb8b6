"""Compares the lease protocol with a model of it, step by step, in sequences that Hypothesis chooses.

The stores are real: a FileStore, and a RedisStore whose scripts run in a real server. Only the clocks belong
to the test. Three processes or hosts share two secrets of an account and one of another
environment. They acquire, renew, publish, fail and offer, are killed, and are stopped between any two of
these steps. GATEPASS_MODEL_EXAMPLES=5000 runs longer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gatepass import RateLimited, Rejected, Token
from gatepass.stores import (
    CachedToken,
    FileStore,
    Lease,
    Lookup,
    RedisStore,
    _circuit_breaker,
    _file_lease,
    _file_lock,
    _file_quota,
    _file_store,
    _redis_client,
    _redis_leases,
    _redis_store,
    _token_folder,
)
from gatepass.stores._redis_leases import _script

from ..timeouts import HANG_TIMEOUT
from .helpers import KEY
from .redis.server import Server

EXAMPLES = int(os.environ.get("GATEPASS_MODEL_EXAMPLES", "250"))
LIFETIME, QUOTA = 40.0, (6, 60)
ACCOUNTS = {"sandbox-1": "sandbox", "sandbox-2": "sandbox", "production-1": "production"}
"""The account of each key."""
FAR = 1_000_000_000
"""Milliseconds until a lease expires on the server's own clock: never within a test."""

names = st.sampled_from(sorted(ACCOUNTS))
numbers = st.integers(0, 2)


@dataclass
class HeldLease:
    """A lease that a process believes it holds, and the token that it has fetched under it."""

    lease: Lease
    fence: int
    counted_at: float
    fetched: CachedToken | None = None


@dataclass
class Process:
    store: Any
    holder: str
    leases: dict[str, HeldLease] = field(default_factory=dict)
    unleased: dict[str, tuple[Lookup, CachedToken]] = field(default_factory=dict)


@dataclass
class KeyState:
    """The state of a key in the model."""

    cached: CachedToken | None = None
    fence: int = 0
    failed_until: float = 0.0
    last_fence: int = 0
    current: HeldLease | None = None
    expires_at: float = 0.0
    holder: str = ""


def has_lease(process: Process, name: str) -> bool:
    return name in process.leases


def may_request(process: Process, name: str) -> bool:
    return has_lease(process, name) and process.leases[name].fetched is None


def has_token(process: Process, name: str) -> bool:
    return has_lease(process, name) and process.leases[name].fetched is not None


def has_unleased(process: Process, name: str) -> bool:
    return name in process.unleased


class LeaseModel(RuleBasedStateMachine):
    sees_death = True
    """Whether a waiter notices at once that a holder has died."""
    renews_expired = True
    """Whether an expired lease can be renewed if no other process has taken it."""
    steps = 0
    states: set[Any] = set()  # noqa: RUF012 - of all examples
    outcomes: Counter[str] = Counter()  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.now, self.serial, self.dead = 1_800_000_000.0, 0, set[str]()
        self.stored = {name: KeyState() for name in ACCOUNTS}
        self.counted: dict[str, list[float]] = {"sandbox": [], "production": []}
        self.requested: dict[str, list[float]] = {"sandbox": [], "production": []}
        self.holder = ""
        self.patches = pytest.MonkeyPatch()
        clock = SimpleNamespace(time=lambda: self.now, monotonic=time.monotonic, sleep=time.sleep)
        for module in (_file_store, _file_quota, _token_folder, _redis_leases):
            self.patches.setattr(module, "time", clock)
        for module in (_file_lease, _redis_leases):
            self.patches.setattr(module, "current_holder", lambda: self.holder)
        self.patches.setattr(_file_lease, "boot_time", lambda: self.now - 1_799_000_000)
        self.patches.setattr(_file_lease, "holder_died", lambda holder: holder in self.dead)
        self.patches.setattr(_file_lock, "LOCK_WAIT", HANG_TIMEOUT)
        self.patches.setattr(_file_store, "sweep", lambda *_: 0)  # file times are of the real clock
        self.patches.setattr(os, "fsync", lambda _: None)
        self.processes = [Process(store, f"holder-{n}") for n, store in enumerate(self.make_stores())]

    def make_stores(self) -> list[Any]:
        raise NotImplementedError

    def after_step(self) -> None:
        """Adjust the store's own clock to the clock of the test."""

    def teardown(self) -> None:
        """Check that every waiter ends: whatever has happened, a key is free when its lease has expired."""
        self.now += 2 * LIFETIME + QUOTA[1]
        self.after_step()
        for name in ACCOUNTS:
            assert isinstance(self.act(0).store.acquire(self.lookup(name), 0), Lease)
        self.patches.undo()

    def lookup(self, name: str, exclude: str | None = None) -> Lookup:
        account = ACCOUNTS[name]
        return Lookup(f"{name:0>64}", account, exclude, QUOTA, ("su", account))

    def act(self, number: int) -> Process:
        process = self.processes[number]
        self.holder = process.holder
        type(self).steps += 1
        return process

    def record(self, outcome: str) -> None:
        LeaseModel.outcomes[f"{type(self).__name__} {outcome}"] += 1
        self.after_step()
        keys = [
            (
                state.cached and round(self.now - state.cached.issued_at),
                state.failed_until > self.now,
                self.is_leased(state),
                state.current is not None,
                state.last_fence - state.fence,
            )
            for state in self.stored.values()
        ]
        leases = [
            (name, held.fetched is not None, self.stored[name].last_fence - held.fence)
            for process in self.processes
            for name, held in sorted(process.leases.items())
        ]
        counts = [len(self.counted_in_window(account)) for account in self.counted]
        type(self).states.add(repr((keys, leases, counts)))

    def is_leased(self, stored: KeyState) -> bool:
        alive = not (self.sees_death and stored.holder in self.dead)
        return stored.current is not None and self.now < stored.expires_at and alive

    def counted_in_window(self, account: str) -> list[float]:
        return [at for at in self.counted[account] if at > self.now - QUOTA[1]]

    def any(self, has: Callable[[Process, str], bool]) -> bool:
        return any(has(process, name) for process in self.processes for name in ACCOUNTS)

    def pick(self, data: st.DataObject, has: Callable[[Process, str], bool]) -> tuple[Process, str]:
        """Choose one of the processes and keys for which the condition holds."""
        pairs = [
            (n, name) for n, process in enumerate(self.processes) for name in ACCOUNTS if has(process, name)
        ]
        number, name = data.draw(st.sampled_from(pairs))
        return self.act(number), name

    def usable(self, stored: KeyState, lookup: Lookup) -> CachedToken | None:
        cached = stored.cached
        if cached is None or self.now >= cached.usable_until or cached.fingerprint == lookup.exclude:
            return None
        return cached

    def new_token(self, name: str) -> CachedToken:
        self.serial += 1
        end = self.now + LIFETIME
        return CachedToken(Token(f"{name}-{self.serial}", end), self.now, self.now + 30, end)

    @rule(number=numbers, name=names, rejects=st.booleans())
    def acquire(self, number: int, name: str, rejects: bool) -> None:
        """A caller looks for a token, perhaps for one other than the stored token."""
        self.acquire_as(number, name, rejects)

    def acquire_as(self, number: int, name: str, rejects: bool) -> None:
        process, stored = self.act(number), self.stored[name]
        if name in process.leases:
            return
        lookup = self.lookup(name, stored.cached.fingerprint if rejects and stored.cached else None)
        result, leased = process.store.acquire(lookup, 0), self.is_leased(stored)
        if isinstance(result, CachedToken):
            assert result == self.usable(stored, lookup)
            assert result.token.value.startswith(name), "a token of another account or environment"
        elif isinstance(result, Lease):
            assert self.usable(stored, lookup) is None
            assert not leased, "two holders"
            assert len(self.counted_in_window(lookup.account)) < QUOTA[0]
            fence = result.handle.fence
            assert fence > stored.last_fence
            held = HeldLease(result, fence, self.now)
            self.counted[lookup.account].append(self.now)
            process.leases[name] = stored.current = held
            stored.last_fence, stored.holder = fence, process.holder
            stored.expires_at = self.now + lookup.lease_seconds
        elif isinstance(result, RateLimited):
            assert len(self.counted_in_window(lookup.account)) >= QUOTA[0]
            assert not leased
            assert result.retry_at == self.counted_in_window(lookup.account)[-QUOTA[0]] + QUOTA[1]
            stored.current = None  # the expired lease was replaced for a moment
        elif isinstance(result, Rejected):
            assert self.now < stored.failed_until
        else:
            assert result is None
            assert leased, "a waiter waits although there is no holder"
        self.record(f"acquire: {type(result).__name__}")

    @precondition(lambda self: self.any(has_lease))
    @rule(data=st.data(), rejects=st.booleans())
    def acquire_what_another_process_holds(self, data: st.DataObject, rejects: bool) -> None:
        _, name = self.pick(data, has_lease)
        others = [n for n, process in enumerate(self.processes) if name not in process.leases]
        if others:
            self.acquire_as(data.draw(st.sampled_from(others)), name, rejects)

    @precondition(lambda self: self.any(may_request))
    @rule(data=st.data())
    def request(self, data: st.DataObject) -> None:
        """The provider issues a token and counts it."""
        process, name = self.pick(data, may_request)
        held = process.leases[name]
        if self.now >= held.counted_at + held.lease.lookup.deadline_in:
            return  # nothing is sent after the deadline
        held.fetched = self.new_token(name)
        self.requested[ACCOUNTS[name]].append(held.counted_at)
        counted = [at for at in self.requested[ACCOUNTS[name]] if at > self.now - QUOTA[1]]
        assert len(counted) <= QUOTA[0], "the quota is exceeded"
        self.record("request")

    @precondition(lambda self: self.any(has_lease))
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        process, name = self.pick(data, has_lease)
        stored = self.stored[name]
        held = process.leases[name]
        renewed = process.store.renew(held.lease)
        expected = stored.current is held and (self.renews_expired or self.now < stored.expires_at)
        assert renewed == expected
        if renewed:
            stored.expires_at = self.now + held.lease.lookup.lease_seconds
        self.record(f"renew: {renewed}")

    @precondition(lambda self: self.any(has_token))
    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        process, name = self.pick(data, has_token)
        stored = self.stored[name]
        held = process.leases.pop(name)
        assert held.fetched is not None
        process.store.publish(held.lease, held.fetched)
        counts = self.put(stored, held.lease.lookup, held.fetched, held.fence)
        if stored.current is held:
            stored.current = None
        self.record(f"publish: {counts}")

    @precondition(lambda self: self.any(has_lease))
    @rule(data=st.data(), number=numbers)
    def fetch_without_lease(self, data: st.DataObject, number: int) -> None:
        """The time of a waiter is over, so it fetches a token without a lease."""
        _, name = self.pick(data, has_lease)
        self.act(number).unleased[name] = self.lookup(name), self.new_token(name)

    @precondition(lambda self: self.any(has_unleased))
    @rule(data=st.data())
    def offer(self, data: st.DataObject) -> None:
        process, name = self.pick(data, has_unleased)
        stored = self.stored[name]
        lookup, cached = process.unleased.pop(name)
        process.store.offer(lookup, cached)
        self.record(f"offer: {self.put(stored, lookup, cached, None)}")

    def put(self, stored: KeyState, lookup: Lookup, cached: CachedToken, fence: int | None) -> bool:
        """Whether the token is stored: not if there is a newer one, and not if it has expired."""
        before = self.usable(stored, lookup)
        if before is not None:
            newer = before.issued_at > cached.issued_at
            if fence is not None and fence != stored.fence:
                newer = stored.fence > fence
            if newer:
                return False
        if self.now >= cached.usable_until:
            return False
        stored.cached, stored.failed_until = cached, 0.0
        stored.fence = stored.last_fence if fence is None else fence
        return True

    @precondition(lambda self: self.any(has_lease))
    @rule(data=st.data(), sent=st.booleans(), lasts=st.sampled_from([0.0, 5.0]))
    def fail(self, data: st.DataObject, sent: bool, lasts: float) -> None:
        process, name = self.pick(data, has_lease)
        if process.leases[name] is self.stored[name].current and data.draw(st.booleans()):
            return
        stored = self.stored[name]
        held = process.leases.pop(name)
        sent = sent or held.fetched is not None
        error = Rejected("no", retry_at=self.now + lasts) if lasts else None
        process.store.fail(held.lease, error, sent=sent)
        if not sent:
            with contextlib.suppress(ValueError):
                self.counted[held.lease.lookup.account].remove(held.counted_at)
        if stored.current is held:
            stored.current = None
            stored.failed_until = self.now + lasts if lasts else stored.failed_until
        self.record("fail")

    @precondition(lambda self: self.any(has_lease))
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        """A new process replaces a killed one. A process that takes no step is a stopped one."""
        process, _ = self.pick(data, has_lease)
        if data.draw(st.integers(0, 3)):
            return  # less often than the other steps, which need leases
        self.dead.add(process.holder)
        process.holder += "'"
        process.leases.clear()
        process.unleased.clear()
        self.record("kill")

    @rule(seconds=st.sampled_from([0.5, 1.0, 3.0, 3.0, 3.0, 10.0, LIFETIME, float(QUOTA[1])]))
    @precondition(lambda self: any(stored.last_fence for stored in self.stored.values()))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.record("pass")

    @invariant()
    def the_store_has_the_token_of_the_model(self) -> None:
        for name, stored in self.stored.items():
            cached = self.usable(stored, self.lookup(name))
            if cached is not None:
                assert self.processes[0].store.acquire(self.lookup(name), 0) == cached


class FileModel(LeaseModel):
    states: set[Any] = set()  # noqa: RUF012

    def make_stores(self) -> list[Any]:
        self.folder = Path(tempfile.mkdtemp(prefix="gp-"))
        # As if all looked at the same moment: a decision without the lock must not matter.
        self.patches.setattr(_file_lease.LeaseWatch, "is_leased", lambda _: False)
        return [FileStore(self.folder / "store") for _ in range(3)]

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.patches.undo()
            shutil.rmtree(self.folder)


class RedisModel(LeaseModel):
    server: Server
    client: Any
    sees_death = False  # of a process of another host
    renews_expired = False
    states: set[Any] = set()  # noqa: RUF012

    def make_stores(self) -> list[Any]:
        self.client.flushall()

        def script(name: str) -> str:
            """The script, with the clock of the test."""
            seconds, part = divmod(round(self.now * 1_000_000), 1_000_000)
            return _script(name).replace("redis.call('TIME')", f"{{'{seconds}', '{part}'}}")

        self.patches.setattr(_redis_leases, "_script", script)
        # Without a thread for each command, for which it would wait on a busy machine.
        self.patches.setattr(_circuit_breaker, "_start_thread", lambda work: work())
        self.patches.setattr(_redis_store, "SAFE_STALL", HANG_TIMEOUT)
        self.patches.setattr(_redis_client, "COMMAND_TIMEOUT", (HANG_TIMEOUT, HANG_TIMEOUT))
        self.leases: dict[bytes, float] = {}
        return [RedisStore(self.client, key=KEY, host=False) for _ in range(3)]

    def after_step(self) -> None:
        """Expire leases on the clock of the test; on the server's own clock none expires."""
        for key in self.client.scan_iter("*:lease"):
            if self.client.pttl(key) < FAR / 2:  # just acquired or renewed
                self.leases[key] = self.now + self.lookup("sandbox-1").lease_seconds
                self.client.pexpire(key, FAR)
            if self.now >= self.leases[key]:
                self.client.delete(key)

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.patches.undo()


@pytest.fixture
def redis_model() -> Iterator[type[RedisModel]]:
    with contextlib.closing(Server("valkey")) as server, server.admin as client:
        RedisModel.client = client
        yield RedisModel


def explore(model: type[LeaseModel]) -> None:
    options = settings(
        max_examples=EXAMPLES,
        stateful_step_count=60,
        deadline=None,
        derandomize="GATEPASS_MODEL_EXAMPLES" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    run_state_machine_as_test(model, settings=options)


def test_a_file_store_keeps_the_lease_protocol() -> None:
    explore(FileModel)
    print(f"{FileModel.steps} steps, {len(FileModel.states)} states; {dict(LeaseModel.outcomes)}")


def test_a_redis_store_keeps_the_lease_protocol(redis_model: type[RedisModel]) -> None:
    explore(redis_model)
    print(f"{redis_model.steps} steps, {len(redis_model.states)} states; {dict(LeaseModel.outcomes)}")
