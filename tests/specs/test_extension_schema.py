"""The schema of the token extension in Ajv, which is strict, and in the server that editors use for YAML."""

import json
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import node

from ..timeouts import HANG_TIMEOUT

SPECS = Path(__file__).parents[2] / "specs"
OFFICIAL = "https://spec.openapis.org/oas/3.1/schema/2022-10-07"
SERVER = node.MODULES / "yaml-language-server" / "bin" / "yaml-language-server"
STRICT = """
import Ajv from "ajv/dist/2020.js";
import fs from "fs";
const ajv = new Ajv.default({strict: true});
ajv.compile(JSON.parse(fs.readFileSync(process.argv[2])));
const token = ajv.compile({$ref: "urn:gatepass:token-extension:1#/$defs/x-gatepass-token"});
console.log(token(JSON.parse(process.argv[3])), token.errors?.[0].message);
"""
TOKEN = {
    "version": 1,
    "operation": "createToken",
    "credentials": {"key": "$request.header.X-Key"},
    "access_token": "$response.body#/token",
    "default_expires_in": 3600,
    "rejected": ["401"],
    "unauthorized": [401],
}

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="`make tools` installs them")


@pytest.mark.parametrize(
    ("token", "printed"),
    [
        (TOKEN, "true undefined\n"),
        ({**TOKEN, "version": 2}, "false must be equal to constant\n"),
        ({**TOKEN, "value": "$response.body#/token"}, "false must NOT have additional properties\n"),
    ],
)
def test_ajv_compiles_the_schema_in_strict_mode(token: dict[str, Any], printed: str, tmp_path: Path) -> None:
    program = tmp_path / "check.mjs"
    program.write_text(STRICT)
    (tmp_path / "node_modules").symlink_to(node.MODULES)
    command = [
        str(node.NODE / "node"),
        str(program),
        str(SPECS / "token-extension.schema.json"),
        json.dumps(token),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_TIMEOUT)
    assert (done.stdout, done.stderr) == (printed, "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schemas, with a copy of OpenAPI's own in place of its address, which no test can reach."""
    folder = tmp_path_factory.mktemp("schemas")
    official = json.loads(
        (files("openapi_spec_validator") / "resources/schemas/v3.1/schema.json").read_text()
    )
    assert official.pop("$id") == OFFICIAL
    (folder / "openapi.json").write_text(json.dumps(official))
    for name in ("token-extension.schema.json", "token-extension.openapi.schema.json"):
        (folder / name).write_text((SPECS / name).read_text().replace(OFFICIAL, "openapi.json"))
    return folder


@pytest.mark.parametrize(
    ("old", "new", "diagnostics"),
    [
        ("", "", []),
        ("default_expires_in: 1800", "default_expires_in: soon", ['Incorrect type. Expected "integer".']),
        ("default_expires_in: 1800", "default_expires: 1800", [
            'Missing property "default_expires_in".', "Property default_expires is not allowed."
        ]),
        ("  title:", "  titel:", ['Missing property "title".', "Property titel is not allowed."]),
    ],
)  # fmt: skip
def test_an_editor_shows_mistakes_in_a_spec(old: str, new: str, diagnostics: list[str], folder: Path) -> None:
    schema = (folder / "token-extension.openapi.schema.json").as_uri()
    text = (SPECS / "setu.yaml").read_text().replace(old, new, 1)
    assert diagnose(f"# yaml-language-server: $schema={schema}\n{text}", folder / "setu.yaml") == diagnostics


def diagnose(text: str, path: Path) -> list[str]:
    """The messages of the YAML language server about a file, in order."""
    document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
    with subprocess.Popen(
        [node.NODE / "node", SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        messages = received(server)
        send(
            server, id=1, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}}
        )
        next(message for message in messages if message.get("id") == 1)
        send(server, method="initialized", params={})
        send(server, method="textDocument/didOpen", params={"textDocument": document})
        published = next(message for message in messages if message.get("method") == PUBLISH)
        server.kill()
    return sorted(diagnostic["message"] for diagnostic in published["params"]["diagnostics"])


PUBLISH = "textDocument/publishDiagnostics"


def send(server: "subprocess.Popen[bytes]", **message: Any) -> None:
    assert server.stdin is not None
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    server.stdin.flush()


def received(server: "subprocess.Popen[bytes]") -> Iterator[dict[str, Any]]:
    assert server.stdout is not None
    while True:
        headers = iter(server.stdout.readline, b"\r\n")
        length = next(
            int(line.split(b":")[1]) for line in list(headers) if line.startswith(b"Content-Length")
        )
        message = json.loads(server.stdout.read(length))
        if "id" in message and "method" in message:  # a request of the server
            items = message["params"].get("items", [])
            send(server, id=message["id"], result=[{"validate": True} for _ in items])
        yield message
