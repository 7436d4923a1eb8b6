"""Specs become providers of the emulator, or a SpecError gives the reason."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from gatepass_emulator import Emulator, SpecError
from gatepass_spec import provider_files

from ..timeouts import HANG_TIMEOUT, wait_for_event
from .conftest import SPECS

SIXTH = """
openapi: 3.1.0
info: {title: A sixth provider, version: '1'}
servers:
  - {url: https://api.example, x-oai-name: sandbox}
  - {url: 'https://{host}', x-oai-name: production, variables: {host: {default: h.example}}}
paths:
  /tenants/{tenant-id}/keys:
    put:
      operationId: makeKey
      parameters:
        - {name: tenant-id, in: path, required: true, schema: {type: integer}}
        - {name: X-App, in: header, required: true, schema: {type: string}}
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema:
              type: object
              required: [key, years]
              properties:
                key: {type: string, format: password}
                years: {type: integer}
      responses:
        '201':
          description: A token.
          headers:
            X-Token: {schema: {type: string}, example: opaque}
          content:
            application/json: {example: {life: 60}}
        '418':
          description: No.
          content:
            application/json: {example: {nope: true}}
components:
  securitySchemes:
    sixthToken:
      type: http
      scheme: bearer
      x-gatepass-token:
        version: 1
        operation: makeKey
        credentials: {app: $request.header.X-App, key: '$request.body#/key'}
        access_token: $response.header.X-Token
        expires_in: $response.body#/life
        default_expires_in: 60
        rejected: ['418']
        unauthorized: [419]
"""


def test_adding_a_spec_adds_a_provider(tmp_path: Path) -> None:
    (tmp_path / "sixth.yaml").write_text(SIXTH)
    with Emulator(specs=tmp_path) as emulator, httpx.Client() as client:
        credentials = emulator.credentials("sixth", "production")
        assert credentials == {"app": "fake-app", "key": "fake-production-sixth-key"}
        url = emulator.url("sixth", "production")
        form = {"key": credentials["key"], "years": "3"}
        headers = {"x-app": credentials["app"]}

        response = client.put(f"{url}/tenants/7/keys", data=form, headers=headers)
        assert response.status_code == 201
        token = response.headers["x-token"]
        echo = client.get(f"{url}/echo", headers={"Authorization": f"bearer {token}"})
        assert echo.json()["scheme"] == "sixthToken"
        assert client.get(f"{url}/echo").status_code == 419

        for path, years in (("/tenants/7/keys", "three"), ("/tenants/seven/keys", "3")):
            response = client.put(url + path, data=form | {"years": years}, headers=headers)
            assert (response.status_code, response.json()) == (418, {"nope": True})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("x-gatepass-token:", "x-other:", "no scheme has x-gatepass-token"),
        ("operation: makeKey", "operation: other", "there is no operation other"),
        ("$request.header.X-App", "$request.header.X-Other", "credentials/app.*leads nowhere"),
        ("$request.header.X-App", "request.header", "credentials/app.*is not a place"),
        ("$response.header.X-Token", "$response.body#/token", "access_token: not in the example"),
        ("rejected: ['418']", "rejected: ['400']", "no example for 400"),
        ("unauthorized: [419]", "", "unauthorized is missing"),
        ("x-oai-name: sandbox", "x-name: sandbox", "servers: every server needs an x-oai-name"),
        ("schema: {type: integer}}", "schema: {$ref: '#/nowhere'}}", "nowhere.*leads nowhere"),
        ("paths:", "paths: [", "sixth.yaml"),
        ("x-gatepass-token:", "x-gatepass-token: 7\n      x-rest:", "must be an object"),
        ("x-oai-name: sandbox", "x-oai-name: 'sandbox; touch pwned'", "servers: .*is not a name"),
        ("x-oai-name: sandbox", "x-oai-name: $(touch pwned)", "servers: .*is not a name"),
        ("x-oai-name: sandbox", "x-oai-name: 'sandbox\u2028'", "servers: .*is not a name"),
        ("x-oai-name: sandbox", "x-oai-name: ''", "servers: .*is not a name"),
        ("x-oai-name: sandbox", "x-oai-name: 7", "servers: every server needs an x-oai-name"),
        ("{app: ", "{'app=1;touch pwned;x': ", "credentials: .*is not a name"),
        ("{app: ", "{app-id: ", "credentials: .*is not a name"),
        ("{app: ", "{base_url: ", "credentials: base_url is the address"),
        ("schema: {type: string}}", 'schema: {type: string}, example: "\\e[2J"}', "app: .*control character"),
    ],
)
def test_a_spec_that_cannot_be_served_names_the_place(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    (tmp_path / "sixth.yaml").write_text(SIXTH.replace(old, new, 1))
    with pytest.raises(SpecError, match=f"(?s)sixth.yaml.*{message}|{message}"):
        Emulator(specs=tmp_path)


@pytest.mark.parametrize("name", ["six th", "$(touch pwned)", "6th", "x" * 65])
def test_a_file_name_that_is_not_a_name_is_rejected(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.yaml").write_text(SIXTH)
    with pytest.raises(SpecError, match="is not a name"):
        Emulator(specs=tmp_path)


@pytest.mark.parametrize("name", ["ld", "git", "GIT", "node", "gatepass"])
def test_a_provider_whose_variables_other_programs_obey_is_rejected(tmp_path: Path, name: str) -> None:
    """LD_LIBRARY_PATH and GIT_SSH_COMMAND have the form of a provider's variables."""
    (tmp_path / f"{name}.yaml").write_text(SIXTH)
    with pytest.raises(SpecError, match="other programs read variables"):
        Emulator(specs=tmp_path)


def test_an_unreadable_spec_is_a_spec_error(tmp_path: Path) -> None:
    (tmp_path / "sixth.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SpecError, match=r"sixth\.yaml: .*No such file"):
        Emulator(specs=tmp_path)


def test_the_specs_of_the_installed_clients_are_the_default() -> None:
    code = (
        "import sys; from gatepass_emulator import Emulator; print(*Emulator().environments);"
        "ours = {'gatepass', 'gatepass_clients', 'gatepass_providers'};"
        "print(*sorted(name for name in sys.modules if name.partition('.')[0] in ours))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    providers = " ".join(path.stem for path in provider_files(SPECS))
    assert run.stdout == f"{providers}\ngatepass gatepass._paths\n"


def test_a_folder_without_specs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no specs in"):
        Emulator(specs=tmp_path)


def test_stopping_does_not_wait_for_a_late_response() -> None:
    arrived = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with Emulator(specs=SPECS) as emulator:
            emulator.listen(lambda _call: arrived.set())
            emulator.fault("setu", "sandbox", operation="echo", latency=3600)
            waiting = pool.submit(httpx.get, emulator.url("setu", "sandbox") + "/echo", timeout=HANG_TIMEOUT)
            wait_for_event(arrived)
        with pytest.raises(httpx.RemoteProtocolError):  # the emulator closed it, the client did not give up
            waiting.result()
