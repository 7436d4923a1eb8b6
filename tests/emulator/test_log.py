"""The log has every request, and no secret."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import httpx

from gatepass_emulator import Emulator

from .conftest import ProviderApis


def test_the_log_counts_by_provider_environment_kind_and_status(
    api: ProviderApis, emulator: Emulator
) -> None:
    token = api.setu().json()["data"]["token"]
    api.setu("production", secret="wrong")
    api.echo("setu", "sandbox", token)
    assert emulator.count("setu") == 2
    assert emulator.count("setu", "sandbox") == 1
    assert emulator.count("setu", status=400) == 1
    assert emulator.count("setu", "sandbox", kind="echo") == 1
    assert emulator.count("setu", kind=None) == 3
    assert [call.operation for call in emulator.calls] == ["generateToken"] * 2 + ["echo"]


def test_the_log_has_no_secret_and_no_token(api: ProviderApis, emulator: Emulator) -> None:
    token = api.setu().json()["data"]["token"]
    api.echo("setu", "sandbox", token)
    secret = emulator.credentials("setu", "sandbox")["secret"]
    api.setu(client_id=secret)
    api.client.get(f"{api.url('setu', 'sandbox')}/echo/{token}/{secret}")
    api.decentro(grant_type="refresh_token", refresh_token="fake-refresh")
    log = repr(emulator.calls) + str([str(call) for call in emulator.calls]) + repr(emulator)
    assert emulator.calls[0].credentials == "client_id=0000…, secret=***"
    assert emulator.calls[2].credentials == "client_id=***, secret=***"
    assert emulator.calls[4].credentials == "refresh_token=***"
    assert token not in log
    assert secret not in log
    assert "fake-refresh" not in log


def test_a_token_is_logged_by_its_fingerprint(api: ProviderApis, emulator: Emulator) -> None:
    token = api.setu().json()["data"]["token"]
    api.echo("setu", "sandbox", token)
    expected = hashlib.sha256(token.encode()).hexdigest()[:12]
    assert [call.token for call in emulator.calls] == [expected, expected]


def test_64_concurrent_requests_are_all_served(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", latency=0.05)
    credentials = emulator.credentials("setu", "sandbox")
    body = {"clientID": credentials["client_id"], "secret": credentials["secret"]}

    def send(_: int) -> int:
        return httpx.post(api.url("setu", "sandbox") + "/auth/token", json=body).status_code

    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(send, range(64))) == [200] * 64
    assert emulator.count("setu", "sandbox", status=200) == 64


def test_another_process_can_control_the_emulator(api: ProviderApis, emulator: Emulator) -> None:
    control = f"{emulator.base_url}/_emulator"
    fault = {"provider": "setu", "environment": "sandbox", "times": 1, "status": 500}
    assert api.client.post(f"{control}/fault", json=fault).status_code == 200
    assert [api.setu().status_code for _ in range(2)] == [500, 200]
    count = api.client.get(f"{control}/count?provider=setu&kind=token&status=200")
    assert count.json() == 1
    assert api.client.get(f"{control}/calls").json()[0]["status"] == 500
    assert api.client.get(f"{control}/variables").json() == emulator.variables()
    invalid = api.client.post(f"{control}/revoke", json={"provider": "acme", "environment": "x"})
    assert invalid.status_code == 400
    assert api.client.post(f"{control}/clear").status_code == 200
    assert emulator.calls == []
