"""The log says what came in, and no secret."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import httpx

from gatepass_emulator import Emulator

from .conftest import Desk


def test_the_log_counts_by_provider_environment_kind_and_status(desk: Desk, emulator: Emulator) -> None:
    token = desk.setu().json()["data"]["token"]
    desk.setu("production", secret="wrong")
    desk.echo("setu", "sandbox", token)
    assert emulator.count("setu") == 2
    assert emulator.count("setu", "sandbox") == 1
    assert emulator.count("setu", status=400) == 1
    assert emulator.count("setu", "sandbox", kind="echo") == 1
    assert emulator.count("setu", kind=None) == 3
    assert [call.operation for call in emulator.calls] == ["generateToken"] * 2 + ["echo"]


def test_a_call_tells_neither_secret_nor_token(desk: Desk, emulator: Emulator) -> None:
    token = desk.setu().json()["data"]["token"]
    desk.echo("setu", "sandbox", token)
    secret = emulator.credentials("setu", "sandbox")["secret"]
    desk.setu(client_id=secret)
    desk.client.get(f"{desk.url('setu', 'sandbox')}/echo/{token}/{secret}")
    desk.decentro(grant_type="refresh_token", refresh_token="fake-refresh")
    said = repr(emulator.calls) + str([str(call) for call in emulator.calls]) + repr(emulator)
    assert emulator.calls[0].credentials == "client_id=0000…, secret=***"
    assert emulator.calls[2].credentials == "client_id=***, secret=***"
    assert emulator.calls[4].credentials == "refresh_token=***"
    assert token not in said
    assert secret not in said
    assert "fake-refresh" not in said


def test_a_token_is_logged_by_its_fingerprint(desk: Desk, emulator: Emulator) -> None:
    token = desk.setu().json()["data"]["token"]
    desk.echo("setu", "sandbox", token)
    expected = hashlib.sha256(token.encode()).hexdigest()[:12]
    assert [call.token for call in emulator.calls] == [expected, expected]


def test_sixty_four_callers_at_once_are_all_served(desk: Desk, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", latency=0.05)
    known = emulator.credentials("setu", "sandbox")
    body = {"clientID": known["client_id"], "secret": known["secret"]}

    def call(_: int) -> int:
        return httpx.post(desk.url("setu", "sandbox") + "/auth/token", json=body).status_code

    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(call, range(64))) == [200] * 64
    assert emulator.count("setu", "sandbox", status=200) == 64


def test_another_process_can_drive_it(desk: Desk, emulator: Emulator) -> None:
    control = f"{emulator.base_url}/_emulator"
    fault = {"provider": "setu", "environment": "sandbox", "times": 1, "status": 500}
    assert desk.client.post(f"{control}/fault", json=fault).status_code == 200
    assert [desk.setu().status_code for _ in range(2)] == [500, 200]
    counted = desk.client.get(f"{control}/count?provider=setu&kind=token&status=200")
    assert counted.json() == 1
    assert desk.client.get(f"{control}/calls").json()[0]["status"] == 500
    assert desk.client.get(f"{control}/variables").json() == emulator.variables()
    wrong = desk.client.post(f"{control}/revoke", json={"provider": "acme", "environment": "x"})
    assert wrong.status_code == 400
    assert desk.client.post(f"{control}/clear").status_code == 200
    assert emulator.calls == []
