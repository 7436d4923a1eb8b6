"""Processes of a host that need tokens at the same moment."""

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
from gatepass.stores import CachedToken, FileStore, Lookup
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT, wait_for_event
from ..helpers import StartProcesses, acquire_lease

ACCOUNTS = (
    ("Setu", "sandbox"),
    ("Setu", "production"),
    ("Decentro", "sandbox"),
    ("Decentro", "production"),
    ("Su", "sandbox"),
    ("Su", "production"),
    ("Sahamati", "uat"),
    ("SingleView", "sandbox"),
)


def test_32_cold_processes_fetch_one_token_and_32_warm_ones_none(
    emulator: Emulator, start_processes: StartProcesses
) -> None:
    emulator.fault("setu", "sandbox", latency=0.1)

    cold = start_processes(32, "report(Setu('sandbox').token().value)").results()
    assert (len(cold), len(set(cold)), emulator.count("setu")) == (32, 1, 1)

    warm = start_processes(32, "report(Setu('sandbox').token().value)").results()
    assert (len(warm), set(warm), emulator.count("setu")) == (32, set(cold), 1)


def test_8_accounts_at_once_keep_all_their_tokens(
    emulator: Emulator, start_processes: StartProcesses
) -> None:
    code = f"""
name, environment = {ACCOUNTS!r}[number % 8]
report(name, environment, globals()[name](environment).token().value)
"""
    cold = {tuple(result) for result in start_processes(32, code).results()}
    warm = {tuple(result) for result in start_processes(8, code).results()}

    assert (len(cold), warm) == (8, cold)
    counts = {account: emulator.count(account[0].lower(), account[1]) for account in ACCOUNTS}
    assert counts == dict.fromkeys(ACCOUNTS, 1)


def test_credentials_with_the_same_id_share_no_token_across_providers_environments_and_secrets(
    emulator: Emulator, folder: Path
) -> None:
    store = FileStore(folder)
    same: Any = {"client_id": "fake-same", "store": store}
    credentials: list[Credential] = [
        Setu("sandbox", secret="fake-old", **same),
        Setu("sandbox", secret="fake-new", **same),
        Setu("production", secret="fake-old", **same),
        Decentro("sandbox", client_secret="fake-old", **same),
    ]
    for credential, place in zip(credentials, [*["/data/token"] * 3, "/access_token"], strict=True):
        token = f"fake-token-{credentials.index(credential)}"
        emulator.fault(*credential._settings.label, times=1, status=200, patch={place: token})
        assert credential.token().value == token

    records = list(store.token_files())
    print(*(path.name for path in records), sep="\n")
    assert len(records) == 4
    for number, credential in enumerate(credentials):
        credential._cache.cached = None  # as in another process
        assert credential.token().value == f"fake-token-{number}"
    assert emulator.count("setu") + emulator.count("decentro") == 4


@pytest.mark.parametrize(
    ("credential_class", "fault", "kind", "requests"),
    [
        ("Setu", {"status": 400}, "Rejected", 1),
        ("Su", {"status": 401}, "Rejected", 1),
        ("Su", {"status": 422, "headers": {"Retry-After": "1777"}}, "RateLimited", 1),
        ("Su", {"status": 503}, "Unavailable", 1),
        ("Setu", {"status": 503}, "Unavailable", 2),  # an attempt is a request and its repetition
    ],
)
def test_all_processes_share_a_failure_until_its_retry_at(
    emulator: Emulator,
    start_processes: StartProcesses,
    credential_class: str,
    fault: dict[str, Any],
    kind: str,
    requests: int,
) -> None:
    emulator.fault(credential_class.lower(), "sandbox", **fault)
    # The backoff is tested elsewhere; here it is longer than the processes take.
    code = f"""
from gatepass import _backoff
_backoff.FAILURE_BACKOFF = _backoff.UNAVAILABLE_BACKOFF = 900.0, 900.0
try:
    {credential_class}('sandbox').token()
except TokenError as error:
    report(type(error).__name__, error.retry_at)
"""
    before = time.time()
    results = start_processes(16, code).results()

    assert len(results) == 16
    ((error, retry_at),) = {tuple(result) for result in results}
    expected = {"Rejected": 900, "RateLimited": 1777, "Unavailable": 900}[kind]
    assert error == kind
    assert before + expected <= retry_at < time.time() + expected
    assert emulator.count(credential_class.lower()) == requests


def test_one_process_tries_again_after_retry_at(emulator: Emulator, start_processes: StartProcesses) -> None:
    emulator.fault("setu", "sandbox", times=2, status=503)
    code = """
try:
    report(Setu('sandbox').token().value, 0)
except TokenError as error:
    report(None, error.retry_at)
"""
    ((_, retry_at),) = start_processes(1, code).results()
    time.sleep(max(retry_at - time.time(), 0))

    results = start_processes(16, code).results()

    assert len({token for token, _ in results}) == 1
    assert None not in {token for token, _ in results}
    assert emulator.count("setu") == 3


def test_a_new_secret_is_tried_at_once(
    emulator: Emulator, start_processes: StartProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct = os.environ["SETU_SANDBOX_SECRET"]
    monkeypatch.setenv("SETU_SANDBOX_SECRET", "fake-wrong")
    code = """
try:
    report(bool(Setu('sandbox').token()))
except Rejected:
    report(False)
"""
    assert start_processes(4, code).results() == [False] * 4
    monkeypatch.setenv("SETU_SANDBOX_SECRET", correct)
    assert start_processes(4, code).results() == [True] * 4
    assert emulator.count("setu") == 2


def test_an_invalidated_token_is_not_returned_by_the_store(emulator: Emulator, folder: Path) -> None:
    credential = Setu("sandbox")
    rejected = credential.token()
    credential.invalidate(rejected)
    assert credential.token() != rejected


def test_invalidate_ignores_the_stored_failure(emulator: Emulator, folder: Path) -> None:
    emulator.fault("setu", "sandbox", times=1, status=400)
    credential = Setu("sandbox")
    with pytest.raises(Rejected):
        credential.token()
    credential.invalidate()
    assert credential.token().value


def test_a_rejected_token_is_replaced_once_for_all_processes(
    emulator: Emulator, start_processes: StartProcesses
) -> None:
    (first,) = start_processes(1, "report(Setu('sandbox').token().value)").results()
    emulator.revoke(first)
    code = """
import httpx
with httpx.Client(auth=Setu('sandbox')) as client:
    report(client.get(client.auth.base_url + '/echo').status_code)
"""
    assert start_processes(8, code).results() == [httpx.codes.OK] * 8
    assert emulator.count("setu") == 2


def test_a_waiter_polls_until_the_holder_publishes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, lookup, now = FileStore(folder), Lookup("0" * 64, "1" * 64), time.time()
    lease = acquire_lease(store, lookup, 0)
    cached = CachedToken(Token("fake-token", now + 100), now, now + 80, now + 90)
    is_waiting, sleep = threading.Event(), time.sleep

    def observed(seconds: float) -> None:
        is_waiting.set()
        sleep(seconds)

    monkeypatch.setattr("time.sleep", observed)
    with ThreadPoolExecutor() as pool:
        waiter = pool.submit(store.acquire, lookup, HANG_TIMEOUT)
        wait_for_event(is_waiting)
        store.publish(lease, cached)
        assert waiter.result() == cached
