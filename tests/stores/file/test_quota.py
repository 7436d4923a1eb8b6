"""Su allows 30 tokens in 60 minutes, and all processes of a host share this quota."""

from __future__ import annotations

import json
import time as system_time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import RateLimited, Setu, Su
from gatepass.stores import FileStore, Lease, Lookup
from gatepass_emulator import Emulator

from ...helpers import FakeClock, PausedResponses
from ...timeouts import wait_for
from ..helpers import StartProcesses, acquire_lease
from .test_open_store import DictStore

FETCH = """
try:
    report('token', Su('sandbox', client_secret=f'fake-{first + number}').token().value)
except RateLimited as error:
    report('rate_limited', error.status, error.retry_at)
"""


def accept_every_secret(emulator: Emulator, **fault: Any) -> None:
    """Let the emulator accept every secret, and more requests than the provider would."""
    emulator.fault("su", "sandbox", status=200, patch={"/data/token": "sandbox_fake"}, **fault)


def test_at_most_30_tokens_are_requested_while_processes_are_killed(
    emulator: Emulator, folder: Path, start_processes: StartProcesses, paused_responses: PausedResponses
) -> None:
    accept_every_secret(emulator)
    started_at = system_time.time()
    killed = start_processes(20, f"first = 0\n{FETCH}").release()
    wait_for(lambda: emulator.count("su") == 20)
    killed.kill(*killed.pids[:10])
    paused_responses.resume()
    assert len(killed.results()) == 10
    ended_at = system_time.time()

    # Each has its own secret: a rotated secret does not renew the quota.
    results = start_processes(20, f"first = 100\n{FETCH}").results()

    limited = [rest for kind, *rest in results if kind == "rate_limited"]
    assert len(results) - len(limited) == 8  # two are reserved
    assert {status for status, _ in limited} == {None}
    assert all(started_at + 3600 <= retry_at <= ended_at + 3600 for _, retry_at in limited)
    assert emulator.count("su") == 28
    assert len(list(folder.glob("*.quota"))) == 1

    # The reserve is for tokens that an API rejects, as it does with each of these.
    code = """
import httpx
auth = Su('sandbox', client_secret=f'fake-{14 + number}')
with httpx.Client(auth=auth) as client:
    report(client.get(auth.base_url + '/echo').status_code)
"""
    assert start_processes(6, code).results() == [httpx.codes.UNAUTHORIZED] * 6
    assert emulator.count("su") == 30


def test_there_is_room_again_when_the_oldest_request_is_an_hour_old(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setattr("time.time", clock.time)
    monkeypatch.setattr("gatepass.stores._sweep.KEEP_AGE", float("inf"))  # file times are of the real clock
    started_at = clock.now
    emulator.clock = clock.time
    accept_every_secret(emulator)
    credential = Su("sandbox", store=FileStore(folder), clock=clock.clock)
    for seconds in [10, *[60] * 27]:
        credential.invalidate()
        credential.token()
        clock.advance(seconds)
    credential.invalidate()
    with pytest.raises(RateLimited) as caught:
        credential.token()
    assert caught.value.retry_at == started_at + 3600
    assert emulator.count("su") == 28

    clock.now = started_at + 3599.9
    with pytest.raises(RateLimited):
        credential.token()
    clock.now = started_at + 3600
    assert credential.token().value
    assert emulator.count("su") == 29


def test_a_request_that_was_not_sent_does_not_count(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, start_processes: StartProcesses
) -> None:
    monkeypatch.setenv("SU_SANDBOX_BASE_URL", "http://127.0.0.1:1")
    code = """
try:
    Su('sandbox').token()
except Unavailable as error:
    report(error.reason)
"""
    assert len(start_processes(4, code).results()) == 4
    (quota_file,) = folder.glob("*.quota")
    assert json.loads(quota_file.read_bytes()) == []


QUOTA = 3, 3600
LOOKUP = Lookup("0" * 64, "1" * 64, quota=QUOTA)


def end(store: FileStore, *, sent: bool) -> None:
    """Take a lease, and end it without a token."""
    lease = acquire_lease(store, LOOKUP, 0)
    store.fail(lease, None, sent=sent)


def test_a_sent_request_counts_until_it_leaves_the_window(
    folder: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setattr("time.time", clock.time)
    store = FileStore(folder)
    end(store, sent=True)
    clock.advance(1800)

    end(store, sent=False)
    assert store.quota_left(LOOKUP.account, QUOTA) == 2
    end(store, sent=True)
    end(store, sent=True)
    assert store.quota_left(LOOKUP.account, QUOTA) == 0
    limited = store.acquire(LOOKUP, 0)
    assert isinstance(limited, RateLimited)
    assert limited.retry_at == clock.now + 1800  # the first request was sent, so it still counts


def test_a_request_that_has_left_the_window_is_not_subtracted_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    monkeypatch.setattr("time.time", clock.time)
    store = FileStore(folder)
    lease = acquire_lease(store, LOOKUP, 0)
    clock.advance(3600)

    store.fail(lease, None, sent=False)

    assert store.quota_left(LOOKUP.account, QUOTA) == 3


def test_without_a_quota_nothing_is_counted_or_subtracted(folder: Path) -> None:
    store = FileStore(folder)
    lookup = Lookup("0" * 64, "1" * 64)
    lease = acquire_lease(store, lookup, 0)

    store.fail(lease, None, sent=False)

    assert isinstance(store.acquire(lookup, 0), Lease)
    assert list(folder.glob("*.quota*")) == []


def test_the_request_that_was_not_sent_is_the_one_that_is_subtracted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, now = FileStore(folder), system_time.time()
    leases = []
    for number in range(3):
        monkeypatch.setattr("time.time", lambda number=number: now + number)
        leases.append(store.acquire(Lookup(f"key-{number}", "account", quota=(30, 3600)), 0))
    assert isinstance(leases[1], Lease)

    store.fail(leases[1], None, sent=False)

    (quota_file,) = folder.glob("*.quota")
    assert json.loads(quota_file.read_bytes()) == [now, now + 2]


def test_the_status_shows_what_is_left_for_all_processes(
    emulator: Emulator, folder: Path, start_processes: StartProcesses
) -> None:
    accept_every_secret(emulator)
    credential = Su("sandbox")
    assert credential.status().quota_left == 30
    assert not folder.exists()

    start_processes(5, f"first = 0\n{FETCH}").results()

    assert credential.status().quota_left == 25
    assert Su("production").status().quota_left == 30
    assert Setu("sandbox").status().quota_left is None  # its provider has no quota


@pytest.mark.parametrize("damage", [b"", b"fake", b"[1, 2", b'{"fake": 1}', b"[9e99, 1]"])
def test_the_status_ignores_a_damaged_quota_file(emulator: Emulator, folder: Path, damage: bytes) -> None:
    credential = Su("sandbox")
    credential.token()
    (quota_file,) = folder.glob("*.quota")
    quota_file.write_bytes(damage)

    assert credential.status().quota_left == 30


@pytest.mark.parametrize(
    ("change", "left"),
    [(lambda path: path.chmod(0o755), None), (lambda path: path.rename(path.parent / "x"), 30)],
)
def test_the_status_of_an_unusable_store_raises_no_error_and_logs_no_warning(
    emulator: Emulator,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Path], object],
    left: int | None,
) -> None:
    credential = Su("sandbox")
    credential.token()
    change(folder)

    assert credential.status().quota_left == left
    assert caplog.messages == []


def test_a_custom_store_may_report_what_is_left(emulator: Emulator) -> None:
    class Counting(DictStore):
        def quota_left(self, account: str, quota: tuple[int, int]) -> int:
            return quota[0] - len(self._requests.get(account, []))

    credential = Su("sandbox", store=Counting())
    credential.token()
    assert credential.status().quota_left == 29
    assert Su("sandbox", store=DictStore()).status().quota_left is None


def test_each_environment_has_its_own_quota(emulator: Emulator, folder: Path) -> None:
    for credential in (Su("sandbox"), Su("production")):
        credential.token()
    assert len(list(folder.glob("*.quota"))) == 2
