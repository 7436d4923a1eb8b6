"""The environment names a proxy: a token request uses it for https, and never for plain http."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from gatepass import Setu
from gatepass_emulator import Emulator

from ..conftest import Time, Way


class RecordingProxy:
    """Keeps the head of every request that reaches it, and refuses them all."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                head = connection.recv(65_536)
                if not head:  # close() connected
                    return
                self.requests.append(head.decode())
                connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    def close(self) -> None:
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()


@pytest.fixture
def proxy(no_variables: None) -> Iterator[RecordingProxy]:
    recording = RecordingProxy()
    yield recording
    recording.close()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
def test_a_plain_http_token_request_never_uses_it(
    name: str,
    emulator: Emulator,
    proxy: RecordingProxy,
    time: Time,
    way: Way,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, f"http://{proxy.address}")

    assert way.token(Setu("sandbox", clock=time.clock)).value

    assert proxy.requests == []
    assert emulator.count("setu") == 1
