"""The token service conforms to its spec: schemathesis and the typed client read it."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gatepass_clients.token_service import AuthenticatedClient
from gatepass_clients.token_service.api.headers import authorize, read_headers
from gatepass_clients.token_service.api.operations import check_readiness, read_status
from gatepass_clients.token_service.api.token import read_metadata, request_token, revoke_token
from gatepass_clients.token_service.models import (
    HeadersResponse,
    Health,
    Metadata,
    RevocationRequest,
    StatusResponse,
    TokenRequest,
    TokenResponse,
)
from gatepass_emulator import Emulator
from gatepass_spec import SERVICE_FILE
from repository import SPECS

from ..helpers import FakeClock
from ..service.process import Service, TestClock
from ..timeouts import HANG_TIMEOUT

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    clock = TestClock(folder / "clock", FakeClock())
    with Emulator() as emulator:
        service = Service(folder, clock.path, **emulator.variables())
        yield service
        service.stop()


def narrowed(service: Service, *, by_form: bool) -> dict[str, Any]:
    """The spec with the accounts of the service, and one way to authenticate: OpenAPI cannot forbid both."""
    document: dict[str, Any] = yaml.safe_load((SPECS / SERVICE_FILE).read_text())
    components = document["components"]
    components["parameters"]["provider"]["schema"]["enum"] = ["setu", "sahamati", "unknown"]
    components["parameters"]["environment"]["schema"]["enum"] = ["sandbox", "production", "other"]
    posts = [path["post"] for path in document["paths"].values() if "post" in path]
    for post in posts:
        post["security"] = [] if by_form else [{"clientKey": []}]
    for name in ("TokenRequest", "RevocationRequest"):
        schema = components["schemas"][name]
        for field, value in {"client_id": "gatepass", "client_secret": service.key}.items():
            if by_form:
                schema["required"].append(field)
                schema["properties"][field]["enum"] = [value]
            else:
                del schema["properties"][field]
    return document


def fuzz(service: Service, folder: Path, *options: str, by_form: bool) -> subprocess.CompletedProcess[str]:
    """Run schemathesis with the key of the client."""
    document = narrowed(service, by_form=by_form)
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document))
    basic = 'auth.openapi.clientKey = { username = "gatepass", password = "${KEY}" }\n'
    config = "" if by_form else basic
    options = (*options, "--include-tag", "token") if by_form else options
    config += "checks.positive_data_acceptance.expected-statuses = [200, 204, 404]\n"
    (folder / "schemathesis.toml").write_text(config)
    always = ["--url", service.url, "--checks", "all", "--continue-on-failure", "--warnings", "off"]
    always += ["--seed", "1", "--request-timeout", "60", "--suppress-health-check", "too_slow"]
    command = [str(SCHEMATHESIS), "--no-color", "run", "openapi.yaml", *always, *options]
    env = os.environ | {"KEY": service.key}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=HANG_TIMEOUT)


@pytest.mark.parametrize("by_form", [False, True], ids=["Basic", "form"])
def test_schemathesis_finds_nothing(service: Service, tmp_path: Path, by_form: bool) -> None:
    process = fuzz(service, tmp_path, "--max-examples", "40", by_form=by_form)

    assert process.returncode == 0, process.stdout + process.stderr
    statuses = {(entry["route"], entry["status"]) for entry in service.log() if "route" in entry}
    token = "/{provider}/{environment}/token"
    assert {(token, status) for status in (200, 400, 401, 404, 405)} <= statuses
    assert all(status < 500 for _, status in statuses)


def test_a_typed_client_is_generated_from_the_spec(service: Service) -> None:
    basic = b64encode(f"gatepass:{service.key}".encode()).decode()
    with AuthenticatedClient(service.url, token=basic, prefix="Basic") as client:
        use(client, service)


def use(client: AuthenticatedClient, service: Service) -> None:
    token = request_token.sync("setu", "sandbox", client=client, body=TokenRequest())
    assert isinstance(token, TokenResponse)
    assert service.key not in repr(client)
    assert token.access_token not in repr(token)
    headers = read_headers.sync("setu", "sandbox", client=client)
    assert isinstance(headers, HeadersResponse)
    assert headers.headers["Authorization"] == [f"Bearer {token.access_token}"]
    assert token.access_token not in repr(headers)
    assert authorize.sync_detailed("setu", "sandbox", client=client).status_code == 204
    revocation = RevocationRequest(token=token.access_token)
    assert revoke_token.sync_detailed("setu", "sandbox", client=client, body=revocation).status_code == 200
    assert isinstance(read_metadata.sync("setu", "sandbox", client=client), Metadata)
    assert isinstance(check_readiness.sync(client=client), Health)
    assert isinstance(read_status.sync(client=client), StatusResponse)
