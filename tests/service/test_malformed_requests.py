"""10,000 malformed requests: none is a 500, none ends the service, and none costs a token."""

from __future__ import annotations

import contextlib
import random
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT
from .process import Service

REQUESTS, THREADS = 10_000, 8
PATIENCE = 0.05
"""Seconds to wait for a response to a request that may be incomplete; a later one is not missed."""
PATHS = ["/setu/sandbox/token", "/setu/sandbox/revoke", "/setu/sandbox/headers", "/livez", "/metrics", "*"]
PATHS += ["/%00/%ff/token", "/../../etc/passwd", "//", "/setu/sandbox/token?x=%", "http://evil.example/", ""]
METHODS = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "TRACE", "get", "PRI", "\x00", ""]
HEADERS = [
    "Content-Type: application/x-www-form-urlencoded",
    "Content-Type: application/json",
    "Content-Type: \xff",
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999999999",
    "Content-Length: 5, 5",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip",
    "Expect: 100-continue",
    "Upgrade: websocket",
    "Connection: upgrade, HTTP2-Settings",
    "Authorization: Basic",
    "Authorization: Basic Z2F0ZXBhc3M6",
    "Authorization: Basic \xe9",
    "Authorization: Basic Og==",
    "Authorization: ",
    "Host: localhost",
    "Host: \xff",
    "Host: [",
    "Origin: null",
    "Cookie: " + "a" * 4000,
    "X: " + "\x01",
    ": empty",
    "no colon",
    " folded",
    "X-Forwarded-Host: evil.example",
]
BODIES = [
    "",
    "grant_type=client_credentials",
    "grant_type=client_credentials&client_id=gatepass&client_secret=fake-wrong",
    "client_id=%00&client_secret=%E2%82",
    "a=" * 500,
    "&" * 2000,
    "%" * 300,
    "{" * 300,
    "5\r\nabcde\r\n0\r\n\r\n",
    "ffffffffffffffffff\r\n",
    "zz\r\n",
    "\x00\xff" * 200,
    "a" * 20_000,
]


def malformed(chance: random.Random) -> bytes:
    """A request put together of good and bad parts, and sometimes cut or changed."""
    version = chance.choice(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9"])
    body = chance.choice(BODIES)
    lines = [f"{chance.choice(METHODS)} {chance.choice(PATHS)} {version}"]
    lines += ["Host: localhost"] * chance.choice([0, 1, 1, 1, 2])
    lines += chance.sample(HEADERS, chance.choice([0, 0, 1, 2, 4]))
    lines += [f"Content-Length: {len(body)}"] * chance.choice([0, 1, 1])
    request = bytearray(("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1"))
    for _ in range(chance.choice([0, 0, 1, 3])):
        request[chance.randrange(len(request))] = chance.randrange(256)
    return bytes(request[: chance.randrange(1, len(request))] if chance.random() < 0.1 else request)


def send(address: tuple[str, int], request: bytes) -> int:
    """The status of the response; 0 without one."""
    with socket.create_connection(address) as connection:
        response = b""
        with contextlib.suppress(ConnectionError):
            connection.sendall(request)
            connection.settimeout(PATIENCE)
            try:
                response = connection.recv(65_536)
            except TimeoutError:  # it waits for the rest, so say that there is none
                connection.settimeout(HANG_TIMEOUT)
                connection.shutdown(socket.SHUT_WR)
                response = connection.recv(65_536)
    parts = response.split(maxsplit=2)
    return int(parts[1]) if len(parts) > 1 else 0


def test_no_malformed_request_is_a_500(service: Service, emulator: Emulator) -> None:
    address = urlsplit(service.url)
    assert address.hostname is not None
    assert address.port is not None
    place = address.hostname, address.port

    def send_many(seed: int) -> Counter[int]:
        chance = random.Random(seed)
        return Counter(send(place, malformed(chance)) for _ in range(REQUESTS // THREADS))

    with ThreadPoolExecutor(THREADS) as pool:
        statuses = sum(pool.map(send_many, range(THREADS)), Counter())

    assert sum(statuses.values()) == REQUESTS
    assert {status for status in statuses if status >= 500} == set()
    assert {200, 400, 401, 403, 404, 405, 413, 421} <= set(statuses)
    assert emulator.count("setu") == 0
    assert service.token()
    service.stop()
    assert not [entry for entry in service.log() if entry["level"] == "error"]
    assert all(line.startswith("{") for line in service.lines[-100:])
