"""The programs of docs/secret-managers.md, as printed, against servers that answer as the real ones do."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT

GUIDE = (Path(__file__).parents[2] / "docs" / "secret-managers.md").read_text(encoding="utf-8")
VAULT, AWS, GOOGLE, KEYCHAIN = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
[SESSION] = re.findall(r"```console\n\$ (.*?)\n```", GUIDE, re.S)
GOOGLE_API = "https://secretmanager.googleapis.com/v1"
KEYRING = """
import json, pathlib
from keyring.backend import KeyringBackend

class Plain(KeyringBackend):
    priority = 1
    file = pathlib.Path(__file__).with_name("keychain.json")

    def get_password(self, service, username):
        entries = json.loads(self.file.read_text()) if self.file.exists() else {}
        return entries.get(f"{service}/{username}")

    def set_password(self, service, username, password):
        self.file.write_text(json.dumps({f"{service}/{username}": password}))
"""


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Manager:
    """A local server in place of a secret manager; a test says how it responds."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.respond: Callable[[Request], tuple[int, Any]] = lambda _: (404, {})
        manager = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                manager.requests.append(request)
                status, response = manager.respond(request)
                content = json.dumps(response).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def manager() -> Iterator[Manager]:
    manager = Manager()
    with manager.http:
        thread = threading.Thread(target=manager.http.serve_forever, args=(0.01,))
        thread.start()
        yield manager
        manager.http.shutdown()
        thread.join()


@pytest.fixture
def secret(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """The secret, which is in no variable."""
    monkeypatch.delenv("SETU_PRODUCTION_SECRET")
    return emulator.credentials("setu", "production")["secret"]


def run(
    folder: Path, command: list[str], variables: dict[str, str], **options: Any
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "HOME": str(folder)} | variables
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=HANG_TIMEOUT, **options
    )


def token_of(program: str, folder: Path, secret: str, **variables: str) -> str:
    """Run a program; returns what it prints, or the last line of its error."""
    done = run(folder, [sys.executable, "-c", program], variables)
    assert secret not in done.stdout + done.stderr
    return done.stdout if done.returncode == 0 else done.stderr.splitlines()[-1]


def test_vault(manager: Manager, emulator: Emulator, secret: str, tmp_path: Path) -> None:
    metadata = {"created_time": "2026-01-01T00:00:00Z", "destroyed": False, "version": 2}
    manager.respond = lambda _: (200, {"data": {"data": {"secret": secret}, "metadata": metadata}})

    printed = token_of(VAULT, tmp_path, secret, VAULT_ADDR=manager.url, VAULT_TOKEN="fake-vault-token")

    assert float(printed) > 0
    [request] = manager.requests
    assert (request.method, request.path) == ("GET", "/v1/secret/data/setu/production")
    assert request.headers["x-vault-token"] == "fake-vault-token"
    assert emulator.count("setu", "production", status=200) == 1


def test_vault_denies_permission(manager: Manager, emulator: Emulator, secret: str, tmp_path: Path) -> None:
    manager.respond = lambda _: (403, {"errors": ["1 error occurred: permission denied"]})

    error = token_of(VAULT, tmp_path, secret, VAULT_ADDR=manager.url, VAULT_TOKEN="fake-vault-token")

    assert error.endswith("setu production: the function given as secret= failed with HTTPStatusError")
    assert emulator.count("setu") == 0


def aws(manager: Manager) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": manager.url,
        "AWS_ACCESS_KEY_ID": "fake-key-id",
        "AWS_SECRET_ACCESS_KEY": "fake-access-key",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_aws(manager: Manager, emulator: Emulator, secret: str, tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:ap-south-1:000000000000:secret:setu/production-Fake00"
    response = {"ARN": arn, "Name": "setu/production", "SecretString": secret, "CreatedDate": 1.8e9}
    manager.respond = lambda _: (200, response)

    printed = token_of(AWS, tmp_path, secret, **aws(manager))

    assert float(printed) > 0
    [request] = manager.requests
    assert request.headers["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert json.loads(request.body) == {"SecretId": "setu/production"}
    assert emulator.count("setu", "production", status=200) == 1


def test_aws_has_no_such_secret(manager: Manager, emulator: Emulator, secret: str, tmp_path: Path) -> None:
    manager.respond = lambda _: (400, {"__type": "ResourceNotFoundException", "Message": "not found"})

    error = token_of(AWS, tmp_path, secret, **aws(manager))

    assert error.endswith("the function given as secret= failed with ResourceNotFoundException")
    assert emulator.count("setu") == 0


def service_account(folder: Path, token_uri: str) -> str:
    """A key file with a new key, whose token endpoint is the local server."""
    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "project_id": "fake-project",
        "private_key_id": "fake",
        "private_key": key.decode(),
        "client_email": "fake@fake-project.example",
        "token_uri": token_uri,
    }
    (folder / "account.json").write_text(json.dumps(account))
    return str(folder / "account.json")


@pytest.mark.parametrize("status", [200, 403])
def test_google(manager: Manager, emulator: Emulator, secret: str, tmp_path: Path, status: int) -> None:
    def respond(request: Request) -> tuple[int, Any]:
        if request.path == "/token":
            return 200, {"access_token": "fake-access-token", "expires_in": 3599, "token_type": "Bearer"}
        if status == 403:
            return 403, {"error": {"code": 403, "message": "denied", "status": "PERMISSION_DENIED"}}
        data = base64.b64encode(secret.encode()).decode()
        name = "projects/1/secrets/setu-production/versions/3"
        return 200, {"name": name, "payload": {"data": data, "dataCrc32c": "1"}}

    manager.respond = respond
    assert GOOGLE_API in GOOGLE
    account = service_account(tmp_path, f"{manager.url}/token")

    printed = token_of(
        GOOGLE.replace(GOOGLE_API, f"{manager.url}/v1"),
        tmp_path,
        secret,
        GOOGLE_APPLICATION_CREDENTIALS=account,
    )

    assert manager.requests[-1].headers["authorization"] == "Bearer fake-access-token"
    path = "/v1/projects/fake-project/secrets/setu-production/versions/latest:access"
    assert [request.path for request in manager.requests] == ["/token", path]
    if status == 200:
        assert float(printed) > 0
    else:
        assert printed.endswith("the function given as secret= failed with HTTPError")
    assert emulator.count("setu") == (status == 200)


def test_the_keychain(emulator: Emulator, secret: str, tmp_path: Path) -> None:
    (tmp_path / "plain_keyring.py").write_text(KEYRING)
    variables = {"PYTHON_KEYRING_BACKEND": "plain_keyring.Plain", "PYTHONPATH": str(tmp_path)}
    missing = token_of(KEYCHAIN, tmp_path, secret, **variables)
    stored = run(tmp_path, ["sh", "-c", SESSION], variables, input=secret)
    printed = token_of(KEYCHAIN, tmp_path, secret, **variables)

    advice = "run keyring set gatepass SETU_PRODUCTION_SECRET"
    assert missing.endswith(f"the keychain has no SETU_PRODUCTION_SECRET: {advice}")
    assert (stored.returncode, secret in stored.stdout + stored.stderr) == (0, False)
    assert float(printed) > 0


def test_type_checkers_accept_the_programs(tmp_path: Path) -> None:
    for number, program in enumerate((VAULT, AWS, GOOGLE, KEYCHAIN)):
        (tmp_path / f"program_{number}.py").write_text(program, encoding="utf-8")
    # boto3 and google-auth have no types.
    untyped = ["--disable-error-code", "import-untyped", "--disable-error-code", "no-untyped-call"]
    done = run(tmp_path, ["mypy", "--strict", *untyped, "."], {})

    assert done.returncode == 0, done.stdout
