"""Workers of gunicorn, Celery and gevent share one token."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from gatepass_emulator import Emulator

from ..helpers import PausedResponses
from ..ports import free_port
from ..snippets import blocks, commands, environment, run, save_titled
from ..stores.redis.server import Server
from ..timeouts import HANG_TIMEOUT, wait_for, wait_for_event
from .processes import is_listening, running

WORKERS = 4
WSGI = """
import os
from app import app

def which(environ, start_response):
    app(environ, start_response)
    return [str(os.getpid()).encode()]
"""
ASGI = """
import os
from app import accounts, app as which

@which.get("/which")
async def pid(request: Request) -> int:
    assert await accounts(request) == 200
    return os.getpid()
""".replace("from app", "from fastapi import Request\nfrom app")
GUNICORN = {
    "sync": ("gunicorn", WSGI),
    "gthread --threads 4": ("gunicorn", WSGI),
    "gevent": ("gunicorn", WSGI),
    "uvicorn_worker.UvicornWorker": ("fastapi", ASGI),
}


@pytest.mark.parametrize("preload", ["", "--preload"])
@pytest.mark.parametrize("worker", GUNICORN)
def test_workers_of_gunicorn_share_one_token(
    emulator: Emulator, tmp_path: Path, worker: str, preload: str
) -> None:
    page, program = GUNICORN[worker]
    save_titled(f"docs/recipes/{page}.md", tmp_path)
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    if worker == "gevent":
        save_titled("docs/fleets.md", tmp_path)  # its gunicorn.conf.py, without which --preload hangs
    port = free_port()
    command = f"exec gunicorn --workers {WORKERS} --worker-class {worker} {preload} --bind 127.0.0.1:{port}"
    with running(f"{command} program:which", tmp_path, GATEPASS_STORE="file:") as process:
        wait_for(lambda: is_listening(port) or process.poll() is not None)
        assert process.poll() is None, (tmp_path / "output").read_text()

        def pid(_number: int) -> str:
            return httpx.get(f"http://127.0.0.1:{port}/which", trust_env=False).raise_for_status().text

        pids: set[str] = set()
        with ThreadPoolExecutor(16) as pool:

            def all_have_responded() -> bool:
                pids.update(pool.map(pid, range(16)))
                return len(pids) == WORKERS

            wait_for(all_have_responded)

    assert emulator.count("setu") == 1


CELERY = """
import os, pathlib, time
from tasks import app, setu

folder = pathlib.Path("processes")

@app.task
def which(processes):
    setu.token()
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < processes:  # each process takes a task
        time.sleep(0.01)
    return os.getpid()
"""


@pytest.mark.parametrize("pool", ["prefork", "threads", "gevent"])
def test_tasks_of_celery_share_one_token(emulator: Emulator, tmp_path: Path, pool: str) -> None:
    page = "docs/recipes/celery.md"
    save_titled(page, tmp_path)
    (tmp_path / "program.py").write_text(CELERY, encoding="utf-8")
    (tmp_path / "processes").mkdir()
    processes = WORKERS if pool == "prefork" else 1
    with contextlib.closing(Server("valkey")) as server:
        export, worker = (
            commands(blocks(page, "console")[-1])
            .replace("redis://localhost:6379/0", server.url)
            .replace("--app tasks", "--app program:app")
            .split("\n")
        )
        code = "from program import which; " + (
            f"print(len({{t.get(timeout=300) for t in [which.delay({processes}) for _ in range(100)]}}))"
        )
        with running(f"{export}\n{worker} --pool {pool}", tmp_path):
            done = run(["sh", "-e", "-c", f'{export}\n"$0" -c "$1"', sys.executable, code], tmp_path)
    assert (done.stdout, done.returncode) == (f"{processes}\n", 0), done.stderr
    assert emulator.count("setu") == 1


GREENLETS = """
from gevent import monkey

monkey.patch_all()

import sys, time
import gevent, httpx, requests
from gatepass import Setu

setu = Setu("sandbox")
client = {"httpx": httpx, "requests": requests}[sys.argv[1]]

def use(_number):
    return client.get(setu.base_url + "/echo", auth=setu).status_code

def tick():
    for _ in range(3):
        gevent.sleep(0.001)
    print("other greenlets run", flush=True)

users = [gevent.spawn(use, number) for number in range(50)]
gevent.get_hub().threadpool.apply(sys.stdin.readline)  # when the token request has arrived
gevent.spawn(tick)
gevent.joinall(users, raise_error=True)
print([user.value for user in users].count(200))
"""


@pytest.mark.parametrize("client", ["httpx", "requests"])
def test_50_greenlets_wait_for_one_token_without_blocking_others(
    emulator: Emulator, tmp_path: Path, paused_responses: PausedResponses, client: str
) -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", GREENLETS, client],
        cwd=tmp_path,
        env=environment(),
        stdin=pipe,
        stdout=pipe,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        wait_for_event(paused_responses.request_arrived)
        program.stdin.write("\n")
        program.stdin.flush()
        assert program.stdout.readline() == "other greenlets run\n"
        paused_responses.resume()
        assert program.communicate(timeout=HANG_TIMEOUT)[0] == "50\n"
    assert program.returncode == 0
    assert emulator.count("setu", kind="token") == 1
    assert emulator.count("setu", kind="echo") == 50
