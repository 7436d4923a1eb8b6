"""A process forks, at any moment: the child works, and so does the parent."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from gatepass import Rejected, Setu
from gatepass._workers import POOL
from gatepass_emulator import Emulator

from ..conftest import Gate, Time
from ..patience import PATIENCE, wait_for, wait_for_event

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
]


def forked(work: Callable[[], Any]) -> int:
    """The process id of a child that does the work."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return child


def status_of(child: int) -> int:
    """The exit status of a child; -9 if it hangs."""
    killer = threading.Timer(PATIENCE, os.kill, (child, 9))
    killer.start()
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        killer.cancel()


@contextmanager
def renewing(gate: Gate, credential: Setu) -> Iterator[None]:
    """In the middle of a token call of this process; when it has ended, there is a token."""
    gate.close(1)  # those of the children are answered
    parent = threading.Thread(target=credential.token)
    parent.start()
    wait_for_event(gate.arrived)
    yield
    gate.open()
    parent.join()
    assert credential.token().value


def test_fork_during_a_renewal(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")
    with renewing(gate, credential):
        assert status_of(forked(credential.token)) == 0

    assert emulator.count("setu") == 2  # one for each process


def test_a_fork_while_the_lock_is_held(emulator: Emulator) -> None:
    credential = Setu("sandbox")
    with credential._renewal._lock:
        assert status_of(forked(credential.token)) == 0


def test_a_fork_while_a_refresh_waits_for_its_turn(
    emulator: Emulator, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_MAX_CONCURRENT_REFRESHES", "1")
    first, second = Setu("sandbox"), Setu("sandbox")
    waiter = threading.Thread(target=second.token)
    with renewing(gate, first):
        waiter.start()
        wait_for(lambda: second._renewal._flight)
        with POOL._lock:
            assert status_of(forked(second.token)) == 0
    waiter.join()

    assert emulator.count("setu") == 3


def test_a_child_goes_on_with_the_token_of_its_parent(emulator: Emulator) -> None:
    credential = Setu("sandbox")
    credential.token()

    assert status_of(forked(credential.token)) == 0

    assert emulator.count("setu") == 1


def test_a_child_remembers_that_the_credentials_were_refused(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", secret="fake-wrong", clock=time.clock)

    def refused() -> None:
        with pytest.raises(Rejected):
            credential.token()

    refused()

    assert status_of(forked(refused)) == 0
    assert emulator.count("setu") == 1


def test_workers_of_a_server_that_loads_the_program_first(emulator: Emulator) -> None:
    credential = Setu("sandbox")  # made on import, before the fork, and not used there

    def serve() -> None:
        threads = [threading.Thread(target=credential.token) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert asyncio.run(credential.atoken()) == credential.token()

    workers = [forked(serve) for _ in range(4)]

    assert [status_of(worker) for worker in workers] == [0] * 4
    assert emulator.count("setu") == 4  # one for each process, for nothing is shared


def test_forks_at_any_moment_while_threads_ask(emulator: Emulator) -> None:
    credential, done = Setu("sandbox"), threading.Event()

    def ask() -> None:
        while not done.is_set():
            credential.token()
            credential.forget()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        children = [forked(credential.token) for _ in range(10)]
        assert [status_of(child) for child in children] == [0] * 10
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_grandchild_works_as_well(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    def child() -> None:
        assert status_of(forked(credential.token)) == 0
        credential.token()

    with renewing(gate, credential):
        assert status_of(forked(child)) == 0

    assert emulator.count("setu") == 3


def test_a_fork_on_the_thread_of_an_event_loop(emulator: Emulator, gate: Gate) -> None:
    credential = Setu("sandbox")

    async def on_the_loop() -> int:
        return status_of(forked(credential.token))

    with renewing(gate, credential):
        assert asyncio.run(on_the_loop()) == 0

    assert emulator.count("setu") == 2


@contextmanager
def naming_the_account() -> Iterator[tuple[str, list[int]]]:
    """A provider whose tokens name the account: its URL, and the port of the client of each request."""
    ports: list[int] = []

    class Provider(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections open

        def do_POST(self) -> None:
            ports.append(self.client_address[1])
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            data = {"token": f"fake-token-of-{request['clientID']}", "expiresIn": 1800}
            content = json.dumps({"status": 200, "success": True, "data": data}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", ports
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("has_transport", [False, True], ids=["own connection", "transport="])
def test_children_of_two_accounts_share_no_connection(has_transport: bool, no_variables: None) -> None:
    def check_tokens(credential: Setu, account: str) -> None:
        for _ in range(6):
            assert credential.token().value == f"fake-token-of-{account}"
            credential.forget()

    with naming_the_account() as (url, ports), httpx.HTTPTransport() as transport:
        options: Any = {"transport": transport} if has_transport else {}
        credentials = {
            account: Setu("sandbox", client_id=account, secret="fake", base_url=url, **options)
            for account in ("account-1", "account-2")
        }
        for account, credential in credentials.items():  # as a server that loads the program first
            check_tokens(credential, account)

        children = [
            forked(lambda account=account, credential=credential: check_tokens(credential, account))  # type: ignore[misc]
            for account, credential in [*credentials.items()] * 4
        ]

        assert [status_of(child) for child in children] == [0] * 8
        assert len(ports) == len(set(ports)) == 6 * (2 + 8)  # a connection for each request
