"""What gatepass adds to a request that needs no new token, to an import, and to memory.

Everything is measured in pairs within one run: a block with a credential and a block with a hand-written
`httpx.Auth` that sets a constant header, in alternating order. Results are the median of the differences and
its quartiles; times are CPU time, so that other work on the machine matters little.
"""

import asyncio
import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Generator
from itertools import repeat

import httpx

import gatepass

HOST = "api.example"
URL = f"https://{HOST}/payment-links/1"
PAIRS, REQUESTS, CALLS, IMPORTS, CREDENTIALS = 200, 100, 20_000, 40, 1000
BASE, OURS = "import httpx", "import gatepass; from gatepass import Setu"
IMPORT = """
import sys, time
began = time.process_time()
{}
print(time.process_time() - began, len(sys.modules))
"""
Block = Callable[[], object]
Row = tuple[str, list[float], float, str]
"""Name, quartiles, target and unit."""


class Constant(httpx.Auth):
    """The floor: a constant header."""

    def __init__(self, token: str) -> None:
        self._header = "Bearer " + token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def respond(request: httpx.Request) -> httpx.Response:
    """Respond immediately, as the API or as Setu's token endpoint."""
    if request.method == "GET":
        return httpx.Response(200)
    data = {"expiresIn": 1800, "token": f"{time.perf_counter_ns():0400}"}
    return httpx.Response(200, content=json.dumps({"status": 200, "success": True, "data": data}).encode())


TRANSPORT = httpx.MockTransport(respond)


def credential(number: int = 0) -> gatepass.Setu:
    """A credential that has a token."""
    name, secret = f"id-{number}", f"secret-{number}"
    setu = gatepass.Setu("sandbox", client_id=name, secret=secret, transport=TRANSPORT, hosts=[HOST])
    setu.token()
    return setu


def cpu(block: Block) -> float:
    gc.collect()
    gc.disable()
    began = time.thread_time()
    block()
    took = time.thread_time() - began
    gc.enable()
    return took


def added(ours: Block, floor: Block, times: int) -> list[float]:
    """Quartiles of the additional microseconds of our block, for each of the `times` that it repeats."""
    differences = []
    for pair in range(PAIRS):
        order = (ours, floor) if pair % 2 else (floor, ours)
        took = {block: cpu(block) for block in order}
        differences.append(1e6 * (took[ours] - took[floor]) / times)
    return statistics.quantiles(differences, n=4)


def per_request() -> list[float]:
    def block(auth: httpx.Auth) -> Block:
        return lambda: [client.get(URL, auth=auth) for _ in repeat(None, REQUESTS)]

    ours = credential()
    with httpx.Client(transport=TRANSPORT) as client:
        return added(block(ours), block(Constant(ours.token().value)), REQUESTS)


def per_async_request() -> list[float]:
    async def get(auth: httpx.Auth) -> list[httpx.Response]:
        return [await client.get(URL, auth=auth) for _ in repeat(None, REQUESTS)]

    def block(auth: httpx.Auth) -> Block:
        return lambda: runner.run(get(auth))

    ours, client = credential(), httpx.AsyncClient(transport=TRANSPORT)
    with asyncio.Runner() as runner:
        return added(block(ours), block(Constant(ours.token().value)), REQUESTS)


def per_flow() -> list[float]:
    """The same as `per_request`, but without the HTTP client, which would add noise."""

    def block(auth: httpx.Auth) -> Block:
        def run() -> None:
            for _ in repeat(None, 10 * REQUESTS):
                flow = auth.sync_auth_flow(request)
                next(flow)
                with contextlib.suppress(StopIteration):
                    flow.send(response)

        return run

    ours, request, response = credential(), httpx.Request("GET", URL), httpx.Response(200)
    return added(block(ours), block(Constant(ours.token().value)), 10 * REQUESTS)


def per_token() -> list[float]:
    """Call `token()`; the loop around it is subtracted."""

    def calls() -> None:
        for _ in repeat(None, CALLS):
            ours.token()

    def nothing() -> None:
        for _ in repeat(None, CALLS):
            pass

    ours = credential()
    return added(calls, nothing, CALLS)


def per_import() -> tuple[list[float], list[float]]:
    """Milliseconds and modules beyond an import of httpx, in fresh interpreters."""
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    took, modules = [], []
    with tempfile.TemporaryDirectory() as env["PYTHONPYCACHEPREFIX"]:
        for pair in range(IMPORTS + 1):
            results = {}
            for statement in (BASE, OURS) if pair % 2 else (OURS, BASE):
                command = [sys.executable, "-c", IMPORT.format(statement)]
                output = subprocess.run(
                    command, env=env, stdout=subprocess.PIPE, text=True, check=True
                ).stdout
                results[statement] = [float(word) for word in output.split()]
            if pair:  # the first pair compiles the bytecode
                took.append(1000 * (results[OURS][0] - results[BASE][0]))
                modules.append(results[OURS][1] - results[BASE][1])
    return statistics.quantiles(took, n=4), statistics.quantiles(modules, n=4)


def per_credential() -> list[float]:
    """Bytes of a credential that has a token and was used for a request."""
    with httpx.Client(transport=TRANSPORT) as client:
        client.get(URL, auth=credential())
        gc.collect()
        tracemalloc.start()
        credentials = [credential(number) for number in range(CREDENTIALS)]
        for auth in credentials:
            client.get(URL, auth=auth)
        gc.collect()
        size = tracemalloc.get_traced_memory()[0] / len(credentials)
        tracemalloc.stop()
    return [size] * 3


def main() -> None:
    took, modules = per_import()
    rows: list[Row] = [
        ("added to a request of httpx.Client", per_request(), 2, "µs"),
        ("added to a request of httpx.AsyncClient", per_async_request(), 2, "µs"),
        ("added to the steps of the auth alone", per_flow(), 2, "µs"),
        ("credential.token()", per_token(), 0.5, "µs"),
        ("import, beyond that of httpx", took, 15, "ms"),
        ("modules, beyond those of httpx", modules, 40, ""),
        ("memory of a credential with a token", per_credential(), 8000, "B"),
    ]
    for name, (low, median, high), target, unit in rows:
        missed = "" if median < target else "  MISSED"
        print(f"{name:40} {median:8.2f} {unit:2}  ({low:.2f} to {high:.2f}, target {target:g}){missed}")


if __name__ == "__main__":
    main()
