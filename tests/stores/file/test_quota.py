"""Su allows 30 tokens in 60 minutes, whichever processes of the host ask."""

from __future__ import annotations

import json
import time as system_time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import Limited, Setu, Su
from gatepass.stores import FileStore, Lease, Wanted
from gatepass_emulator import Emulator

from ...conftest import Gate, Time
from ...patience import wait_for
from .conftest import Gather
from .test_chosen import DictStore

ASK = """
try:
    say('token', Su('sandbox', client_secret=f'fake-{first + me}').token().value)
except Limited as error:
    say('limited', error.status, error.retry_at)
"""


def boundless(emulator: Emulator, **more: Any) -> None:
    """Every secret opens the account, and the emulator grants more than the provider would."""
    emulator.fault("su", "sandbox", status=200, patch={"/data/token": "sandbox_fake"}, **more)


def test_while_minters_are_killed_30_are_asked_for_and_never_more(
    emulator: Emulator, folder: Path, crowd: Gather, gate: Gate
) -> None:
    boundless(emulator)
    began = system_time.time()
    doomed = crowd(20, f"first = 0\n{ASK}").release()
    wait_for(lambda: emulator.count("su") == 20)
    doomed.kill(*doomed.pids[:10])
    gate.open()
    assert len(doomed.said()) == 10
    first_by = system_time.time()

    # Each with a secret of its own: a rotation is no new quota.
    said = crowd(20, f"first = 100\n{ASK}").said()

    limited = [rest for kind, *rest in said if kind == "limited"]
    assert len(said) - len(limited) == 8  # two are kept back
    assert {status for status, _ in limited} == {None}
    assert all(began + 3600 <= retry_at <= first_by + 3600 for _, retry_at in limited)
    assert emulator.count("su") == 28
    assert len(list(folder.glob("*.quota"))) == 1

    # The reserve is for tokens that an API calls dead, which it does with each of these.
    dead = """
import httpx
auth = Su('sandbox', client_secret=f'fake-{14 + me}')
with httpx.Client(auth=auth) as client:
    say(client.get(auth.base_url + '/echo').status_code)
"""
    assert crowd(6, dead).said() == [httpx.codes.UNAUTHORIZED] * 6
    assert emulator.count("su") == 30


def test_there_is_room_again_when_the_oldest_is_an_hour_old(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    monkeypatch.setattr("time.time", time.wall)
    monkeypatch.setattr("gatepass.stores._sweep.KEEP_AGE", float("inf"))  # the files are of the real time
    running_from = time.now
    emulator.clock = time.wall
    boundless(emulator)
    credential = Su("sandbox", store=FileStore(folder), clock=time.clock)
    for seconds in [10, *[60] * 27]:
        credential.forget()
        credential.token()
        time.pass_(seconds)
    credential.forget()
    with pytest.raises(Limited) as caught:
        credential.token()
    assert caught.value.retry_at == running_from + 3600
    assert emulator.count("su") == 28

    time.now = running_from + 3599.9
    with pytest.raises(Limited):
        credential.token()
    time.now = running_from + 3600
    assert credential.token().value
    assert emulator.count("su") == 29


def test_a_call_that_never_went_out_gives_its_place_back(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, crowd: Gather
) -> None:
    monkeypatch.setenv("SU_SANDBOX_BASE_URL", "http://127.0.0.1:1")
    code = """
try:
    Su('sandbox').token()
except Unavailable as error:
    say(error.reason)
"""
    assert len(crowd(4, code).said()) == 4
    (ledger,) = folder.glob("*.quota")
    assert json.loads(ledger.read_bytes()) == []


QUOTA = 3, 3600
WANTED = Wanted("0" * 64, "1" * 64, quota=QUOTA)


def end(store: FileStore, *, sent: bool) -> None:
    """Take a lease, and end it without a token."""
    lease = store.acquire(WANTED, 0)
    assert isinstance(lease, Lease)
    store.fail(lease, None, sent=sent)


def test_only_the_request_that_was_not_sent_gives_its_place_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    monkeypatch.setattr("time.time", time.wall)
    store = FileStore(folder)
    end(store, sent=True)
    time.pass_(1800)

    end(store, sent=False)
    assert store.quota_left(WANTED.account, QUOTA) == 2
    end(store, sent=True)
    end(store, sent=True)
    assert store.quota_left(WANTED.account, QUOTA) == 0
    limited = store.acquire(WANTED, 0)
    assert isinstance(limited, Limited)
    assert limited.retry_at == time.now + 1800  # the first request, which was sent, has kept its place


def test_what_has_left_the_window_meanwhile_is_not_taken_back_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    monkeypatch.setattr("time.time", time.wall)
    store = FileStore(folder)
    lease = store.acquire(WANTED, 0)
    assert isinstance(lease, Lease)
    time.pass_(3600)

    store.fail(lease, None, sent=False)

    assert store.quota_left(WANTED.account, QUOTA) == 3


def test_where_there_is_no_quota_nothing_is_given_back(folder: Path) -> None:
    store = FileStore(folder)
    wanted = Wanted("0" * 64, "1" * 64)
    lease = store.acquire(wanted, 0)
    assert isinstance(lease, Lease)

    store.fail(lease, None, sent=False)

    assert isinstance(store.acquire(wanted, 0), Lease)
    assert list(folder.glob("*.quota*")) == []


def test_the_place_that_is_given_back_is_that_of_the_request_that_never_went_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, now = FileStore(folder), system_time.time()
    leases = []
    for number in range(3):
        monkeypatch.setattr("time.time", lambda number=number: now + number)
        leases.append(store.acquire(Wanted(f"key-{number}", "account", quota=(30, 3600)), 0))
    assert isinstance(leases[1], Lease)

    store.fail(leases[1], None, sent=False)

    (ledger,) = folder.glob("*.quota")
    assert json.loads(ledger.read_bytes()) == [now, now + 2]


def test_the_status_says_what_all_processes_together_have_left(
    emulator: Emulator, folder: Path, crowd: Gather
) -> None:
    boundless(emulator)
    credential = Su("sandbox")
    assert credential.status().quota_left == 30
    assert not folder.exists()

    crowd(5, f"first = 0\n{ASK}").said()

    assert credential.status().quota_left == 25
    assert Su("production").status().quota_left == 30
    assert Setu("sandbox").status().quota_left is None  # its provider has no quota


@pytest.mark.parametrize("damage", [b"", b"fake", b"[1, 2", b'{"fake": 1}', b"[9e99, 1]"])
def test_the_status_does_not_count_what_is_damaged(emulator: Emulator, folder: Path, damage: bytes) -> None:
    credential = Su("sandbox")
    credential.token()
    (ledger,) = folder.glob("*.quota")
    ledger.write_bytes(damage)

    assert credential.status().quota_left == 30


@pytest.mark.parametrize(
    ("broken", "left"),
    [(lambda path: path.chmod(0o755), None), (lambda path: path.rename(path.parent / "x"), 30)],
)
def test_the_status_of_a_store_that_cannot_be_used_is_no_error_and_no_warning(
    emulator: Emulator,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
    broken: Callable[[Path], object],
    left: int | None,
) -> None:
    credential = Su("sandbox")
    credential.token()
    broken(folder)

    assert credential.status().quota_left == left
    assert caplog.messages == []


def test_a_store_of_ones_own_may_say_what_is_left(emulator: Emulator) -> None:
    class Counting(DictStore):
        def quota_left(self, account: str, quota: tuple[int, int]) -> int:
            return quota[0] - len(self._asked.get(account, []))

    credential = Su("sandbox", store=Counting())
    credential.token()
    assert credential.status().quota_left == 29
    assert Su("sandbox", store=DictStore()).status().quota_left is None


def test_environments_and_accounts_have_quotas_of_their_own(emulator: Emulator, folder: Path) -> None:
    for credential in (Su("sandbox"), Su("production")):
        credential.token()
    assert len(list(folder.glob("*.quota"))) == 2
