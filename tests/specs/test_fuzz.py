"""The emulator conforms to its specs: schemathesis reads a spec, sends requests, and checks the responses.

The spec is narrowed to the credentials of an account, so that exactly the requests that must get a token
conform to it. The response to such a request must be the documented success, to any other a documented
rejection.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import SahamatiUser, Setu
from gatepass_emulator import Emulator
from gatepass_generator.reader import read
from gatepass_spec import Spec, place_schema, split_place
from repository import SPECS
from tests.helpers import TLS_CONTEXT, FakeClock

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
Fuzz = Callable[..., subprocess.CompletedProcess[str]]


def narrowed(spec: Spec, credentials: dict[str, str]) -> Any:
    """The spec with the account's credentials and the constants as required fields with a single value.

    A constant that is an option may have any value.
    """
    for operation in spec.operations().values():
        right: dict[str, str] = {}
        for token in spec.tokens.values():
            if operation.id in (token["operation"], *token.get("alternatives", [])):
                right |= {place: credentials[name] for name, place in token["credentials"].items()}
                options = token.get("options", {}).values()
                constants = token.get("constants", {})
                right |= {place: value for place, value in constants.items() if place not in options}
        for name, place in operation.document.get("x-gatepass-secret", {}).get("id", {}).items():
            right[place] = credentials[name]
        for place, value in right.items():
            schema: Any = place_schema(spec, operation, place)
            encoded = base64.b64encode(value.encode()).decode() if "contentEncoding" in schema else value
            schema["enum"] = [encoded]
            _, kind, (name,) = split_place(place)
            if kind == "body" and name not in operation.body["required"]:
                operation.body["required"].append(name)
    return spec.document


@pytest.fixture
def fuzz(emulator: Emulator, clock: FakeClock, tmp_path: Path) -> Fuzz:
    """Runs schemathesis on the operations of a spec that have a tag; secret requests get a user's token."""

    def run(provider: str, tag: str, *options: str) -> subprocess.CompletedProcess[str]:
        spec = read(SPECS / f"{provider}.yaml")
        limited = [int(status) for token in spec.tokens.values() for status in token.get("rate_limited", [])]
        config = f"checks.positive_data_acceptance.expected-statuses = {[200, *limited]}\n"
        if tag == "secret":
            config += 'auth.openapi.userToken.bearer = "${TOKEN}"\n'
        token = SahamatiUser("sandbox", clock=clock.clock).token().value
        document = narrowed(spec, emulator.credentials(provider, "sandbox"))
        (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
        (tmp_path / "schemathesis.toml").write_text(config, encoding="utf-8")
        always = ["--url", emulator.url(provider, "sandbox"), "--include-tag", tag, "--checks", "all"]
        always += ["--warnings", "off", "--continue-on-failure", "--seed", "1"]
        always += ["--request-timeout", "60"]
        always += ["--suppress-health-check", "too_slow"]  # other programs may have the processor
        command = [str(SCHEMATHESIS), "--no-color", "run", "openapi.json", *always, *options]
        env = os.environ | {"TOKEN": token}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)

    return run


@pytest.mark.parametrize(
    ("provider", "tag", "expected"),
    [
        ("decentro", "token", {200, 400, 401}),
        ("sahamati", "token", {200, 400, 401}),
        ("sahamati", "secret", {200, 400, 401}),  # not with the token requests: a reset changes the secret
        ("setu", "token", {200, 400}),
        ("singleview", "token", {200, 400, 401}),
        ("su", "token", {200, 401, 422}),
    ],
)
def test_every_response_conforms_to_the_spec(
    provider: str, tag: str, expected: set[int], fuzz: Fuzz, emulator: Emulator
) -> None:
    process = fuzz(provider, tag, "--max-examples", "40")
    assert process.returncode == 0, process.stdout + process.stderr
    for operation in read(SPECS / f"{provider}.yaml").operations().values():
        statuses = [call.status for call in emulator.calls if call.operation == operation.id]
        if tag in operation.document["tags"]:
            assert set(statuses) == expected
            assert min(map(statuses.count, {200, 401, 400} & expected)) > 1, statuses
    assert {call.method for call in emulator.calls if call.status == 405} >= {"PUT", "DELETE", "PATCH"}


def test_responses_that_break_the_spec_are_detected(fuzz: Fuzz, emulator: Emulator) -> None:
    faults: list[dict[str, Any]] = [
        {"status": 418},
        {"status": 500},
        {"patch": {"/success": 7}},
        {"headers": {"content-type": "text/plain"}},
    ]
    for fault in faults:
        emulator.fault("setu", "sandbox", times=1, **fault)
    emulator.fault("setu", "sandbox", status=200)
    process = fuzz("setu", "token", "--phases", "coverage")
    assert process.returncode == 1
    for failure in (
        "Undocumented status code",
        "Server error",
        "Response violates schema",
        "Undocumented Content-Type",
        "Schema-violating request accepted",
    ):
        assert failure in process.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "503"},
        {"status": 99},
        {"disconnect": "befor"},
        {"latency": "1"},
        {"trickle": [1]},
        {"headers": {"Retry-After": 7}},
        {"headers": "Retry-After: 7"},
        {"body": {"success": False}},
        {"body": "", "content_type": None},
        {"token": 7},
        {"patch": "/data"},
        {"seconds": "300"},
        {"seconds": None},
        {"seconds": float("inf")},
    ],
    ids=str,
)
def test_an_invalid_fault_is_a_400_and_affects_no_request(
    wrong: dict[str, Any], emulator: Emulator, clock: FakeClock
) -> None:
    call = "lifetime" if "seconds" in wrong else "fault"
    content = json.dumps({"provider": "setu", "environment": "sandbox", **wrong})
    response = httpx.post(
        f"{emulator.base_url}/_emulator/{call}", content=content, verify=TLS_CONTEXT, timeout=60
    )
    assert (response.status_code, list(response.json())) == (400, ["error"])
    Setu("sandbox", clock=clock.clock).token()


def test_json_that_nests_too_deep_is_a_400(emulator: Emulator) -> None:
    for url in (f"{emulator.base_url}/_emulator/fault", f"{emulator.url('setu', 'sandbox')}/auth/token"):
        assert httpx.post(url, content="[" * 100_000, verify=TLS_CONTEXT, timeout=60).status_code == 400
