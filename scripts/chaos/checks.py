"""Checks a run by the reports of the workers and the logs of the emulators."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from .fleet import Applied, History
from .plan import ALLOWED, LEASE, MAX_BACKOFF, RATE_LIMIT_BACKOFF, TARGETS, TIMEOUT, Target, refreshes

Line = tuple[str, str, str, bool]
"""Name, figure, limit, and whether the limit holds."""
Use = dict[str, Any]
ORDINARY_QUOTA, HOST_SHARE = 28, 5
"""Of Su's 30 tokens: those not reserved for rejected tokens, and a host's share while Redis is down."""


def check(history: History, bounds: Mapping[Target, int]) -> Iterator[Line]:
    """Yield the lines of the result table."""
    uses = [report for report in history.reports if report["kind"] == "use"]
    served = [use for use in uses if not use["error"]]
    yield (
        "uses of a token, and errors instead",
        f"{len(served):,}, {len(uses) - len(served):,}",
        "",
        bool(served),
    )
    yield from _check_tokens(history, uses)
    yield from _check_requests(history, bounds)
    yield from _check_errors(history, uses)
    yield from _check_waits(history, uses)


def _check_tokens(history: History, uses: list[Use]) -> Iterator[Line]:
    issued: dict[str, tuple[Target, float]] = {}
    rejected: list[tuple[str, float]] = []
    for account, requests in enumerate(history.requests):
        for request in requests:
            target = Target(account, request["provider"], request["environment"])
            if request["kind"] == "token" and request["token"]:
                issued[request["token"]] = target, request["at"] + target.lifetime
            elif request["kind"] == "echo" and request["status"] == 401:
                rejected.append((request["token"], request["at"]))
    expired = foreign = unknown = 0
    for use in uses:
        for token, sent_at in use["sent"]:
            if token not in issued:
                unknown += 1
                continue
            target, expires_at = issued[token]
            foreign += target != TARGETS[use["target"]]
            expired += sent_at >= expires_at and not _own_stop(history, use)
    yield "expired tokens used", f"{expired}", "0", not expired
    yield "tokens of another account or environment used", f"{foreign}", "0", not foreign
    yield "tokens used that no provider issued", f"{unknown}", "0", not unknown
    late = [(token, at) for token, at in rejected if token in issued and at >= issued[token][1]]
    revoked = [
        (token, at)
        for token, at in set(rejected) - set(late)
        if token in issued and _was_revoked(history, *issued[token], at)
    ]
    figure = f"{len(rejected)}: {len(revoked)} revoked, {len(late)} expired on the way"
    yield "tokens that the API rejected", figure, "no others", len(rejected) == len(revoked) + len(late)
    yield from _check_replacements(history, uses)


def _check_replacements(history: History, uses: list[Use]) -> Iterator[Line]:
    """The rejections that a caller saw although the revoked token should have been replaced."""
    rejections = [use for use in uses if use["auth"] and use["status"] == 401]
    unexplained, longest = 0, 0.0
    first: dict[tuple[int, int], float] = {}
    for use in uses:
        caller = use["pid"], use["target"]
        if use["status"] == 200:
            longest = max(longest, use["at"] - first.pop(caller, use["at"]))
        elif use["auth"] and use["status"] == 401:
            first.setdefault(caller, use["began"])
    for use in rejections:
        target = TARGETS[use["target"]]
        # A process leaves an API alone that rejects two tokens in a row, until the token is renewed anyway.
        explained = any(
            applied.start <= use["at"] <= applied.end + target.lifetime + TIMEOUT
            for applied in history.faults
            if applied.fault.kind == "revoked" and target in applied.fault.targets
        )
        unexplained += not explained
    figure = f"{len(rejections)}, for {longest:.1f} s at most"
    yield "rejections that a caller saw", figure, "of revoked tokens", not unexplained


def _was_revoked(history: History, target: Target, expires_at: float, at: float) -> bool:
    return any(
        applied.start <= at and expires_at - target.lifetime <= applied.end
        for applied in history.faults
        if applied.fault.kind == "revoked" and target in applied.fault.targets
    )


def _check_requests(history: History, bounds: Mapping[Target, int]) -> Iterator[Line]:
    counts = Counter(
        Target(account, request["provider"], request["environment"])
        for account, requests in enumerate(history.requests)
        for request in requests
        if request["kind"] == "token"
    )
    for target, bound in bounds.items():
        yield f"token requests, {target}", f"{counts[target]}", f"to {bound}", counts[target] <= bound
    needed = sum(refreshes(target.lifetime, history.ended - history.begun) for target in bounds)
    figure = f"{counts.total()}; without faults up to {needed}"
    yield "token requests, all", figure, f"to {sum(bounds.values())}", counts.total() <= sum(bounds.values())
    lost = sum(applied.fault.part == "worker" for applied in history.faults)
    yield "workers killed or stopped", f"{lost}", "", True


def _check_errors(history: History, uses: list[Use]) -> Iterator[Line]:
    untyped = Counter(report["name"] for report in history.reports if report["kind"] == "untyped")
    excused, unexcused = Counter[str](), Counter[str]()
    for use in uses:
        name = use["error"]
        if name.startswith("untyped ") or name == "GatepassError":
            untyped[name.removeprefix("untyped ")] += 1
        elif name and name in _allowed(history, use):
            excused[name] += 1
        elif name:
            unexcused[name] += 1
    yield "untyped errors", _counted(untyped), "0", not untyped
    yield "errors because of a fault in force", _counted(excused), "", True
    yield "errors that no fault in force explains", _counted(unexcused), "0", not unexcused
    for use in [use for use in uses if use["error"] and use["error"] not in _allowed(history, use)][:20]:
        at, began = use["at"] - history.begun, use["began"] - history.begun
        figure = f"{began:.1f} to {at:.1f} s: {use['reason']}"
        yield f"  worker {use['worker']}, {TARGETS[use['target']]}", figure, "", False


def _check_waits(history: History, uses: list[Use]) -> Iterator[Line]:
    """Each wait from the start of a use, or from the provider's recovery if that is later, to the token."""
    waits: list[tuple[float, Use]] = []
    last: dict[tuple[int, int], Use] = {}
    for use in uses:
        last[use["pid"], use["target"]] = use
        if use["error"] or not use["sent"]:
            continue
        served_at = use["sent"][-1][1]  # with another token, where the API rejected the first
        ends = [fault.end for fault in _faults_of(history, use) if fault.end <= served_at]
        waits.append((served_at - max([use["began"], *ends]), use))
    waits.sort(key=lambda wait: wait[0])
    longest, use = waits[-1]
    limit = LEASE + TIMEOUT
    figure = f"{longest:.1f} s, at {use['began'] - history.begun:.1f} s, p99.9 {_percentile(waits):.2f} s"
    yield "longest wait once the provider is up", figure, f"to {limit:g} s", longest <= limit
    late = sum(wait > limit for wait, _ in waits)
    yield "callers that waited longer", f"{late}", "0", not late

    alive = {report["pid"]: report["worker"] for report in history.reports if report["kind"] == "ready"}
    newest = {worker: pid for pid, worker in alive.items()}  # a later process of a worker replaces the first
    unserved = 0
    for pid in newest.values():
        for target in range(len(TARGETS)):
            use_ = last.get((pid, target))
            waits_for_retry = use_ is not None and use_["error"] and use_["retry_at"] > history.ended - limit
            is_served = use_ is not None and not use_["error"] and use_["at"] > history.ended - limit
            unserved += not (is_served or waits_for_retry)
    yield "callers not served at the end", f"{unserved}", "0", not unserved


def _allowed(history: History, use: Use) -> set[str]:
    """The errors that the faults in force explain, including the back-off after them."""
    names: set[str] = set()
    if _own_stop(history, use):
        names.add("Unavailable")
    start = end = -1.0
    kinds: set[str] = set()
    target = TARGETS[use["target"]]
    for applied in history.faults:
        if target not in applied.fault.targets or not ALLOWED[applied.fault.kind]:
            continue
        if applied.start > end + _back_off(end - start):  # else the same outage, as far as a caller can see
            start, kinds = applied.start, set()
        end = applied.end
        kinds.add(applied.fault.kind)
        if start <= use["at"] and use["began"] <= end + _back_off(end - start):
            names |= {name for kind in kinds for name in ALLOWED[kind]}
        if "429" in kinds and start <= use["at"] and use["began"] <= end + RATE_LIMIT_BACKOFF + TIMEOUT:
            names |= ALLOWED["429"]
    if target.provider == "su":
        requests = sum(
            request["kind"] == "token" and request["at"] <= use["at"]
            for request in history.requests[target.account]
            if (request["provider"], request["environment"]) == (target.provider, target.environment)
        )
        before = [applied.fault.part for applied in history.faults if applied.start <= use["at"]]
        alone = "redis" in before or "host" in before
        # A worker that was killed may have counted a request that it never sent.
        if requests + before.count("worker") >= (HOST_SHARE if alone else ORDINARY_QUOTA):
            names |= {"RateLimited"}
    return names


def _back_off(seconds: float) -> float:
    """Seconds after a fault of this duration in which callers still get its error.

    Each back-off is twice as long as the one before, from one second on: in total as long as the fault, plus
    one. A request that began during the fault may end at its own deadline.
    """
    return min(seconds + 1, MAX_BACKOFF) + TIMEOUT + 1


def _own_stop(history: History, use: Use) -> bool:
    """Whether the caller's own process was stopped meanwhile, so that its deadline passed without it."""
    return any(
        applied.start <= use["at"] and use["began"] <= applied.end + TIMEOUT
        for applied in history.faults
        if applied.fault.part == "worker" and applied.fault.index == use["worker"]
    )


def _faults_of(history: History, use: Use) -> Iterator[Applied]:
    """The faults that excuse a wait: those of the provider, and stops of the caller's own process."""
    for applied in history.faults:
        of_provider = TARGETS[use["target"]] in applied.fault.targets
        of_worker = applied.fault.part == "worker" and applied.fault.index == use["worker"]
        if of_provider or of_worker:
            yield applied


def _counted(names: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in names.most_common()) or "0"


def _percentile(waits: list[tuple[float, Use]]) -> float:
    return waits[int(0.999 * len(waits))][0]
