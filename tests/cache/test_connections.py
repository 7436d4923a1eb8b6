"""Connections of token requests: one for each fetch, closed afterwards."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gatepass import Clock, Decentro, SahamatiUser, Setu
from gatepass._flight import run_sync
from gatepass_emulator import Emulator
from gatepass_emulator._server import _Protocol

from ..helpers import FakeClock, Runner
from ..timeouts import wait_for, wait_for_event
from .processes import exit_status, fork_child

ENTITY = "fake-aa-1"


class Connections:
    """Counts the connections that the emulator accepts, and knows which are open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = 0
        self._open: set[Any] = set()
        original_made, original_lost = _Protocol.connection_made, _Protocol.connection_lost

        def connection_made(protocol: _Protocol, transport: asyncio.Transport) -> None:
            self.opened += 1
            self._open.add(protocol)
            original_made(protocol, transport)

        def connection_lost(protocol: _Protocol, error: Exception | None) -> None:
            original_lost(protocol, error)
            self._open.discard(protocol)

        monkeypatch.setattr(_Protocol, "connection_made", connection_made)
        monkeypatch.setattr(_Protocol, "connection_lost", connection_lost)

    def check_all_closed(self) -> None:
        wait_for(lambda: not self._open)


def requests_to_sahamati(emulator: Emulator) -> int:
    return emulator.count("sahamati") + emulator.count("sahamati", kind="secret")


@pytest.fixture
def connections(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connections]:
    connections = Connections(monkeypatch)
    yield connections
    connections.check_all_closed()


def test_each_token_request_opens_and_closes_one_connection(
    emulator: Emulator, connections: Connections, runner: Runner, clock: FakeClock
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    for count in (1, 2, 3):
        runner.token(credential)
        connections.check_all_closed()
        clock.advance(1800)
        assert connections.opened == count


def test_the_request_after_a_rejected_refresh_token_reuses_its_connection(
    emulator: Emulator, connections: Connections, runner: Runner, clock: FakeClock
) -> None:
    credential = Decentro("sandbox", clock=clock.clock)
    runner.token(credential)
    clock.advance(credential.status().seconds_left)
    emulator.fault("decentro", "sandbox", times=1, status=401)

    assert runner.token(credential).value

    assert (emulator.count("decentro"), connections.opened) == (3, 2)


def test_a_login_and_the_secret_request_after_it_share_a_connection(
    emulator: Emulator, connections: Connections, runner: Runner
) -> None:
    user = SahamatiUser("sandbox")

    runner.read_secret(user, ENTITY)
    connections.check_all_closed()
    assert (requests_to_sahamati(emulator), connections.opened) == (2, 1)

    runner.read_secret(user, ENTITY)
    assert (requests_to_sahamati(emulator), connections.opened) == (3, 2)


def test_a_secret_reset_gets_a_new_connection(
    emulator: Emulator, connections: Connections, runner: Runner
) -> None:
    """A reset is never retried, and the server might just have closed the connection of the login."""
    runner.reset_secret(SahamatiUser("sandbox"), ENTITY)

    assert (requests_to_sahamati(emulator), connections.opened) == (2, 2)


def test_the_retry_after_a_503_reuses_the_connection(
    emulator: Emulator, connections: Connections, runner: Runner, clock: FakeClock
) -> None:
    emulator.fault("setu", "sandbox", times=1, status=503)

    runner.token(Setu("sandbox", clock=clock.clock))

    assert (emulator.count("setu"), connections.opened) == (2, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_child_forked_between_login_and_secret_request_opens_its_own_connection(
    emulator: Emulator, connections: Connections
) -> None:
    user = SahamatiUser("sandbox")
    steps = user._read(ENTITY, None)
    next(steps).wait()  # the login

    assert exit_status(fork_child(lambda: user.read_secret(ENTITY))) == 0
    assert connections.opened == 2
    run_sync(steps)

    assert (requests_to_sahamati(emulator), connections.opened) == (3, 2)


def test_the_retry_after_an_unannounced_close_opens_a_new_connection(clean_environment: None) -> None:
    closed = threading.Event()
    ports: list[int] = []

    class Provider(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            ports.append(self.client_address[1])
            content = b'{"success": true, "data": {"token": "fake-token", "expiresIn": 1800}}'
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200 if len(ports) > 1 else 503)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            closed.set()

    with Server(("127.0.0.1", 0), Provider) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            credential = Setu(
                "sandbox",
                client_id="fake",
                secret="fake-secret",
                base_url=f"http://127.0.0.1:{server.server_port}",
                clock=Clock(sleep=lambda _seconds: wait_for_event(closed)),
            )
            assert credential.token().value == "fake-token"
        finally:
            server.shutdown()
            thread.join()

    assert len(set(ports)) == 2
