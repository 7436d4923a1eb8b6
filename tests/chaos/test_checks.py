"""Each check of the chaos run fails where it should, and the plan is the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from chaos.checks import check
from chaos.fleet import Applied, History
from chaos.plan import LIFETIMES, PROVIDER_FAULTS, TARGETS, Fault, Target, draw, request_bound

SETU, SU = TARGETS.index(Target(0, "setu", "sandbox")), TARGETS.index(Target(0, "su", "sandbox"))
BOUNDS = dict.fromkeys(TARGETS, 2)
Changes = dict[str, Any]


def use(target: int = SETU, at: float = 100.0, **changes: Any) -> Changes:
    report: Changes = {"kind": "use", "worker": 0, "pid": 10, "target": target, "began": at, "at": at}
    report |= {"error": "", "reason": "", "status": 200, "retry_at": 0.0, "auth": True}
    report["sent"] = [(f"token-{target}", at)]
    return report | changes


def failed(error: str, at: float = 50.0, target: int = SETU, **changes: Any) -> Changes:
    return use(target, at, error=error, sent=[], status=0, **changes)


def request(target: int, at: float = 90.0, kind: str = "token", status: int = 200) -> Changes:
    requested = TARGETS[target]
    place = {"provider": requested.provider, "environment": requested.environment}
    return {"kind": kind, "at": at, "status": status, "token": f"token-{target}", **place}


def fault(part: str, kind: str, start: float, end: float, **changes: Any) -> Applied:
    return Applied(Fault(part, kind, start, end - start, **changes), start, end)


def of_setu(kind: str, start: float, end: float) -> Applied:
    return fault("provider", kind, start, end, targets=[TARGETS[SETU]])


def failures(*reports: Changes, faults: tuple[Applied, ...] = (), requests: tuple[Changes, ...] = ()) -> str:
    """The lines that are not ok in a run without other failures."""
    logs: list[list[Changes]] = [[], []]
    for number, target in enumerate(TARGETS):
        logs[target.account].append(request(number))
    logs[0] += requests
    well = [{"kind": "ready", "worker": 0, "pid": 10}, *(use(number) for number in range(len(TARGETS)))]
    happened = sorted([*well[1:], *reports], key=lambda report: report.get("at", 0.0))
    history = History(0.0, 101.0, list(faults), [well[0], *happened], logs)
    return "; ".join(name for name, _, _, ok in check(history, BOUNDS) if not ok)


def test_a_run_in_which_all_goes_well_passes() -> None:
    assert failures() == ""


@pytest.mark.parametrize(
    ("report", "failure"),
    [
        (use(at=110.0), "expired tokens used"),
        (use(sent=[(f"token-{SU}", 100.0)]), "tokens of another account or environment used"),
        (use(sent=[("fake", 100.0)]), "tokens used that no provider issued"),
        (failed("untyped KeyError"), "untyped errors"),
        (failed("GatepassError"), "untyped errors"),
        ({"kind": "untyped", "name": "ValueError"}, "untyped errors"),
        (failed("Unavailable"), "errors that no fault in force explains"),
        (failed("RateLimited", target=SU), "errors that no fault in force explains"),
        (use(status=401), "rejections that a caller saw"),
        (
            use(at=60.0, sent=[("fake", 60.0), (f"token-{SETU}", 74.0)]),
            "longest wait once the provider is up",
        ),
        (failed("Unavailable", 100.5), "callers not served at the end"),
    ],
)
def test_what_must_not_happen_fails_the_run(report: Changes, failure: str) -> None:
    assert failure in failures(report)


def test_more_requests_than_the_bound_fail_the_run() -> None:
    assert failures(requests=(request(SETU),)) == ""
    assert failures(requests=(request(SETU),) * 2) == "token requests, account 0 setu sandbox"


def test_a_worker_that_reports_nothing_at_the_end_fails_the_run() -> None:
    assert failures({"kind": "ready", "worker": 1, "pid": 11}) == "callers not served at the end"


@pytest.mark.parametrize(
    ("status", "at", "failure"),
    [(401, 105.0, ""), (401, 104.9, "tokens that the API rejected"), (200, 1.0, "")],
)
def test_only_a_token_that_expired_on_the_way_may_be_rejected(status: int, at: float, failure: str) -> None:
    assert failures(requests=(request(SETU, at, "echo", status),)) == failure


def test_a_revoked_token_may_be_rejected() -> None:
    rejected = request(SETU, 96.0, "echo", 401)

    assert (
        failures(use(at=96.0, status=401), requests=(rejected,), faults=(of_setu("revoked", 95, 95),)) == ""
    )
    for start in (80.0, 97.0):  # before the token was issued, after it was used
        assert "tokens that the API rejected" in failures(
            requests=(rejected,), faults=(of_setu("revoked", start, start),)
        )


@pytest.mark.parametrize(
    ("kind", "error", "explained"),
    [
        *[(kind, "Unavailable", kind not in ("429", "slow", "revoked")) for kind in PROVIDER_FAULTS],
        ("429", "RateLimited", True),
        ("503", "RateLimited", False),
        ("503", "Rejected", False),
        ("503", "ConfigError", False),
    ],
)
def test_a_fault_of_the_provider_explains_only_its_own_error(kind: str, error: str, explained: bool) -> None:
    assert (failures(failed(error), faults=(of_setu(kind, 45, 55),)) == "") is explained


@pytest.mark.parametrize(
    ("at", "faults", "explained"),
    [
        (44.0, [(45, 55)], False),
        (76.0, [(45, 55)], True),
        (78.0, [(45, 55)], False),
        (90.0, [(45, 55), (60, 70)], True),
    ],
    ids=["before it", "in the back-off", "after the back-off", "after a longer outage"],
)
def test_a_fault_explains_errors_until_its_back_off_ends(
    at: float, faults: list[tuple[float, float]], explained: bool
) -> None:
    applied = tuple(of_setu("503", start, end) for start, end in faults)

    assert (failures(failed("Unavailable", at), faults=applied) == "") is explained


def test_no_fault_of_a_store_or_of_another_worker_explains_an_error() -> None:
    faults = (fault("redis", "stopped", 45, 55), fault("worker", "stopped", 45, 55, index=1))
    assert "no fault in force" in failures(failed("Unavailable"), faults=faults)
    assert failures(failed("Unavailable"), faults=(fault("worker", "stopped", 45, 55, index=0),)) == ""


def test_a_wait_counts_from_when_the_provider_is_well() -> None:
    waited = use(at=60.0, sent=[(f"token-{SETU}", 74.0)])

    assert failures(waited, faults=(of_setu("503", 55, 61.5),)) == ""
    assert "longest wait" in failures(waited, faults=(of_setu("503", 40, 60.5),))


def test_the_quota_explains_an_error_once_it_is_spent() -> None:
    limited = failed("RateLimited", 95.0, SU)
    sent = (request(SU, 80.0),)

    assert "no fault" in failures(limited, requests=sent * 26)
    assert "no fault" not in failures(limited, requests=sent * 27)
    outage = (fault("redis", "stopped", 45, 55),)
    assert "no fault" in failures(limited, requests=sent * 3, faults=outage)
    assert "no fault" not in failures(limited, requests=sent * 4, faults=outage)


def test_a_seed_draws_the_same_plan_again() -> None:
    def plan(seed: int) -> list[Fault]:
        return draw(random.Random(seed), 300.0)

    assert plan(1) == plan(1) != plan(2)
    assert {fault.kind for fault in plan(1)} >= {"revoked", "stopped", "killed"}
    assert {fault.part for fault in plan(1)} == {"provider", "redis", "host", "worker"}
    assert all(fault.end <= 280.0 for fault in plan(1))


def test_the_bound_is_the_sum_of_what_each_fault_may_cost() -> None:
    setu, other = TARGETS[SETU], Target(1, "setu", "sandbox")
    outage = Fault("redis", "stopped", 20.0, 5.0)
    failing = Fault("provider", "503", 50.0, 7.0, targets=[setu])
    assert LIFETIMES["setu"] == 15.0

    def extra(*faults: Fault, target: Target = setu) -> int:
        return request_bound(faults, target, 105.0) - request_bound([], target, 105.0)

    assert request_bound([], setu, 105.0) == 11
    assert extra(Fault("worker", "killed", 1.0, 1.0)) == extra(Fault("redis", "flushed", 1.0, 0.0)) == 1
    assert extra(outage) == 3
    assert extra(replace(outage, seconds=10.5)) == 6
    assert extra(failing) == 2 * 4
    assert extra(replace(failing, kind="429")) == 4
    assert extra(replace(failing, kind="revoked", seconds=0.0)) == 2
    assert extra(replace(failing, kind="slow")) == extra(failing, target=other) == 0
    assert extra(replace(failing, start=20.0), outage) == 3 + 4 * 2 * 4
