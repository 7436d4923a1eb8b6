"""Only the program imports HTTP clients, in any order."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import httpx
import httpx2
import pytest

from gatepass import Credential, Setu
from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT

OTHERS = {"httpx2", "httpcore2", "requests", "urllib3", "niquests", "aiohttp", "yarl"}
CLIENTS = {
    "httpx": 'httpx.get(setu.base_url + "/echo", auth=setu).status_code',
    "httpx2": 'httpx2.get(setu.base_url + "/echo", auth=setu).status_code',
    "requests": 'requests.get(setu.base_url + "/echo", auth=setu).status_code',
    "aiohttp": "asyncio.run(get())",
}
PRELUDE = """
import asyncio

async def get():
    async with aiohttp.ClientSession(middlewares=[setu]) as session:
        async with session.get(setu.base_url + "/echo") as response:
            return response.status
"""


def python(program: str) -> str:
    """What a new interpreter prints."""
    command = [sys.executable, "-W", "error", "-c", PRELUDE + program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_TIMEOUT)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "order",
    [
        ("client", "gatepass", "credential"),
        ("gatepass", "client", "credential"),
        ("gatepass", "credential", "client"),
    ],
    ids=", ".join,
)
def test_the_client_may_be_imported_before_and_after_gatepass_and_the_credential(
    emulator: Emulator, client: str, order: tuple[str, ...]
) -> None:
    steps = {
        "client": f"import {client}",
        "gatepass": "import gatepass",
        "credential": 'setu = gatepass.Setu("sandbox", timeout=3000)\nrejected = setu.token()',
    }
    program = (
        "\n".join(steps[step] for step in order) + f"\nprint({CLIENTS[client]}, setu.token() != rejected)"
    )
    emulator.listen(lambda call: emulator.revoke() if emulator.count("setu") == 1 else None)

    assert python(program) == "200 True\n"  # so it repeats the request after the 401
    assert emulator.count("setu") == 2


def test_one_credential_is_used_with_all_clients_of_a_program(emulator: Emulator) -> None:
    program = 'import gatepass\nsetu = gatepass.Setu("sandbox", timeout=3000)\n'
    program += "".join(f"import {client}\nprint({call})\n" for client, call in CLIENTS.items())

    assert python(program) == "200\n" * len(CLIENTS)
    assert emulator.count("setu") == 1


def test_httpx2_may_stand_in_for_httpx(emulator: Emulator) -> None:
    program = f"""
import httpx2
httpx2.alias_httpx()
from gatepass import Setu
import httpx
setu = Setu("sandbox", timeout=3000)
print({CLIENTS["httpx2"]}, {CLIENTS["httpx"]}, httpx is httpx2)
"""
    assert python(program) == "200 200 True\n"


@pytest.mark.parametrize("client", CLIENTS)
def test_a_program_imports_no_client_that_it_does_not_use(emulator: Emulator, client: str) -> None:
    program = f"""
import sys, gatepass, {client}
setu = gatepass.Setu("sandbox", timeout=3000)
print({CLIENTS[client]})
print(*sys.modules)
"""
    status, modules = python(program).splitlines()
    others = OTHERS - {client, *{"httpx2": ["httpcore2"], "requests": ["urllib3"]}.get(client, [])}
    others -= {"yarl"} if client == "aiohttp" else set()

    assert status == "200"
    assert others & set(modules.split()) == set()
    if client != "aiohttp":
        assert "gatepass._aiohttp" not in modules.split()


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_credential_is_an_auth_of_both_libraries(emulator: Emulator, library: Any) -> None:
    setu = Setu("sandbox")

    assert isinstance(setu, library.Auth)
    assert isinstance(setu, Credential)
    assert isinstance(setu, Setu)
    assert not isinstance(setu, (tuple, Mapping))
    assert (type(setu), setu.__class__.__name__, setu.__class__.__module__) == (
        Setu,
        "Setu",
        Setu.__module__,
    )
    assert issubclass(setu.__class__, Setu)


@pytest.mark.parametrize(
    "copy_it", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]
)
def test_a_copy_is_of_the_class_that_the_program_knows(emulator: Emulator, copy_it: Any) -> None:
    setu = Setu("sandbox")

    assert isinstance(setu, httpx2.Auth)
    assert type(copy_it(setu)) is Setu
    assert b"httpx2" not in pickle.dumps(setu)


def test_a_request_of_another_library_is_a_type_error(emulator: Emulator) -> None:
    with pytest.raises(TypeError, match=r"a credential cannot authorize httpx\.Request"):
        Setu("sandbox")(httpx.Request("GET", "https://api.example"))
    assert emulator.calls == []
