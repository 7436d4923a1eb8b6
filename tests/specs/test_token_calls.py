"""Documented token calls of other providers, in YAML alone, requested and used as each provider has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[2]
CALLS = Path(__file__).parent / "calls"
NAMES = sorted(path.stem for path in CALLS.glob("*.yaml"))
UNSUPPORTED = sorted((CALLS / "unsupported").glob("*.yaml"))
PROGRAM = """
import json, os
import httpx
import gatepass
from gatepass.testing import reset_quotas
from gatepass_emulator import Emulator
from gatepass_providers import CREDENTIALS, MODULES

PLAIN = ("header", "Authorization", "Bearer ")


def accepted(response):
    return response.status_code == 200 and "provider" in response.json()


with Emulator() as emulator:
    os.environ.update(emulator.variables())
    for name, module in MODULES.items():
        credential_class = getattr(gatepass, name)
        credential = credential_class("sandbox")
        url = credential.base_url + "/echo"
        first = httpx.get(url, auth=credential)
        bearer = httpx.get(url, headers={"Authorization": "Bearer " + credential.token().value})
        emulator.revoke()
        after_revocation = httpx.get(url, auth=credential)
        spec = credential_class.spec
        secret = sorted(spec.secrets)[0]
        reset_quotas()  # one of them grants no more than a few tokens a day
        try:
            rejected = str(credential_class("sandbox", **{secret: "fake-wrong"}).token())
        except gatepass.Rejected:
            rejected = "rejected"
        print(json.dumps({
            "module": module,
            "accepted": accepted(first),
            "as_bearer": accepted(bearer),
            "is_bearer": spec.api == PLAIN and not spec.also_send,
            "accepted_after_revocation": accepted(after_revocation),
            "wrong_secret": rejected,
            "tokens": emulator.count(module, status=int(min(spec.statuses))),
        }))
"""


def run(*arguments: object, packages: Path | None = None) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    paths = [ROOT / "overlay", *([packages] if packages else [])]
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=variables | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages that are generated from all calls."""
    folder = tmp_path_factory.mktemp("calls") / "generated"
    done = run(ROOT / "scripts" / "generate.py", "--specs", CALLS, "--out", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def results(packages: Path) -> dict[str, dict[str, Any]]:
    done = run("-c", PROGRAM, packages=packages)
    assert done.returncode == 0, done.stderr
    return {result["module"]: result for result in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", NAMES)
def test_a_token_is_requested_and_used_as_the_provider_has_it(
    name: str, results: dict[str, dict[str, Any]]
) -> None:
    result = results[name]
    assert result["accepted"]
    assert result["as_bearer"] == result["is_bearer"]  # the emulator takes no other form
    assert result["accepted_after_revocation"]
    assert result["wrong_secret"] == "rejected"
    assert result["tokens"] == 2


def test_27_of_32_calls_are_described_at_least() -> None:
    assert len(NAMES) >= 27
    assert len(NAMES) + len(UNSUPPORTED) == 32


def test_type_checkers_accept_the_generated_credentials(packages: Path) -> None:
    done = run("-m", "mypy", "--strict", packages / "gatepass_providers", packages=packages)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", UNSUPPORTED, ids=[path.stem for path in UNSUPPORTED])
def test_a_computed_value_is_refused_as_out_of_scope(path: Path, tmp_path: Path) -> None:
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / path.name).write_bytes(path.read_bytes())

    done = run(ROOT / "scripts" / "generate.py", "--specs", specs, "--out", tmp_path / "generated")

    assert done.returncode == 1
    line = next(line for line in done.stderr.splitlines() if "gatepass/computed" in line)
    assert line.startswith(f"{specs / path.name}:")
    assert "signatures, digests and encryption are out of scope" in line
    assert not (tmp_path / "generated").exists()
