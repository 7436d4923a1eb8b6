"""How many connections token requests make: one for each piece of work, and none that stays open."""

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

from ..conftest import Time, Way
from ..patience import wait_for, wait_for_event
from .test_a_process_forks import forked, status_of

ENTITY = "fake-aa-1"


class Connections:
    """The connections that the emulator's server accepts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        self._open: set[Any] = set()
        made, lost = _Protocol.connection_made, _Protocol.connection_lost

        def connection_made(protocol: _Protocol, transport: asyncio.Transport) -> None:
            self.made += 1
            self._open.add(protocol)
            made(protocol, transport)

        def connection_lost(protocol: _Protocol, error: Exception | None) -> None:
            lost(protocol, error)
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


def test_each_token_has_a_connection_of_its_own(
    emulator: Emulator, connections: Connections, way: Way, time: Time
) -> None:
    credential = Setu("sandbox", clock=time.clock)
    for count in (1, 2, 3):
        way.token(credential)
        connections.check_all_closed()
        time.pass_(1800)
        assert connections.made == count


def test_the_credentials_after_a_rejected_refresh_token(
    emulator: Emulator, connections: Connections, way: Way, time: Time
) -> None:
    credential = Decentro("sandbox", clock=time.clock)
    way.token(credential)
    time.pass_(credential.status().seconds_left)
    emulator.fault("decentro", "sandbox", times=1, status=401)

    assert way.token(credential).value

    assert (emulator.count("decentro"), connections.made) == (3, 2)


def test_a_login_and_the_secret_that_it_is_for(
    emulator: Emulator, connections: Connections, way: Way
) -> None:
    user = SahamatiUser("sandbox")

    way.read_secret(user, ENTITY)
    connections.check_all_closed()
    assert (requests_to_sahamati(emulator), connections.made) == (2, 1)

    way.read_secret(user, ENTITY)
    assert (requests_to_sahamati(emulator), connections.made) == (3, 2)


def test_a_request_that_cannot_be_repeated_gets_a_new_connection(
    emulator: Emulator, connections: Connections, way: Way
) -> None:
    """The server may just have closed one that was used before."""
    way.reset_secret(SahamatiUser("sandbox"), ENTITY)

    assert (requests_to_sahamati(emulator), connections.made) == (2, 2)


def test_the_second_try_after_a_503(
    emulator: Emulator, connections: Connections, way: Way, time: Time
) -> None:
    emulator.fault("setu", "sandbox", times=1, status=503)

    way.token(Setu("sandbox", clock=time.clock))

    assert (emulator.count("setu"), connections.made) == (2, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_fork_between_a_login_and_its_secret(emulator: Emulator, connections: Connections) -> None:
    user = SahamatiUser("sandbox")
    steps = user._secret("read", ENTITY, None)
    next(steps).wait()  # the login

    assert status_of(forked(lambda: user.read_secret(ENTITY))) == 0
    assert connections.made == 2
    run_sync(steps)

    assert (requests_to_sahamati(emulator), connections.made) == (3, 2)


def test_a_server_that_closes_each_connection_without_notice(no_variables: None) -> None:
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
                clock=Clock(pause=lambda _seconds: wait_for_event(closed)),
            )
            assert credential.token().value == "fake-token"
        finally:
            server.shutdown()
            thread.join()

    assert len(set(ports)) == 2
