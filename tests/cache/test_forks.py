"""A process forks at any moment: the child and the parent both get tokens."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from gatepass import Rejected, Setu
from gatepass._workers import POOL
from gatepass_emulator import Emulator

from ..helpers import FakeClock, PausedResponses
from ..timeouts import wait_for, wait_for_event
from .processes import exit_status, fork_child

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
]


@contextmanager
def fetching(paused_responses: PausedResponses, credential: Setu) -> Iterator[None]:
    """Run the block during a token request of this process; check afterwards that it got its token."""
    paused_responses.pause(1)  # the requests of the children get their responses
    parent = threading.Thread(target=credential.token)
    parent.start()
    wait_for_event(paused_responses.request_arrived)
    yield
    paused_responses.resume()
    parent.join()
    assert credential.token().value


def test_fork_during_a_refresh(emulator: Emulator, paused_responses: PausedResponses) -> None:
    credential = Setu("sandbox")
    with fetching(paused_responses, credential):
        assert exit_status(fork_child(credential.token)) == 0

    assert emulator.count("setu") == 2  # one for each process


def test_a_fork_while_the_lock_is_held(emulator: Emulator) -> None:
    credential = Setu("sandbox")
    with credential._cache._lock:
        assert exit_status(fork_child(credential.token)) == 0


def test_a_fork_while_a_refresh_is_queued(
    emulator: Emulator, paused_responses: PausedResponses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_MAX_CONCURRENT_REFRESHES", "1")
    first, second = Setu("sandbox"), Setu("sandbox")
    waiter = threading.Thread(target=second.token)
    with fetching(paused_responses, first):
        waiter.start()
        wait_for(lambda: second._cache._flight)
        with POOL._lock:
            assert exit_status(fork_child(second.token)) == 0
    waiter.join()

    assert emulator.count("setu") == 3


def test_a_child_uses_the_token_of_its_parent(emulator: Emulator) -> None:
    credential = Setu("sandbox")
    credential.token()

    assert exit_status(fork_child(credential.token)) == 0

    assert emulator.count("setu") == 1


def test_a_child_inherits_the_rejection_of_the_credentials(emulator: Emulator, clock: FakeClock) -> None:
    credential = Setu("sandbox", secret="fake-wrong", clock=clock.clock)

    def check_rejected() -> None:
        with pytest.raises(Rejected):
            credential.token()

    check_rejected()

    assert exit_status(fork_child(check_rejected)) == 0
    assert emulator.count("setu") == 1


def test_workers_of_a_preforking_server_fetch_one_token_each(emulator: Emulator) -> None:
    credential = Setu("sandbox")  # constructed on import, before the fork, and not used there

    def serve() -> None:
        threads = [threading.Thread(target=credential.token) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert asyncio.run(credential.atoken()) == credential.token()

    workers = [fork_child(serve) for _ in range(4)]

    assert [exit_status(worker) for worker in workers] == [0] * 4
    assert emulator.count("setu") == 4  # one for each process, as they share no store


def test_forks_at_random_moments_while_threads_request_tokens(emulator: Emulator) -> None:
    credential, done = Setu("sandbox"), threading.Event()

    def fetch_repeatedly() -> None:
        while not done.is_set():
            credential.token()
            credential.invalidate()

    threads = [threading.Thread(target=fetch_repeatedly) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        children = [fork_child(credential.token) for _ in range(10)]
        assert [exit_status(child) for child in children] == [0] * 10
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_child_and_a_grandchild_forked_during_a_refresh(
    emulator: Emulator, paused_responses: PausedResponses
) -> None:
    credential = Setu("sandbox")

    def child() -> None:
        assert exit_status(fork_child(credential.token)) == 0
        credential.token()

    with fetching(paused_responses, credential):
        assert exit_status(fork_child(child)) == 0

    assert emulator.count("setu") == 3


def test_a_fork_on_the_thread_of_an_event_loop(emulator: Emulator, paused_responses: PausedResponses) -> None:
    credential = Setu("sandbox")

    async def on_the_loop() -> int:
        return exit_status(fork_child(credential.token))

    with fetching(paused_responses, credential):
        assert asyncio.run(on_the_loop()) == 0

    assert emulator.count("setu") == 2


@contextmanager
def provider_with_account_in_token() -> Iterator[tuple[str, list[int]]]:
    """A provider whose tokens contain the account: its URL, and the client port of each request."""
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
def test_children_with_two_accounts_share_no_connection(has_transport: bool, clean_environment: None) -> None:
    def check_tokens(credential: Setu, account: str) -> None:
        for _ in range(6):
            assert credential.token().value == f"fake-token-of-{account}"
            credential.invalidate()

    with provider_with_account_in_token() as (url, ports), httpx.HTTPTransport() as transport:
        options: Any = {"transport": transport} if has_transport else {}
        credentials = {
            account: Setu("sandbox", client_id=account, secret="fake", base_url=url, **options)
            for account in ("account-1", "account-2")
        }
        for account, credential in credentials.items():  # as a preforking server may do
            check_tokens(credential, account)

        children = [
            fork_child(lambda account=account, credential=credential: check_tokens(credential, account))  # type: ignore[misc]
            for account, credential in [*credentials.items()] * 4
        ]

        assert [exit_status(child) for child in children] == [0] * 8
        assert len(ports) == len(set(ports)) == 6 * (2 + 8)  # a connection for each request
