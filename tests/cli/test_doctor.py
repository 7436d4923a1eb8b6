"""`gatepass doctor`: each step is a line, no value is shown, and nothing is kept or spent unasked."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import gatepass_providers
from gatepass import Su, _differences
from gatepass_emulator import Emulator

from ..cache.servers import CERTIFICATE, Proxy, serve_over_tls
from .shell import run, run_in_subprocess

HIDDEN = "fake-hidden-value"


@pytest.fixture(autouse=True)
def nothing_was_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_differences, "_reported", set())


def steps(printed: str) -> list[tuple[str, str]]:
    """The outcome and the step of each line."""
    words = [line.split(maxsplit=3) for line in printed.splitlines() if not line.startswith(" ")]
    return [(outcome, step) for outcome, step, *_ in words]


def line_of(printed: str, step: str) -> str:
    return next(line for line in printed.splitlines() if re.match(rf"\w+ +{step} ", line))


def test_every_step_is_a_line_and_nothing_is_requested(emulator: Emulator) -> None:
    done = run("doctor", "setu", "sandbox")

    assert done.returncode == 0
    assert steps(done.stdout) == [
        ("note", "version"),
        ("ok", "variables"),
        ("ok", "base"),
        ("ok", "hosts"),
        ("note", "store"),
        ("ok", "key"),
        ("ok", "store"),
        ("ok", "DNS"),
        ("ok", "TCP"),
        ("ok", "HTTP"),
        ("note", "TLS"),
        ("ok", "clock"),
        ("note", "token"),
    ]
    assert emulator.count("setu") == 0
    assert not any(value in done.stdout for value in secrets(emulator))


def secrets(emulator: Emulator) -> list[str]:
    return [value for name, value in emulator.variables().items() if name.endswith(("SECRET", "CLIENT_ID"))]


def test_a_token_is_requested_compared_and_not_kept(emulator: Emulator) -> None:
    done = run("doctor", "setu", "sandbox", "--request")

    assert (done.returncode, emulator.count("setu")) == (0, 1)
    assert line_of(done.stdout, "response") == "ok      response   as the spec describes it"
    token = run("token", "setu", "sandbox").stdout.strip()
    assert emulator.count("setu") == 2
    assert token not in done.stdout


@pytest.mark.parametrize("command", gatepass_providers.COMMANDS)
def test_each_provider_can_be_examined(emulator: Emulator, command: str) -> None:
    provider = gatepass_providers.MODULES[gatepass_providers.COMMANDS[command]]
    environment = next(iter(gatepass_providers.SERVERS[provider]))

    done = run("doctor", command, environment, "--request")

    assert done.returncode == 0, done.stdout
    assert ("ok", "response") in steps(done.stdout)


def test_the_new_token_is_tried_where_a_provider_has_a_harmless_request(emulator: Emulator) -> None:
    printed = run("doctor", "sahamati", "uat", "--request").stdout

    assert re.match(r"ok +API +GET /\S+: 200, so the token is accepted", line_of(printed, "API"))
    assert emulator.count("sahamati", "uat", kind="echo") == 1


def test_a_new_token_that_an_api_rejects_is_a_failure(emulator: Emulator) -> None:
    emulator.fault("sahamati", "uat", operation="echo", status=401)

    done = run("doctor", "sahamati", "uat", "--request")

    assert done.returncode == 3
    assert "the new token is rejected" in line_of(done.stdout, "API")


def test_a_response_that_differs_is_ready_for_the_issue_form(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", patch={"/data/expiresIn": HIDDEN, "/data/more": HIDDEN})

    printed = run("doctor", "setu", "sandbox", "--request").stdout

    assert line_of(printed, "response").startswith("note    response   not what the spec says")
    assert [line.strip() for line in printed.splitlines()[-2:]] == [
        "setu /auth/token: 200 /data/expiresIn: string instead of integer",
        "setu /auth/token: 200 /data/more: string, which the spec does not have",
    ]
    assert HIDDEN not in printed


def test_rejected_credentials_come_with_what_support_asks_for(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", status=401)

    done = run("doctor", "setu", "sandbox", "--request")

    assert done.returncode == 3
    expected = r"failed  token +the credentials were rejected, status 401, code \S+, trace \S+: "
    assert re.match(expected + r"http://\S+/auth/token at \d{4}-\S+Z", line_of(done.stdout, "token"))
    emulator.clear_faults("setu", "sandbox")
    assert run("token", "setu", "sandbox").returncode == 0  # no failure is shared


def test_missing_variables_are_all_named(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLIENT_ID", "SECRET"):
        monkeypatch.delenv(f"SETU_SANDBOX_{name}")

    done = run("doctor", "setu", "sandbox")

    assert done.returncode == 2
    assert re.search("failed +settings +set SETU_SANDBOX_CLIENT_ID .*SETU_SANDBOX_SECRET", done.stdout)


def test_a_secret_of_the_other_environment_is_noticed(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETU_SANDBOX_SECRET", os.environ["SETU_PRODUCTION_SECRET"])

    printed = run("doctor", "setu", "sandbox").stdout

    assert "SETU_SANDBOX_SECRET has the same value as SETU_PRODUCTION_SECRET" in printed


def test_a_spent_quota_is_not_overdrawn(emulator: Emulator) -> None:
    su = Su("sandbox", store="file:")
    for _ in range(28):
        su.token()
        su.invalidate()

    done = run("doctor", "su", "sandbox", "--request")

    assert done.returncode == 4
    assert "quota is spent" in line_of(done.stdout, "token")
    assert emulator.count("su") == 28


@pytest.mark.parametrize("folder", ["file:/proc/fake", "redis://127.0.0.1:1/0"])
def test_a_store_that_does_not_work_fails(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setenv("GATEPASS_STORE", folder)
    monkeypatch.setenv("GATEPASS_KEY", "ZmFrZS1rZXktZmFrZS1rZXktZmFrZS1rZXktMDEyMzQ=")

    done = run("doctor", "setu", "sandbox")

    assert done.returncode == 2
    assert ("failed", "store") in steps(done.stdout)
    assert "encrypts" in line_of(done.stdout, "key")


def examine(url: str, **variables: str) -> Any:
    variables = {"SETU_SANDBOX_CLIENT_ID": "fake", "SETU_SANDBOX_SECRET": HIDDEN} | variables
    environment = os.environ | variables | {"SETU_SANDBOX_BASE_URL": url}
    done = run_in_subprocess("doctor", "setu", "sandbox", env=environment)
    assert HIDDEN not in done.stdout + done.stderr
    return done


def test_a_port_that_refuses_is_named(clean_environment: None) -> None:
    with socket.socket() as bound:  # and does not listen
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        done = examine(f"https://127.0.0.1:{port}")

    assert done.returncode == 5
    assert line_of(done.stdout, "TCP").endswith(f"cannot connect to 127.0.0.1:{port}: connection refused")


def test_a_host_that_is_unknown_is_named(clean_environment: None) -> None:
    done = examine("https://fake.invalid")

    assert done.returncode == 5
    assert line_of(done.stdout, "DNS").startswith("failed  DNS        fake.invalid cannot be resolved")


def test_tls_is_checked_with_the_certificates_that_tokens_are_requested_with(
    clean_environment: None, tmp_path: Path
) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_text(CERTIFICATE)
    with serve_over_tls(certificate) as (port, _):
        unknown = examine(f"https://127.0.0.1:{port}")
        trusted = examine(f"https://127.0.0.1:{port}", SSL_CERT_FILE=str(certificate))

    assert unknown.returncode == 5
    assert "certificate verify failed" in line_of(unknown.stdout, "TLS")
    assert ("ok", "TCP") in steps(unknown.stdout)
    assert trusted.returncode == 0
    assert re.match(r"ok +TLS +TLSv1\.3 in \d+ ms, .* 2199 GMT", line_of(trusted.stdout, "TLS"))


def test_a_proxy_is_named_without_its_password(clean_environment: None) -> None:
    with contextlib.closing(Proxy(status="407 Proxy Authentication Required")) as proxy:
        done = examine("https://fake.invalid", HTTPS_PROXY=f"http://user:{HIDDEN}@{proxy.address}")

    assert done.returncode == 5
    assert re.match(r"note +proxy +127\.0\.0\.1:\d+$", line_of(done.stdout, "proxy"))
    assert "the proxy at 127.0.0.1" in done.stdout
    assert "(407)" in done.stdout


@pytest.fixture
def late_server() -> Iterator[str]:
    """The address of a server whose clock is years behind."""

    class Late(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return "Mon, 30 Nov 2020 00:00:00 GMT"

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Late) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_clock_that_is_off_is_named(clean_environment: None, late_server: str) -> None:
    done = examine(late_server)

    assert done.returncode == 2
    assert re.match(r"failed +clock +\d{9} s ahead of the provider's", line_of(done.stdout, "clock"))
