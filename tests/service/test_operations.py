"""What those who operate the service see: health, state, metrics, logs, and what is missing."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT, wait_for
from .conftest import Serve
from .process import Service

METRICS = {
    "gatepass_service_info",
    "gatepass_service_requests",
    "gatepass_service_request_seconds",
    "gatepass_token_events",
    "gatepass_token_wait_seconds",
    "gatepass_token_left_seconds",
    "gatepass_token_quota_left",
}


def samples(service: Service) -> dict[tuple[str, tuple[str, ...]], float]:
    """Each sample by its name and the values of its labels."""
    text = service.get("/metrics").text
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_requests_and_tokens(service: Service) -> None:
    service.token("su/sandbox")
    service.token("su/sandbox")
    service.post("/su/sandbox/token", auth=("gatepass", "fake-wrong"))

    metrics = samples(service)

    route = "/{provider}/{environment}/token"
    assert metrics["gatepass_service_requests_total", ("gatepass", "POST", route, "200")] == 2
    assert metrics["gatepass_service_requests_total", ("", "POST", route, "401")] == 1
    assert metrics["gatepass_service_request_seconds_count", (route,)] == 3
    assert metrics["gatepass_token_events_total", ("sandbox", "issued", "su")] == 1
    assert metrics["gatepass_token_wait_seconds_count", ("sandbox", "su")] == 1
    assert metrics["gatepass_token_left_seconds", ("sandbox", "su")] > 3000
    assert metrics["gatepass_token_quota_left", ("sandbox", "su")] == 29


def test_the_names_of_the_metrics_are_stable(service: Service) -> None:
    families = text_string_to_metric_families(service.get("/metrics").text)

    assert {family.name for family in families if family.name.startswith("gatepass")} == METRICS


def test_status_has_states_and_no_values(service: Service, emulator: Emulator) -> None:
    token = service.token()
    emulator.fault("su", "sandbox", status=429, headers={"Retry-After": "100"})
    service.post("/su/sandbox/token")

    text = service.get("/status").text
    states = {
        f"{issuer['provider']}/{issuer['environment']}": issuer
        for issuer in service.get("/status").json()["issuers"]
    }

    assert states["setu/sandbox"]["state"] == "fresh"
    assert states["setu/production"] | {"error": None} == {
        "provider": "setu",
        "environment": "production",
        "state": "empty",
        "seconds_left": 0,
        "quota_left": None,
        "error": None,
    }
    assert states["su/sandbox"]["state"] == "rejected"
    assert states["su/sandbox"]["error"]["retry_at"] > 0
    assert token not in text


def test_without_a_credential_it_lives_and_is_not_ready(serve: Serve, emulator: Emulator) -> None:
    missing = {name: "" for name in emulator.variables()}
    service = serve(**missing | {"SETU_SANDBOX_CLIENT_ID": "fake-client"})

    assert service.get("/livez").json() == {"status": "live"}
    response = service.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "not ready")
    assert "set SETU_SANDBOX_SECRET" in response.json()["reason"]
    assert any("not serving setu/sandbox: set SETU_SANDBOX_SECRET" in line for line in service.messages())
    not_configured = service.post("/setu/sandbox/token")
    assert not_configured.status_code == 404
    assert "set SETU_SANDBOX_SECRET" in not_configured.json()["error_description"]
    assert "set its variables" in service.post("/su/sandbox/token").json()["error_description"]


def test_it_says_what_it_serves(serve: Serve, emulator: Emulator) -> None:
    names = emulator.variables()
    others = {name: "" for name in names if not name.startswith("SETU_SANDBOX")}
    messages = serve(**others).messages()

    assert [line for line in messages if "serving" in line] == ["gatepass: serving setu/sandbox"]
    assert not any(value in line for line in messages for name, value in names.items() if "SECRET" in name)


def test_variables_come_from_a_file_unless_they_are_set(
    serve: Serve, emulator: Emulator, tmp_path: Path
) -> None:
    names = emulator.variables()
    file = tmp_path / ".env"
    secret = names["SETU_SANDBOX_SECRET"]
    file.write_text(f"# Setu\nexport SETU_SANDBOX_SECRET='{secret}'\nSETU_SANDBOX_CLIENT_ID=fake-other\n")

    service = serve("--env-file", str(file), SETU_SANDBOX_SECRET="")

    assert service.token()


def test_a_file_of_variables_that_is_missing_or_wrong_is_an_error(
    emulator: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from gatepass_cli import main

    (tmp_path / "bad").write_text("SETU_SANDBOX_SECRET\n")
    for name, message in (("missing", "No such file"), ("bad", "write NAME=value on each line")):
        assert main(["serve", "--env-file", str(tmp_path / name)]) == 2
        assert message in capsys.readouterr().err


def test_a_request_is_one_line_of_json(service: Service) -> None:
    service.token()
    service.client.request("X" * 500, f"{service.url}/setu/sandbox/token")
    service.get("/fake-path")
    service.stop()

    requests = [entry for entry in service.log() if entry["message"] == "request"]
    fields = [(entry["method"], entry["route"], entry["status"]) for entry in requests]
    route = "/{provider}/{environment}/token"
    assert fields == [("POST", route, 200), ("other", route, 405), ("GET", "other", 404)]
    assert all(entry["milliseconds"] >= 0 and entry["time"] for entry in requests)
    assert any(entry["message"].startswith("setu sandbox: new token, valid") for entry in service.log())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_requests_under_way(
    service: Service, emulator: Emulator, number: signal.Signals
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    emulator.fault("setu", "sandbox", latency=1, times=1)
    with ThreadPoolExecutor() as pool:
        response = pool.submit(service.post, "/setu/sandbox/token")
        wait_for(lambda: emulator.count("setu") == 1)
        os.kill(service.process.pid, number)
        assert response.result().status_code == 200
    assert service.process.wait(HANG_TIMEOUT) == 0
