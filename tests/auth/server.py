"""An API on an address of this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class ApiRequest(NamedTuple):
    """A request that the API received."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


Response = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""


class Listener(ThreadingHTTPServer):
    request_queue_size = 128  # by default 5, and connections beyond it are delayed for seconds
    daemon_threads = True


class ApiServer:
    """Records requests, and responds as `respond` says."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.requests: list[ApiRequest] = []
        self.respond: Callable[[ApiRequest], Response] = lambda _request: (200, {}, b"")
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = ApiRequest(self.command, self.path, headers, self._body())
                server.requests.append(request)
                status, response_headers, body = server.respond(request)
                self.send_response(status)
                for name, value in response_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *_: object) -> None:
                pass

        self.http = Listener((host, 0), Handler)
        self.url = f"http://{host}:{self.http.server_port}"

    @contextmanager
    def running(self) -> Iterator[ApiServer]:
        with self.http:
            thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield self
            finally:
                self.http.shutdown()
                thread.join()
