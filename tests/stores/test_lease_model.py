"""The lease protocol against a model of it, step by step, in sequences that Hypothesis chooses.

The stores are the real ones: a FileStore, and a RedisStore whose scripts run in a real server. Only their
clocks are the test's. Three processes or hosts share two secrets of an account and one of another
environment. They acquire, renew, publish, fail and offer, are killed, and are stopped between any two of
these steps. GATEPASS_MODEL_EXAMPLES=5000 makes a longer run.
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

from gatepass import Limited, Rejected, Token
from gatepass.stores import (
    Entry,
    FileStore,
    Lease,
    RedisStore,
    Wanted,
    _file,
    _lock_file,
    _redis,
    _redis_client,
)
from gatepass.stores._redis import _script

from ..patience import PATIENCE
from .redis.conftest import KEY, Server

EXAMPLES = int(os.environ.get("GATEPASS_MODEL_EXAMPLES", "250"))
LIFE, QUOTA = 40.0, (6, 60)
ACCOUNTS = {"sandbox-1": "sandbox", "sandbox-2": "sandbox", "production-1": "production"}
"""The account of each key."""
FAR = 1_000_000_000
"""Milliseconds until a lease runs out by the server's own clock: never in a test."""

names = st.sampled_from(sorted(ACCOUNTS))
numbers = st.integers(0, 2)


@dataclass
class Held:
    """A lease that a process believes to have, and the token that it has fetched by it."""

    lease: Lease
    fence: int
    counted_at: float
    entry: Entry | None = None


@dataclass
class Process:
    store: Any
    holder: str
    held: dict[str, Held] = field(default_factory=dict)
    unleased: dict[str, tuple[Wanted, Entry]] = field(default_factory=dict)


@dataclass
class Stored:
    """What the model says of a key."""

    entry: Entry | None = None
    fence: int = 0
    failed_until: float = 0.0
    last_fence: int = 0
    current: Held | None = None
    expires_at: float = 0.0
    holder: str = ""


def holds(process: Process, name: str) -> bool:
    return name in process.held


def may_send(process: Process, name: str) -> bool:
    return holds(process, name) and process.held[name].entry is None


def has_token(process: Process, name: str) -> bool:
    return holds(process, name) and process.held[name].entry is not None


def has_unleased(process: Process, name: str) -> bool:
    return name in process.unleased


class LeaseModel(RuleBasedStateMachine):
    sees_death = True
    """Whether a waiter sees at once that a holder has died."""
    renews_expired = True
    """Whether a lease can be renewed that has run out, if no other process has taken it."""
    steps = 0
    states: set[Any] = set()  # noqa: RUF012 - of all examples
    outcomes: Counter[str] = Counter()  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.now, self.serial, self.dead = 1_800_000_000.0, 0, set[str]()
        self.stored = {name: Stored() for name in ACCOUNTS}
        self.ledgers: dict[str, list[float]] = {"sandbox": [], "production": []}
        self.requests: dict[str, list[float]] = {"sandbox": [], "production": []}
        self.acting = ""
        self.patches = pytest.MonkeyPatch()
        clock = SimpleNamespace(time=lambda: self.now, monotonic=time.monotonic, sleep=time.sleep)
        for module in (_file, _redis):
            self.patches.setattr(module, "time", clock)
            self.patches.setattr(module, "current_holder", lambda: self.acting)
        for module in (_file, _lock_file):
            self.patches.setattr(module, "boot_time", lambda: self.now - 1_799_000_000)
        self.patches.setattr(_lock_file, "LOCK_WAIT", PATIENCE)
        self.patches.setattr(_lock_file, "holder_died", lambda holder: holder in self.dead)
        self.patches.setattr(_file, "sweep", lambda *_: 0)  # the files' times are of the real clock
        self.patches.setattr(os, "fsync", lambda _: None)
        self.processes = [Process(store, f"holder-{n}") for n, store in enumerate(self.make_stores())]

    def make_stores(self) -> list[Any]:
        raise NotImplementedError

    def after_step(self) -> None:
        """Brings the store's own clock to the test's."""

    def teardown(self) -> None:
        """Every waiter ends: whatever has happened, a key is free when its lease has run out."""
        self.now += 2 * LIFE + QUOTA[1]
        self.after_step()
        for name in ACCOUNTS:
            assert isinstance(self.act(0).store.acquire(self.wanted(name), 0), Lease)
        self.patches.undo()

    def wanted(self, name: str, other_than: str | None = None) -> Wanted:
        account = ACCOUNTS[name]
        return Wanted(f"{name:0>64}", account, other_than, QUOTA, ("su", account))

    def act(self, number: int) -> Process:
        process = self.processes[number]
        self.acting = process.holder
        type(self).steps += 1
        return process

    def noted(self, outcome: str) -> None:
        LeaseModel.outcomes[f"{type(self).__name__} {outcome}"] += 1
        self.after_step()
        state = [
            (
                one.entry and round(self.now - one.entry.minted_at),
                one.failed_until > self.now,
                self.is_leased(one),
                one.current is not None,
                one.last_fence - one.fence,
            )
            for one in self.stored.values()
        ]
        doing = [
            (name, held.entry is not None, self.stored[name].last_fence - held.fence)
            for process in self.processes
            for name, held in sorted(process.held.items())
        ]
        counts = [len(self.ledger(account)) for account in self.ledgers]
        type(self).states.add(repr((state, doing, counts)))

    def is_leased(self, stored: Stored) -> bool:
        alive = not (self.sees_death and stored.holder in self.dead)
        return stored.current is not None and self.now < stored.expires_at and alive

    def ledger(self, account: str) -> list[float]:
        return [at for at in self.ledgers[account] if at > self.now - QUOTA[1]]

    def any(self, has: Callable[[Process, str], bool]) -> bool:
        return any(has(process, name) for process in self.processes for name in ACCOUNTS)

    def pick(self, data: st.DataObject, has: Callable[[Process, str], bool]) -> tuple[Process, str]:
        """One of the processes and keys of which that is so."""
        pairs = [
            (n, name) for n, process in enumerate(self.processes) for name in ACCOUNTS if has(process, name)
        ]
        number, name = data.draw(st.sampled_from(pairs))
        return self.act(number), name

    def usable(self, stored: Stored, wanted: Wanted) -> Entry | None:
        entry = stored.entry
        usable = entry is not None and self.now < entry.dead_at and entry.name != wanted.other_than
        return entry if usable else None

    def new_entry(self, name: str) -> Entry:
        self.serial += 1
        end = self.now + LIFE
        return Entry(Token(f"{name}-{self.serial}", end), self.now, self.now + 30, end)

    @rule(number=numbers, name=names, rejects=st.booleans())
    def acquire(self, number: int, name: str, rejects: bool) -> None:
        """A caller wants a token, perhaps another one than is stored."""
        self.acquire_as(number, name, rejects)

    def acquire_as(self, number: int, name: str, rejects: bool) -> None:
        process, stored = self.act(number), self.stored[name]
        if name in process.held:
            return
        wanted = self.wanted(name, stored.entry.name if rejects and stored.entry else None)
        found, leased = process.store.acquire(wanted, 0), self.is_leased(stored)
        if isinstance(found, Entry):
            assert found == self.usable(stored, wanted)
            assert found.token.value.startswith(name), "a token of another account or environment"
        elif isinstance(found, Lease):
            assert self.usable(stored, wanted) is None
            assert not leased, "two holders"
            assert len(self.ledger(wanted.account)) < QUOTA[0]
            fence = found.handle.fence
            assert fence > stored.last_fence
            held = Held(found, fence, self.now)
            self.ledgers[wanted.account].append(self.now)
            process.held[name] = stored.current = held
            stored.last_fence, stored.holder = fence, process.holder
            stored.expires_at = self.now + wanted.lease_seconds
        elif isinstance(found, Limited):
            assert len(self.ledger(wanted.account)) >= QUOTA[0]
            assert not leased
            assert found.retry_at == self.ledger(wanted.account)[-QUOTA[0]] + QUOTA[1]
            stored.current = None  # the lease was taken for a moment, in place of one that had run out
        elif isinstance(found, Rejected):
            assert self.now < stored.failed_until
        else:
            assert found is None
            assert leased, "a waiter waits for no process"
        self.noted(f"acquire: {type(found).__name__}")

    @precondition(lambda self: self.any(holds))
    @rule(data=st.data(), rejects=st.booleans())
    def acquire_what_another_process_holds(self, data: st.DataObject, rejects: bool) -> None:
        _, name = self.pick(data, holds)
        others = [n for n, process in enumerate(self.processes) if name not in process.held]
        if others:
            self.acquire_as(data.draw(st.sampled_from(others)), name, rejects)

    @precondition(lambda self: self.any(may_send))
    @rule(data=st.data())
    def request(self, data: st.DataObject) -> None:
        """The provider grants a token, and counts it."""
        process, name = self.pick(data, may_send)
        held = process.held[name]
        if self.now >= held.counted_at + held.lease.wanted.deadline_in:
            return  # nothing is sent after the deadline
        held.entry = self.new_entry(name)
        self.requests[ACCOUNTS[name]].append(held.counted_at)
        counted = [at for at in self.requests[ACCOUNTS[name]] if at > self.now - QUOTA[1]]
        assert len(counted) <= QUOTA[0], "the quota is exceeded"
        self.noted("request")

    @precondition(lambda self: self.any(holds))
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        process, name = self.pick(data, holds)
        stored = self.stored[name]
        held = process.held[name]
        renewed = process.store.renew(held.lease)
        expected = stored.current is held and (self.renews_expired or self.now < stored.expires_at)
        assert renewed == expected
        if renewed:
            stored.expires_at = self.now + held.lease.wanted.lease_seconds
        self.noted(f"renew: {renewed}")

    @precondition(lambda self: self.any(has_token))
    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        process, name = self.pick(data, has_token)
        stored = self.stored[name]
        held = process.held.pop(name)
        assert held.entry is not None
        process.store.publish(held.lease, held.entry)
        counts = self.put(stored, held.lease.wanted, held.entry, held.fence)
        if stored.current is held:
            stored.current = None
        self.noted(f"publish: {counts}")

    @precondition(lambda self: self.any(holds))
    @rule(data=st.data(), number=numbers)
    def fetch_without_lease(self, data: st.DataObject, number: int) -> None:
        """A waiter's time is over."""
        _, name = self.pick(data, holds)
        self.act(number).unleased[name] = self.wanted(name), self.new_entry(name)

    @precondition(lambda self: self.any(has_unleased))
    @rule(data=st.data())
    def offer(self, data: st.DataObject) -> None:
        process, name = self.pick(data, has_unleased)
        stored = self.stored[name]
        wanted, entry = process.unleased.pop(name)
        process.store.offer(wanted, entry)
        self.noted(f"offer: {self.put(stored, wanted, entry, None)}")

    def put(self, stored: Stored, wanted: Wanted, entry: Entry, fence: int | None) -> bool:
        """Whether a publication counts: not over a newer token, and not when it has expired itself."""
        before = self.usable(stored, wanted)
        if before is not None:
            newer = before.minted_at > entry.minted_at
            if fence is not None and fence != stored.fence:
                newer = stored.fence > fence
            if newer:
                return False
        if self.now >= entry.dead_at:
            return False
        stored.entry, stored.failed_until = entry, 0.0
        stored.fence = stored.last_fence if fence is None else fence
        return True

    @precondition(lambda self: self.any(holds))
    @rule(data=st.data(), sent=st.booleans(), lasts=st.sampled_from([0.0, 5.0]))
    def fail(self, data: st.DataObject, sent: bool, lasts: float) -> None:
        process, name = self.pick(data, holds)
        if process.held[name] is self.stored[name].current and data.draw(st.booleans()):
            return
        stored = self.stored[name]
        held = process.held.pop(name)
        sent = sent or held.entry is not None
        error = Rejected("no", retry_at=self.now + lasts) if lasts else None
        process.store.fail(held.lease, error, sent=sent)
        if not sent:
            with contextlib.suppress(ValueError):
                self.ledgers[held.lease.wanted.account].remove(held.counted_at)
        if stored.current is held:
            stored.current = None
            stored.failed_until = self.now + lasts if lasts else stored.failed_until
        self.noted("fail")

    @precondition(lambda self: self.any(holds))
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        """Another process takes its place. (To be stopped is to take no step for a while.)"""
        process, _ = self.pick(data, holds)
        if data.draw(st.integers(0, 3)):
            return  # more seldom than all else, which needs leases
        self.dead.add(process.holder)
        process.holder += "'"
        process.held.clear()
        process.unleased.clear()
        self.noted("kill")

    @rule(seconds=st.sampled_from([0.5, 1.0, 3.0, 3.0, 3.0, 10.0, LIFE, float(QUOTA[1])]))
    @precondition(lambda self: any(stored.last_fence for stored in self.stored.values()))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.noted("pass")

    @invariant()
    def what_is_stored_is_what_the_model_says(self) -> None:
        for name, stored in self.stored.items():
            entry = self.usable(stored, self.wanted(name))
            if entry is not None:
                assert self.processes[0].store.acquire(self.wanted(name), 0) == entry


class FileModel(LeaseModel):
    states: set[Any] = set()  # noqa: RUF012

    def make_stores(self) -> list[Any]:
        self.folder = Path(tempfile.mkdtemp(prefix="gp-"))
        # As if each had looked at the same moment: what is decided without the lock proves nothing.
        self.patches.setattr(_file._Watch, "is_leased", lambda _: False)
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
            """As it is, but by the test's clock."""
            seconds, part = divmod(round(self.now * 1_000_000), 1_000_000)
            return _script(name).replace("redis.call('TIME')", f"{{'{seconds}', '{part}'}}")

        self.patches.setattr(_redis, "_script", script)
        self.patches.setattr(_redis, "SAFE", PATIENCE)
        self.patches.setattr(_redis_client, "BOUND", (PATIENCE, PATIENCE))
        self.leases: dict[bytes, float] = {}
        return [RedisStore(self.client, key=KEY, host=False) for _ in range(3)]

    def after_step(self) -> None:
        """Leases run out by the test's clock; the server's own, which goes on meanwhile, ends none."""
        for key in self.client.scan_iter("*:lease"):
            if self.client.pttl(key) < FAR / 2:  # just made or renewed
                self.leases[key] = self.now + self.wanted("sandbox-1").lease_seconds
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
