"""A spec and `make generate` are all that a new provider needs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from ..timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[2]
SPEC = Path(__file__).parent / "acme.yaml"
NOT_COPIED = (".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", ".generated*", "dist", "*.egg-info")
NO_PROXIES = {"NO_PROXY": "*"}
PROGRAM = """
import os, time
import httpx
from gatepass import Acme, AcmeAdmin, Clock
from gatepass_emulator import Emulator

later = 0
clock = Clock(monotonic=lambda: time.monotonic() + later, time=lambda: time.time() + later)
with Emulator() as emulator:
    emulator.clock = clock.time
    os.environ.update(emulator.variables())
    acme = Acme("sandbox", level="BASIC", clock=clock)
    url = acme.base_url
    print(httpx.get(url + "/echo", auth=acme).status_code)
    later = 600
    print(httpx.get(url + "/echo", auth=acme).status_code)
    print(httpx.get(url + "/echo", auth=Acme("sandbox", authenticate_with="credentials")).status_code)
    print(AcmeAdmin("sandbox").read_secret("fake-shop").value == os.environ["ACME_SANDBOX_KEY"])
    print(*(call.path for call in emulator.calls if call.kind != "echo"))
    print(httpx.get(url.partition("/acme")[0] + "/acme.html").status_code)
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository in which a new spec was compiled."""
    tree = tmp_path_factory.mktemp("new") / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*NOT_COPIED))
    for command in ("init --quiet", "add --all", "-c user.name=Fake -c user.email= commit --quiet -m Copy"):
        subprocess.run(["git", *command.split()], cwd=tree, check=True)
    shutil.copy(SPEC, tree / "specs")
    run(tree, "scripts/generate.py")
    return tree


def run(tree: Path, *arguments: str, status: int = 0, proxies: Mapping[str, str] = NO_PROXIES) -> str:
    """Run a Python program with the packages of the copy; returns its stdout, or stderr if it must fail."""
    variables = {
        "PYTHONPATH": os.pathsep.join([str(tree / "overlay"), str(tree / "generated")]),
        "XDG_CACHE_HOME": str(tree.parent / "cache"),
        **proxies,
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={name: value for name, value in os.environ.items() if "PROXY" not in name.upper()} | variables,
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if status else done.stdout


def test_only_specs_and_generated_files_change(tree: Path) -> None:
    status = ["git", "status", "--porcelain", "--untracked-files=all"]
    lines = subprocess.run(status, cwd=tree, capture_output=True, text=True, check=True).stdout.splitlines()
    changed = {line[3:].partition("/")[0] for line in lines}
    assert changed == {"specs", "generated"}
    assert "?? generated/gatepass_providers/acme.py" in lines
    assert "?? generated/gatepass_clients/acme/openapi.yaml" in lines
    assert "?? generated/gatepass_pages/acme.html" in lines


def test_its_tokens_secrets_and_headers_work_on_the_emulator(tree: Path) -> None:
    assert run(tree, "-c", PROGRAM).splitlines() == [
        "200",
        "200",
        "200",
        "True",
        "/login /refresh /admin/login /shops/key",
        "200",
    ]


def test_the_command_line_knows_it(tree: Path) -> None:
    gatepass = [sys.executable, "-m", "gatepass"]
    emulator = ["-m", "gatepass", "emulator", "--", *gatepass]
    assert run(tree, *emulator, "token", "acme", "sandbox").strip()
    assert run(tree, *emulator, "token", "acme-admin", "production").count(".") == 2
    assert run(tree, *emulator, "secret", "read", "acme", "sandbox", "fake-shop").startswith("fake-")
    reset = run(tree, *emulator, "secret", "reset", "acme", "sandbox", "fake-shop", status=2)
    assert "acme has no request to reset a secret" in reset
    days = run(tree, *emulator, "secret", "read", "acme", "sandbox", "fake-shop", "--days=3", status=2)
    assert "--days: acme decides" in days
    assert "ACME_PRODUCTION_PASSWORD" in run(tree, "-m", "gatepass", "list", "acme-admin")


def test_the_demo_has_its_rows_although_no_proxy_can_be_reached(tree: Path) -> None:
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    rows = [line.split() for line in run(tree, "scripts/demo.py", proxies=proxies).splitlines()]
    assert [row[1] for row in rows if row and row[0] == "acme"] == ["sandbox", "production"]
    assert [row[1] for row in rows if row and row[0] == "acme-admin"] == ["sandbox", "production"]


def test_type_checkers_know_it(tree: Path) -> None:
    program = tree / "program.py"
    program.write_text(
        "from typing import assert_type\n"
        "from gatepass import Acme, Token\n"
        'assert_type(Acme("sandbox", shop="fake", level="BASIC").token(), Token)\n'
        'Acme("uat")  # type: ignore[arg-type]\n'
        'Acme("sandbox", id="fake")  # type: ignore[call-arg]\n'
    )
    run(tree, "-m", "mypy", "generated/gatepass_providers", "program.py")
