"""Hot token requests to the token service, beside a bare Starlette route.

`gatepass serve`, whose token is cached, and a Starlette application with one route that returns a response
of the same length, both on the same server with the same options; over TCP and over a Unix socket, with one
connection, and with 64 that each send the next request when they have the response. Rounds of the two
alternate. The client writes the same bytes and reads until the end of the response, so that it costs little.
Memory is the resident set of the process before and after 100,000 requests.
"""

import asyncio
import base64
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ..child import run_child, variables
from ..peers import OURS
from ..row import Row
from ..run import Run

BARE = "bare Starlette route"
CONNECTIONS = (1, 64)
ROUNDS, REQUESTS = 8, 2_000
MEMORY_REQUESTS = 100_000
ACCOUNT = {"SETU_SANDBOX_CLIENT_ID": "fake-client", "SETU_SANDBOX_SECRET": "fake-secret"}


def measure(run: Run) -> Iterator[Row]:
    run.server.set(latency=0.0, lifetime=86_400)
    rounds, requests = (2, REQUESTS // 10) if run.quick else (ROUNDS, REQUESTS)
    with contextlib.ExitStack() as stack:
        places = {name: stack.enter_context(server(name, run)) for name in (OURS, BARE)}
        kinds = [(kind, number) for kind in ("TCP", "Unix socket") for number in CONNECTIONS]
        for _ in run.each([""] * len(kinds)):
            kind, number = kinds.pop(0)
            took: dict[str, list[list[float]]] = {name: [] for name in places}
            for _ in range(rounds):
                for name, place in places.items():
                    took[name].append(load(place, kind, number, requests))
            label = f"{kind}, {number} connection{'s' if number > 1 else ''}"
            for share, title in ((0.5, "p50"), (0.99, "p99")):
                for name, samples in took.items():
                    figures = [1000 * sorted(sample)[int(share * len(sample))] for sample in samples]
                    yield Row.of(f"{label}, {title}", name, figures, "ms")
        for name, place in places.items():
            before = resident(place.process)
            load(place, "TCP", 64, MEMORY_REQUESTS // 10 if run.quick else MEMORY_REQUESTS)
            yield Row.of("memory before", name, [before], "MB")
            yield Row.of("memory after 100,000 requests", name, [resident(place.process)], "MB")


class Place(NamedTuple):
    """A running server."""

    process: "subprocess.Popen[str]"
    port: int
    path: Path
    key_file: Path


@contextlib.contextmanager
def server(name: str, run: Run) -> Iterator[Place]:
    """Start `gatepass serve`, or the bare application, on a port and a Unix socket."""
    folder = run.folder / name.replace(" ", "-")
    folder.mkdir()
    path, port = folder / "socket", free_port()
    arguments = ["--port", str(port), "--socket", str(path)]
    serve = ["-m", "gatepass", "serve", *arguments]
    bare = ["-m", "bench.measures.service", "bare", str(port), str(path)]
    env = variables() | ACCOUNT | {"SETU_SANDBOX_BASE_URL": run.server.url, "XDG_CONFIG_HOME": str(folder)}
    process = subprocess.Popen(
        [sys.executable, *(serve if name == OURS else bare)], env=env, stderr=subprocess.DEVNULL, text=True
    )
    try:
        while not path.exists():
            time.sleep(0.01)
        key_file = folder / "gatepass" / "service-key"
        if name == BARE:
            key_file.parent.mkdir()
            key_file.write_text("fake-key-of-a-server-that-does-not-check-it\n")
        place = Place(process, port, path, key_file)
        load(place, "TCP", 1, 100)
        yield place
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def load(place: Place, kind: str, connections: int, requests: int) -> list[float]:
    """Send requests from a process of its own; returns the seconds of each."""
    address = str(place.path) if kind == "Unix socket" else str(place.port)
    took: list[float] = run_child("measures.service", address, connections, requests, place.key_file)
    return took


def resident(process: "subprocess.Popen[str]") -> float:
    """The megabytes of memory that a process has."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the process has ended")


def request_with(key: str) -> bytes:
    basic, body = base64.b64encode(f"gatepass:{key}".encode()).decode(), "grant_type=client_credentials"
    head = f"POST /setu/sandbox/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {basic}\r\n"
    head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


async def send(address: str, connections: int, requests: int, request: bytes) -> list[float]:
    took: list[float] = []

    async def work() -> None:
        if address.isdecimal():
            reader, writer = await asyncio.open_connection("127.0.0.1", int(address))
        else:
            reader, writer = await asyncio.open_unix_connection(address)
        for _ in range(requests // connections):
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(head.decode())
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            took.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return took


def serve_bare(port: int, path: Path) -> None:
    from gatepass_service._listeners import listen_tcp, listen_unix
    from gatepass_service._server import run_server

    from ..server import CONSTANT

    async def token(_: Request) -> JSONResponse:
        body = {"access_token": CONSTANT, "token_type": "Bearer", "expires_in": 86_399}
        return JSONResponse({**body, "headers": {"Authorization": f"Bearer {CONSTANT}"}})

    app = Starlette(routes=[Route("/{provider}/{environment}/token", token, methods=["POST"])])
    run_server(app, [listen_tcp("127.0.0.1", port), listen_unix(path)])


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        serve_bare(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        request = request_with(Path(sys.argv[4]).read_text().strip())
        sent = send(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), request)
        print(json.dumps(asyncio.run(sent)))
