"""The faults of a run, drawn from a seed before it begins, and the most token requests they can cause."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

HOSTS, WORKERS = 4, 8
"""Worker `n` runs on host `n % HOSTS`."""
LIFETIMES = {"setu": 15.0, "su": 60.0, "decentro": 15.0}
"""The lifetimes of tokens in seconds. Su's is longer, because its quota is 30 in an hour."""
TIMEOUT, LEASE = 10.0, 3.0
"""Seconds: a caller's timeout for a token request (the default), and the lease of a crashed holder."""
REFRESH_FROM = 0.7
"""The earliest fraction of its lifetime at which a token is refreshed."""
MAX_BACKOFF = 60.0
"""The longest back-off for an unavailable provider, in seconds."""
RATE_LIMIT_BACKOFF = 60.0
"""The first back-off after a 429, in seconds: its Retry-After is less."""
LATENCY = 0.3
"""Seconds that a provider takes to respond, so that workers can be killed while they wait for it."""
QUIET = 20.0
"""Seconds without new faults at the end, in which every caller must be served."""
HOLDER = -1
"""Instead of the index of a worker: the next worker that sends a token request and waits for the response."""


@dataclass(frozen=True)
class Target:
    """An account, a provider and an environment: what a token is for."""

    account: int
    provider: str
    environment: str

    def __str__(self) -> str:
        return f"account {self.account} {self.provider} {self.environment}"

    @property
    def lifetime(self) -> float:
        return LIFETIMES[self.provider]


TARGETS = [Target(*drawn) for drawn in product((0, 1), LIFETIMES, ("sandbox", "production"))]


@dataclass(frozen=True)
class Fault:
    """A fault from `start` on for `seconds`, both counted from the start of the run.

    `part` is what it is applied to, and `index` is the number of the account, the host or the worker.
    """

    part: str
    kind: str
    start: float
    seconds: float
    index: int = 0
    targets: Sequence[Target] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def end(self) -> float:
        return self.start + self.seconds

    def __str__(self) -> str:
        where = f"{len(self.targets)} tokens of account {self.index}" if self.targets else str(self.index)
        where = {"redis": "", "worker": "next holder" if self.index == HOLDER else where}.get(
            self.part, where
        )
        return f"{self.start:6.1f} s  {self.part:8}  {where:22}  {self.kind:22}  {self.seconds:4.1f} s"


PROVIDER_FAULTS: dict[str, dict[str, Any]] = {
    "503": {"status": 503},
    "429": {"status": 429, "headers": {"Retry-After": "2"}},
    "slow": {"latency": 2.0},
    "disconnect": {"disconnect": "before"},
    "disconnect in the body": {"disconnect": "middle"},
    "hanging": {"latency": 3 * TIMEOUT},
    "refused": {},
    "revoked": {},
}
ALLOWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(PROVIDER_FAULTS, frozenset({"Unavailable"})),
    "429": frozenset({"RateLimited"}),
    **dict.fromkeys(("slow", "revoked"), frozenset()),
}
"""The errors that a caller may get because of a provider's fault; no other fault excuses any."""


def draw(random_: random.Random, seconds: float) -> list[Fault]:
    """Draw three series of faults, of the provider, the stores and the workers; each has one at a time."""
    end = seconds - QUIET
    series = (_provider_fault, _store_fault, _worker_fault)
    return sorted(
        (fault for draw_fault in series for fault in _series(random_, end, draw_fault)),
        key=lambda fault: fault.start,
    )


def _series(random_: random.Random, end: float, draw_fault: Any) -> Iterator[Fault]:
    start = random_.uniform(3, 6)
    while True:
        fault: Fault = draw_fault(random_, start)
        if fault.end > end:
            return
        yield fault
        start = fault.end + random_.uniform(2, 8)


def _provider_fault(random_: random.Random, start: float) -> Fault:
    kind, seconds = random_.choice([*PROVIDER_FAULTS, "revoked", "revoked"]), random_.uniform(2, 10)
    seconds = 0.0 if kind == "revoked" else seconds
    account = random_.randrange(2)
    targets = [target for target in TARGETS if target.account == account]
    if kind != "refused":  # connections are refused by the whole server
        targets = random_.sample(targets, random_.choice((1, 2, len(targets))))
    return Fault("provider", kind, start, seconds, account, targets, PROVIDER_FAULTS[kind])


def _store_fault(random_: random.Random, start: float) -> Fault:
    kind = random_.choice(("stopped", "killed", "flushed", "closed folder", "corrupt records"))
    seconds = 0.0 if kind in ("flushed", "corrupt records") else random_.uniform(2, 10)
    part = "host" if kind in ("closed folder", "corrupt records") else "redis"
    return Fault(part, kind, start, seconds, random_.randrange(HOSTS) if part == "host" else 0)


def _worker_fault(random_: random.Random, start: float) -> Fault:
    kind = random_.choice(("killed", "stopped"))
    seconds = 1.0 if kind == "killed" else random_.uniform(2, 15)
    return Fault("worker", kind, start, seconds, random_.choice((HOLDER, random_.randrange(WORKERS))))


RULE = f"""\
The most requests for one token of lifetime L in a run of T seconds is the sum of
  1 + T / {REFRESH_FROM}L, rounded up: tokens are refreshed from {REFRESH_FROM:.0%} of their lifetime
  1 for each worker killed or stopped, which may have held the lease
  1 for each time Redis is flushed or a host's folder is unusable, which may lose a lease
  for each time Redis is unusable for D seconds: (hosts - 1) x (1 + D / {REFRESH_FROM}L, rounded down),
    because each host goes on alone
  for each fault of the provider that lasts D seconds: 2 x (1 + log2(D + 1), rounded down), because failures
    are cached for 1, 2, 4, ... seconds and a request may be repeated once; for 429 with Retry-After 2
    it is 1 + D / 2, rounded down; all this for each host if Redis is unusable in the same time
  2 for each time the API revokes its tokens, because a request under way may bring another revoked one;
    for each host if Redis is unusable in the same time"""


def refreshes(lifetime: float, seconds: float) -> int:
    """The most requests for a token without faults."""
    return 1 + math.ceil(seconds / (REFRESH_FROM * lifetime))


def request_bound(faults: Sequence[Fault], target: Target, seconds: float) -> int:
    """The most token requests for a target; see `RULE`."""
    bound = refreshes(target.lifetime, seconds)
    outages = [fault for fault in faults if fault.part == "redis" and fault.seconds]
    for fault in faults:
        if fault in outages:
            bound += (HOSTS - 1) * (1 + math.floor(fault.seconds / (REFRESH_FROM * target.lifetime)))
        elif fault.part != "provider":
            bound += 1
        elif target in fault.targets and fault.kind != "slow":
            alone = any(fault.start < outage.end + TIMEOUT and outage.start < fault.end for outage in outages)
            bound += (HOSTS if alone else 1) * _attempts(fault)
    return bound


def _attempts(fault: Fault) -> int:
    if fault.kind == "revoked":
        return 2
    if fault.kind == "429":
        return 1 + math.floor(fault.seconds / 2)
    return 2 * (1 + math.floor(math.log2(fault.seconds + 1)))
