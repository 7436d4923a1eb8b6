"""The recipes of docs/recipes work as printed, with the frameworks that they are about."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from gatepass_emulator import Emulator

from ..ports import free_port
from ..snippets import ROOT, assert_no_secret, blocks, commands, run, save_titled
from ..stores.redis.server import Server
from ..timeouts import wait_for
from .processes import is_listening, running

RECIPES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/recipes/*.md"))
KUBERNETES = "docs/recipes/kubernetes.md"


@contextlib.contextmanager
def served(page: str, folder: Path, option: str) -> Iterator[httpx.Client]:
    """A client of the server that the last session of a page starts, at a free port."""
    save_titled(page, folder)
    port = free_port()
    session = commands(blocks(page, "console")[-1])
    with running(f"{session} {option.format(port)}", folder) as process:
        wait_for(lambda: is_listening(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "output").read_text()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client


def test_fastapi_serves_with_one_token_and_reports_its_health(emulator: Emulator, tmp_path: Path) -> None:
    with served("docs/recipes/fastapi.md", tmp_path, "--port {}") as client:
        assert client.get("/health").json() == {"state": "empty", "seconds_left": 0}
        assert [client.get("/accounts").json() for _ in range(3)] == [200, 200, 200]
        assert client.get("/health").json()["state"] == "fresh"
        assert emulator.count("setu") == 1


def test_fastapi_says_when_to_try_again_without_a_token(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fault("setu", "sandbox", status=401)
    with served("docs/recipes/fastapi.md", tmp_path, "--port {}") as client:
        response = client.get("/accounts")
        assert (response.status_code, response.json()) == (503, {"detail": "no access token"})
        assert int(response.headers["Retry-After"]) >= 1
        assert client.get("/health").status_code == 503


def test_aiohttp_serves_with_one_token_and_reports_its_health(emulator: Emulator, tmp_path: Path) -> None:
    with served("docs/recipes/aiohttp.md", tmp_path, "--hostname 127.0.0.1 --port {}") as client:
        assert client.get("/health").json() == "empty"
        assert [client.get("/accounts").json() for _ in range(3)] == [200, 200, 200]
        assert client.get("/health").json() == "fresh"
        assert emulator.count("setu") == 1


def test_aiohttp_says_when_to_try_again_without_a_token(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fault("setu", "sandbox", status=401)
    with served("docs/recipes/aiohttp.md", tmp_path, "--hostname 127.0.0.1 --port {}") as client:
        response = client.get("/accounts")
        assert (response.status_code, response.json()) == (503, "no access token")
        assert int(response.headers["Retry-After"]) >= 1
        assert client.get("/health").status_code == 503


@pytest.mark.parametrize(
    ("fault", "printed", "stderr"),
    [({}, "200\n", ""), ({"status": 503}, "no token; try again in ", ""), ({"status": 401}, "", "ask Setu")],
)
def test_a_session_of_requests(
    emulator: Emulator, tmp_path: Path, fault: dict[str, Any], printed: str, stderr: str
) -> None:
    page = "docs/recipes/requests.md"
    save_titled(page, tmp_path)
    if fault:
        emulator.fault("setu", "sandbox", **fault)

    done = run(["sh", "-e", "-c", commands(blocks(page, "console")[0])], tmp_path)

    assert done.stdout.startswith(printed)
    assert stderr in done.stderr
    assert (done.returncode == 0) == (not stderr)


def test_django_serves_with_one_token_and_reports_its_health(emulator: Emulator, tmp_path: Path) -> None:
    with served("docs/recipes/django.md", tmp_path, "127.0.0.1:{}") as client:
        assert client.get("/health").json() == {"state": "empty"}
        assert [client.get("/accounts").json() for _ in range(3)] == [{"status": 200}] * 3
        assert client.get("/health").json() == {"state": "fresh"}
        assert emulator.count("setu") == 1


def test_django_responds_with_503_without_a_token(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fault("setu", "sandbox", status=401)
    with served("docs/recipes/django.md", tmp_path, "127.0.0.1:{}") as client:
        assert client.get("/accounts").status_code == 503
        assert client.get("/health").status_code == 503


def test_all_gunicorn_workers_share_one_token(emulator: Emulator, tmp_path: Path) -> None:
    with served("docs/recipes/gunicorn.md", tmp_path, "--bind 127.0.0.1:{}") as client:
        for _ in range(50):
            assert client.get("/", headers={"Connection": "close"}).text == "200"
        assert emulator.count("setu") == 1
        assert emulator.count("setu", kind="echo") == 50


def test_a_celery_task_uses_the_token_and_is_retried_later(emulator: Emulator, tmp_path: Path) -> None:
    page = "docs/recipes/celery.md"
    save_titled(page, tmp_path)
    emulator.fault(
        "setu", "sandbox", times=2, status=503, operation="generateToken"
    )  # and its one repetition
    with contextlib.closing(Server("valkey")) as server:
        session = commands(blocks(page, "console")[-1])
        assert "redis://localhost:6379/0" in session
        export, worker = session.replace("redis://localhost:6379/0", server.url).split("\n")
        call = "from tasks import create_link; print(create_link.delay(100).get(timeout=300))"
        with running(f"{export}\n{worker}", tmp_path):
            done = run(["sh", "-e", "-c", f'{export}\n"$0" -c "$1"', sys.executable, call], tmp_path)
    assert (done.stdout, done.returncode) == ("200\n", 0), done.stderr
    assert emulator.count("setu", status=503) == 2
    assert emulator.count("setu", status=200) == 1


def test_a_cell_of_a_notebook_awaits_and_shows_no_secret(emulator: Emulator, tmp_path: Path) -> None:
    [cell] = blocks("docs/recipes/notebooks.md", "ipython")
    (tmp_path / "cell.ipy").write_text(cell.text, encoding="utf-8")

    done = run(["ipython", "--colors=NoColor", "cell.ipy"], tmp_path, IPYTHONDIR=str(tmp_path / "ipython"))

    status, token = done.stdout.splitlines()
    assert (done.returncode, status) == (0, "200"), done.stderr
    assert token.startswith("Token(value=***, expires_at=")
    assert_no_secret(emulator, done.stdout)


def test_a_notebook_starts_with_variables_from_a_file(emulator: Emulator, tmp_path: Path) -> None:
    [session] = blocks("docs/recipes/notebooks.md", "console")

    done = run(["bash", "-e", "-c", commands(session)], tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Setu('sandbox', client_id=")
    assert_no_secret(emulator, done.stdout)


def test_the_manifests_are_valid() -> None:
    manifests = [
        manifest for block in blocks(KUBERNETES, "yaml") for manifest in yaml.safe_load_all(block.text)
    ]
    assert [manifest["kind"] for manifest in manifests] == ["Deployment", "Secret", "Secret"]
    for manifest in manifests:
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_every_block_of_a_recipe_is_run() -> None:
    languages = {page: {block.language for block in blocks(page)} for page in RECIPES}
    assert {page for page, used in languages.items() if "yaml" in used} == {KUBERNETES}
    assert set().union(*languages.values()) == {"python", "console", "yaml", "ipython"}
    untitled = [block for page in RECIPES for block in blocks(page, "python") if not block.title]
    assert untitled == []
