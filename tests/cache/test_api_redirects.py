"""An API redirects to another host: credentials and tokens are sent only to allowed hosts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Decentro

from ..helpers import CREDENTIALS, TLS_CONTEXT, MockProvider, Runner, error_report

FIRST, SECOND = "127.0.0.1", "127.0.0.2"
SECRETS = ("client_id", "client_secret", "authorization")


class Server:
    """A server on an address of this machine that redirects `/to…` and records the headers of requests."""

    def __init__(self, host: str) -> None:
        requests: list[dict[str, str]] = []
        self.requests = requests
        self.target = ""
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                requests.append({name.lower(): value for name, value in self.headers.items()})
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(int(self.path[-3:]) if "/to" in self.path else 200)
                if "/to" in self.path:
                    self.send_header("Location", server.target)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer((host, 0), Handler)
        self.url = f"http://{host}:{self.http.server_port}"

    @contextmanager
    def running(self) -> Iterator[Server]:
        with self.http:
            thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield self
            finally:
                self.http.shutdown()
                thread.join()


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    """The first redirects to the second."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(Server(host).running()) for host in (FIRST, SECOND))
        first.target = f"{second.url}/there"
        yield first, second


def decentro(mock_provider: MockProvider, send: str, *hosts: str) -> Any:
    """A sandbox credential; of this machine, only `hosts` are allowed."""
    return mock_provider.credential(Decentro, authenticate_with=send, hosts=list(hosts))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("send", ["credentials", "token"])
def test_a_redirect_to_a_host_that_is_not_allowed_carries_no_credentials(
    servers: tuple[Server, Server], mock_provider: MockProvider, runner: Runner, send: str, status: int
) -> None:
    first, second = servers
    auth, url = decentro(mock_provider, send, FIRST), f"{first.url}/to{status}"
    if send == "credentials":
        with pytest.raises(ConfigError, match=f"{SECOND} is not one of its API hosts") as caught:
            runner.send(auth, "POST", url, content=b"fake", follow_redirects=True)
        assert CREDENTIALS[Decentro]["client_secret"] not in error_report(caught.value)
        assert second.requests == []
    else:  # httpx removes the token itself, so the request can continue without it
        runner.send(auth, "POST", url, content=b"fake", follow_redirects=True)
        assert [headers.keys() & set(SECRETS) for headers in second.requests] == [set()]
    assert len(first.requests) == 1


def test_a_redirect_to_an_allowed_host_carries_the_credentials(
    servers: tuple[Server, Server], mock_provider: MockProvider, runner: Runner
) -> None:
    first, second = servers
    auth = decentro(mock_provider, "credentials", FIRST, SECOND)
    response = runner.send(auth, "GET", f"{first.url}/to307", follow_redirects=True)
    assert response.status_code == 200
    assert [headers["client_secret"] for headers in second.requests] == [
        CREDENTIALS[Decentro]["client_secret"]
    ]


def test_a_chain_of_redirects_stops_before_the_first_host_that_is_not_allowed(
    servers: tuple[Server, Server], mock_provider: MockProvider, runner: Runner
) -> None:
    first, second = servers
    second.target = f"http://localhost:{first.http.server_port}/"
    first.target = f"{second.url}/to302"
    auth = decentro(mock_provider, "credentials", FIRST, SECOND)
    with pytest.raises(ConfigError, match="localhost"):
        runner.send(auth, "GET", f"{first.url}/to302", follow_redirects=True)
    assert (len(first.requests), len(second.requests)) == (1, 1)


def test_a_redirect_that_is_not_followed_is_returned(
    servers: tuple[Server, Server], mock_provider: MockProvider, runner: Runner
) -> None:
    first, second = servers
    assert runner.get(decentro(mock_provider, "credentials", FIRST), f"{first.url}/to302").status_code == 302
    assert second.requests == []


def test_behind_a_proxy_only_the_hosts_of_the_apis_are_checked(
    servers: tuple[Server, Server], mock_provider: MockProvider
) -> None:
    """The proxy itself need not be allowed."""
    proxy, _ = servers
    proxy.target = "http://127.0.0.9:8080/there"
    with httpx.Client(
        auth=decentro(mock_provider, "credentials", SECOND), proxy=proxy.url, verify=TLS_CONTEXT
    ) as client:
        assert client.get(f"http://{SECOND}:8080/plain").status_code == 200
        with pytest.raises(ConfigError, match=r"127\.0\.0\.9"):
            client.get(f"http://{SECOND}:8080/to302", follow_redirects=True)
    assert [headers["host"] for headers in proxy.requests] == [f"{SECOND}:8080"] * 2


def test_a_trace_extension_of_the_program_is_still_called(
    servers: tuple[Server, Server], mock_provider: MockProvider, runner: Runner
) -> None:
    events: list[str] = []

    def trace(event: str, _info: object) -> None:
        events.append(event)

    async def atrace(event: str, info: object) -> None:
        trace(event, info)

    extensions = {"trace": atrace if runner.is_async else trace}
    auth = decentro(mock_provider, "credentials", FIRST)
    runner.send(auth, "GET", f"{servers[0].url}/plain", extensions=extensions)
    assert "http11.send_request_headers.started" in events
    assert extensions == {"trace": atrace if runner.is_async else trace}


def test_with_a_transport_without_traces_the_redirect_raises_afterwards(
    mock_provider: MockProvider, runner: Runner
) -> None:
    def api(request: httpx.Request) -> httpx.Response:
        headers = {"Location": "https://attacker.example/"}
        return httpx.Response(307 if request.url.host != "attacker.example" else 200, headers=headers)

    with pytest.raises(ConfigError, match=r"attacker\.example"):
        runner.send(
            decentro(mock_provider, "credentials", FIRST),
            "GET",
            f"http://{FIRST}:8080/",
            httpx.MockTransport(api),
            follow_redirects=True,
        )
