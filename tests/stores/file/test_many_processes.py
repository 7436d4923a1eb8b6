"""The processes of a host want tokens at the same moment."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import Credential, Decentro, Rejected, Setu, Token
from gatepass.stores import Entry, FileStore, Lease, Wanted
from gatepass_emulator import Emulator

from ...patience import PATIENCE, wait_for_event
from .conftest import Gather

TENANTS = (
    ("Setu", "sandbox"),
    ("Setu", "production"),
    ("Decentro", "sandbox"),
    ("Decentro", "production"),
    ("Su", "sandbox"),
    ("Su", "production"),
    ("Sahamati", "uat"),
    ("SingleView", "sandbox"),
)


def test_32_processes_cold_make_one_token_and_warm_none(emulator: Emulator, crowd: Gather) -> None:
    emulator.fault("setu", "sandbox", latency=0.1)

    cold = crowd(32, "say(Setu('sandbox').token().value)").said()
    assert (len(cold), len(set(cold)), emulator.count("setu")) == (32, 1, 1)

    warm = crowd(32, "say(Setu('sandbox').token().value)").said()
    assert (len(warm), set(warm), emulator.count("setu")) == (32, set(cold), 1)


def test_8_tenants_at_once_and_no_token_is_lost(emulator: Emulator, crowd: Gather) -> None:
    code = f"""
cls, environment = {TENANTS!r}[me % 8]
say(cls, environment, globals()[cls](environment).token().value)
"""
    cold = {tuple(line) for line in crowd(32, code).said()}
    warm = {tuple(line) for line in crowd(8, code).said()}

    assert (len(cold), warm) == (8, cold)
    counts = {one: emulator.count(one[0].lower(), one[1]) for one in TENANTS}
    assert counts == dict.fromkeys(TENANTS, 1)


def test_equal_ids_have_a_token_for_each_provider_environment_and_secret(
    emulator: Emulator, folder: Path
) -> None:
    store = FileStore(folder)
    same: Any = {"client_id": "fake-same", "store": store}
    four: list[Credential] = [
        Setu("sandbox", secret="fake-old", **same),
        Setu("sandbox", secret="fake-new", **same),
        Setu("production", secret="fake-old", **same),
        Decentro("sandbox", client_secret="fake-old", **same),
    ]
    for credential, place in zip(four, [*["/data/token"] * 3, "/access_token"], strict=True):
        token = f"fake-token-{four.index(credential)}"
        emulator.fault(*credential._settings.who, times=1, status=200, patch={place: token})
        assert credential.token().value == token

    entries = list(store.keys())
    print(*(path.name for path in entries), sep="\n")
    assert len(entries) == 4
    for number, credential in enumerate(four):
        credential._renewal.held = None  # as in another process
        assert credential.token().value == f"fake-token-{number}"
    assert emulator.count("setu") + emulator.count("decentro") == 4


@pytest.mark.parametrize(
    ("cls", "fault", "kind", "calls"),
    [
        ("Setu", {"status": 400}, "Rejected", 1),
        ("Su", {"status": 401}, "Rejected", 1),
        ("Su", {"status": 422, "headers": {"Retry-After": "1777"}}, "Limited", 1),
        ("Su", {"status": 503}, "Unavailable", 1),
        ("Setu", {"status": 503}, "Unavailable", 2),  # a try is a call and its one repetition
    ],
)
def test_a_failure_is_everybodys_until_its_time(
    emulator: Emulator, crowd: Gather, cls: str, fault: dict[str, Any], kind: str, calls: int
) -> None:
    emulator.fault(cls.lower(), "sandbox", **fault)
    # How long a failure holds is tested elsewhere; here it is longer than the processes take.
    code = f"""
from gatepass import _renewal
_renewal.HOLD = _renewal.UNAVAILABLE_HOLD = 900.0, 900.0
try:
    {cls}('sandbox').token()
except TokenError as error:
    say(type(error).__name__, error.retry_at)
"""
    before = time.time()
    said = crowd(16, code).said()

    assert len(said) == 16
    ((told, retry_at),) = {tuple(line) for line in said}
    expected = {"Rejected": 900, "Limited": 1777, "Unavailable": 900}[kind]
    assert told == kind
    assert before + expected <= retry_at < time.time() + expected
    assert emulator.count(cls.lower()) == calls


def test_the_provider_is_asked_again_when_the_time_is_over(emulator: Emulator, crowd: Gather) -> None:
    emulator.fault("setu", "sandbox", times=2, status=503)
    code = """
try:
    say(Setu('sandbox').token().value, 0)
except TokenError as error:
    say(None, error.retry_at)
"""
    ((_, retry_at),) = crowd(1, code).said()
    time.sleep(max(retry_at - time.time(), 0))

    said = crowd(16, code).said()

    assert len({token for token, _ in said}) == 1
    assert None not in {token for token, _ in said}
    assert emulator.count("setu") == 3


def test_a_new_secret_is_tried_at_once(
    emulator: Emulator, crowd: Gather, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = os.environ["SETU_SANDBOX_SECRET"]
    monkeypatch.setenv("SETU_SANDBOX_SECRET", "fake-wrong")
    code = """
try:
    say(bool(Setu('sandbox').token()))
except Rejected:
    say(False)
"""
    assert crowd(4, code).said() == [False] * 4
    monkeypatch.setenv("SETU_SANDBOX_SECRET", right)
    assert crowd(4, code).said() == [True] * 4
    assert emulator.count("setu") == 2


def test_a_token_that_was_forgotten_does_not_come_back(emulator: Emulator, folder: Path) -> None:
    credential = Setu("sandbox")
    dead = credential.token()
    credential.forget(dead)
    assert credential.token() != dead


def test_a_failure_that_was_forgotten_does_not_come_back(emulator: Emulator, folder: Path) -> None:
    emulator.fault("setu", "sandbox", times=1, status=400)
    credential = Setu("sandbox")
    with pytest.raises(Rejected):
        credential.token()
    credential.forget()
    assert credential.token().value


def test_a_dead_token_is_renewed_once_for_all(emulator: Emulator, crowd: Gather) -> None:
    (first,) = crowd(1, "say(Setu('sandbox').token().value)").said()
    emulator.revoke(first)
    code = """
import httpx
with httpx.Client(auth=Setu('sandbox')) as client:
    say(client.get(client.auth.base_url + '/echo').status_code)
"""
    assert crowd(8, code).said() == [httpx.codes.OK] * 8
    assert emulator.count("setu") == 2


def test_a_waiter_looks_again_until_the_holder_publishes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, wanted, now = FileStore(folder), Wanted("0" * 64, "1" * 64), time.time()
    lease = store.acquire(wanted, 0)
    assert isinstance(lease, Lease)
    entry = Entry(Token("fake-token", now + 100), now, now + 80, now + 90)
    waits, sleep = threading.Event(), time.sleep

    def observed(seconds: float) -> None:
        waits.set()
        sleep(seconds)

    monkeypatch.setattr("time.sleep", observed)
    with ThreadPoolExecutor() as pool:
        waiter = pool.submit(store.acquire, wanted, PATIENCE)
        wait_for_event(waits)
        store.publish(lease, entry)
        assert waiter.result() == entry
