"""A provider that speaks TLS, and a proxy."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ..helpers import example_response

# Self-signed, for 127.0.0.1 alone, until 2199. Its private key is the number 1, so it protects nothing.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA9mYWtlLCBm
b3IgdGVzdHMwIBcNMjAwMTAxMDAwMDAwWhgPMjE5OTEyMzEyMzU5NTlaMBoxGDAW
BgNVBAMMD2Zha2UsIGZvciB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+e
FivOM1drMV7Oy7ZAaDe/UfWjUDBOMA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/
BAUwAwEB/zALBgNVHQ8EBAMCAoQwHQYDVR0OBBYEFLRno5mete+mcd4AMvCKnJ5e
/aDhMAoGCCqGSM49BAMCA0cAMEQCIC8ywgG38owxIGp/ki1X4t8CyodbBIQb6XCQ
BBDdUmhqAiA53MDM47ippDYAxzEqQF9/4V22sY204wtdosH7LvCHGw==
-----END CERTIFICATE-----
"""
KEY = bytes.fromhex(f"30310201010420{1:064x}a00a06082a8648ce3d030107")


@contextmanager
def serve_over_tls(certificate: Path) -> Iterator[tuple[int, list[str]]]:
    """Setu over TLS: its port, and the path of each request."""
    paths: list[str] = []
    body = json.dumps(example_response("setu", "generateToken")).encode()

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            paths.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key, name = certificate.with_name("key.pem"), "EC PRIVATE KEY"
    key.write_text(f"-----BEGIN {name}-----\n{base64.b64encode(KEY).decode()}\n-----END {name}-----\n")
    context.load_cert_chain(certificate, key)

    class Server(ThreadingHTTPServer):
        def get_request(self) -> tuple[Any, Any]:
            connection, address = self.socket.accept()
            return context.wrap_socket(connection, server_side=True), address

        def handle_error(self, *_: object) -> None:
            pass  # the tests want clients that hang up

    with Server(("127.0.0.1", 0), Provider) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port, paths
        finally:
            server.shutdown()
            thread.join()


class Proxy:
    """Records the head of every request and opens the tunnel that it requests.

    With `status` it refuses instead; with `tls` it speaks https.
    """

    def __init__(self, status: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[str] = []
        self._status, self._tls = status, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._closed = False
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._closed:
                connection.close()
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            self.requests.append(connection.recv(65_536).decode())
            method, target, _ = self.requests[-1].split(" ", 2)
            if self._status is not None or method != "CONNECT":
                connection.sendall(f"HTTP/1.1 {self._status}\r\nContent-Length: 0\r\n\r\n".encode())
                return
            host, port = target.split(":")
            with socket.create_connection((host, int(port))) as server:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_copy, args=(server, connection))
                back.start()
                _copy(connection, server)
                back.join()

    def close(self) -> None:
        self._closed = True
        socket.create_connection(self._listener.getsockname()).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Pass everything on, and then the end."""
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
