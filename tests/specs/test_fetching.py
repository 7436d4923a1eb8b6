"""`make check` and `make generate` fetch no URL and read no file that a spec or a flow refers to."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import node

from .defects import ROOT, SPECS, findings_of, lint

pytestmark = pytest.mark.skipif(
    not (node.MODULES / ".bin" / "spectral").exists(), reason="`make tools` installs what lints"
)
SCHEMA = "    TokenData:\n      type: object\n"
EXAMPLE = """\
            example:
              clientID: 00000000-0000-4000-8000-00000000c11e
              secret: fake-secret-of-the-documentation
"""
SPEC_REFERENCES = {
    "reference": ("'#/components/schemas/TokenData'", "'{}'"),
    "referenceinanexample": (
        "              secret: fake",
        "              other: {{$ref: '{}'}}\n              secret: fake",
    ),
    "referenceinavendorkey": ("info:\n", "info:\n  x-other: {{$ref: '{}'}}\n"),
    "referenceinamergekey": ("info:\n", "info:\n  x-other: {{<<: {{$ref: '{}'}}}}\n"),
    "example": (EXAMPLE, "            examples: {{other: {{externalValue: '{}'}}}}\n"),
    "mapping": (SCHEMA, SCHEMA + "      discriminator: {{propertyName: token, mapping: {{other: '{}'}}}}\n"),
    "dialect": ("openapi: 3.1.0\n", "openapi: 3.1.0\njsonSchemaDialect: '{}'\n"),
    "schema": (SCHEMA, SCHEMA + "      $schema: '{}'\n"),
    "id": (SCHEMA, SCHEMA + "      $id: '{}'\n"),
    "dynamic": (SCHEMA, SCHEMA + "      $dynamicRef: '{}'\n"),
    "link": (
        "      responses:\n        '200':\n",
        "      responses:\n        '200':\n          links: {{other: {{operationRef: '{}'}}}}\n",
    ),
    "referencebelowanumber": ("info:\n", "info:\n  x-other: {{1: {{$ref: '{}'}}}}\n"),
}
"""Kinds of references to something outside of specs/setu.yaml: the replaced text and its replacement."""
FLOW_REFERENCES = {
    "source": ("../setu.yaml", "{}"),
    "reference": ("    inputs:\n", "    inputs:\n      $ref: '{}'\n    x-other:\n"),
    "schema": ("    inputs:\n", "    inputs:\n      $schema: '{}'\n"),
    "example": ("    inputs:\n", "    inputs:\n      externalValue: '{}'\n"),
    "mapping": (
        "    inputs:\n",
        "    inputs:\n      discriminator: {{propertyName: a, mapping: {{other: '{}'}}}}\n",
    ),
    "overlay": ("arazzo: 1.0.1\n", "overlay: 1.0.0\nactions: [{{target: $.info, update: {{$ref: '{}'}}}}]\n"),
}
"""The same for specs/flows/setu.yaml."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """The URL of a server, and the paths that were requested from it."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type": "object"}')

        do_HEAD = do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


def write(folder: Path, target: str) -> list[Path]:
    """Specs and flows that each refer to something external, in every form of reference."""
    shutil.copytree(SPECS, folder, dirs_exist_ok=True)
    paths = []
    for subfolder, references in (("", SPEC_REFERENCES), ("flows", FLOW_REFERENCES)):
        text = (folder / subfolder / "setu.yaml").read_text(encoding="utf-8")
        for name, (old, new) in references.items():
            assert old in text, name
            path = folder / subfolder / f"{subfolder or 'spec'}{name}.yaml"
            path.write_text(text.replace(old, new.format(target.format(name)), 1), encoding="utf-8")
            paths.append(path)
    return paths


def test_no_url_is_fetched(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    url, paths = server
    files = write(tmp_path, f"{url}/{{}}")

    findings = findings_of(tmp_path)

    assert paths == []
    assert {file.name for file in files} <= set(findings)
    assert {match["tool"] for matches in findings.values() for match in matches} == {"gatepass"}


def test_no_file_is_read(tmp_path: Path) -> None:
    canary = tmp_path / "canary.yaml"
    canary.write_text("type: fake-content-of-the-canary\n")
    files = write(tmp_path / "specs", str(canary))

    output = lint(tmp_path / "specs").stderr

    assert "fake-content" not in output
    assert f"{canary}:" not in output
    assert {file.name for file in files} <= set(findings_of(tmp_path / "specs"))


@pytest.mark.parametrize("source", ["../su.yaml", "decentro.yaml"])
def test_no_url_is_fetched_from_a_spec_that_a_flow_names(
    source: str, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    shutil.copytree(SPECS, tmp_path, dirs_exist_ok=True)
    url, paths = server
    spec, flow = tmp_path / "flows" / source, tmp_path / "flows" / "setu.yaml"
    spec.write_text(spec.read_text().replace("info:\n", f"info:\n  x-other: {{$ref: '{url}'}}\n", 1))
    flow.write_text(flow.read_text().replace("../setu.yaml", source))

    findings = findings_of(tmp_path)

    assert paths == []
    assert {match["rule"] for match in findings[spec.name]} == {"gatepass/ref"}


def test_generate_fetches_and_reads_nothing(tmp_path: Path, server: tuple[str, list[str]]) -> None:
    url, paths = server
    files = write(tmp_path / "specs", f"{url}/{{}}")
    command = [sys.executable, str(ROOT / "scripts" / "generate.py")]
    options = ["--specs", str(tmp_path / "specs"), "--out", str(tmp_path / "out")]

    process = subprocess.run([*command, *options], capture_output=True, text=True, timeout=1800)

    assert (process.returncode, paths) == (1, [])
    for file in files:
        assert (f"{file}:" in process.stderr) == (file.parent.name == "specs"), file
    assert not (tmp_path / "out").exists()


def test_a_flow_that_names_a_missing_spec_is_reported(tmp_path: Path) -> None:
    shutil.copytree(SPECS, tmp_path, dirs_exist_ok=True)
    flow = tmp_path / "flows" / "setu.yaml"
    flow.write_text(flow.read_text().replace("../setu.yaml", "../seto.yaml"))

    [match] = findings_of(tmp_path)["setu.yaml"]

    assert match["rule"] == "gatepass/source"
    assert "url: ../seto.yaml" in flow.read_text().splitlines()[int(match["line"]) - 1]
