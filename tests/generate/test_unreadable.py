"""A typed client that gets a response it cannot read raises an error of its own, without the body."""

import asyncio
import importlib
import pkgutil
import traceback
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest

from gatepass import Setu, Unavailable
from gatepass_clients.setu import Client
from gatepass_clients.setu.api.token import generate_token
from gatepass_clients.setu.errors import UnreadableResponse
from gatepass_clients.setu.models import TokenRequest
from gatepass_emulator import Emulator

from .test_clients import HIDDEN, PROVIDERS

BODIES = {
    "not JSON": f"<html>{HIDDEN}</html>".encode(),
    "half of it": f'{{"success": true, "data": "{HIDDEN}'.encode(),
    "not UTF-8": f'"{HIDDEN}'.encode() + b'\xff"',
    "nested too deep": b"[" * 100_000 + HIDDEN.encode(),
    "string": f'"{HIDDEN}"'.encode(),
    "list": f'["{HIDDEN}"]'.encode(),
    "field missing": f'{{"other": "{HIDDEN}"}}'.encode(),
    "object is a string": f'{{"success": true, "status": 200, "data": "{HIDDEN}"}}'.encode(),
    "nothing": b"",
}
each_body = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


WITHOUT_JSON = {"authorize", "read_metrics", "revoke_token"}
"""Requests to the token service whose success is no JSON, and so is never unreadable."""


def endpoints() -> Iterator[tuple[str, ModuleType]]:
    for provider in PROVIDERS:
        api = importlib.import_module(f"gatepass_clients.{provider}.api")
        for module in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
            if not module.ispkg and module.name.rpartition(".")[2] not in WITHOUT_JSON:
                yield provider, importlib.import_module(module.name)


def check(error: Any, *hidden: str) -> None:
    """Neither the error nor a frame of its traceback contains any of these strings."""
    assert error.__cause__ is error.__context__ is None
    frames = [
        frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_globals is not globals()
    ]
    assert frames
    for text in (str(error), repr(error), repr(vars(error)), *(repr(frame.f_locals) for frame in frames)):
        assert not any(secret in text for secret in hidden)


def send_request(runner: str, client: Client, request: TokenRequest) -> None:
    async def send_async() -> None:
        async with client:
            await generate_token.asyncio(client=client, body=request)

    if runner == "asyncio":
        asyncio.run(send_async())
        return
    with client:
        generate_token.sync(client=client, body=request)


@each_body
@pytest.mark.parametrize("runner", ["sync", "asyncio"])
def test_an_unreadable_response_is_an_error_without_the_body(
    body: bytes, runner: str, emulator: Emulator
) -> None:
    emulator.fault("setu", "sandbox", status=200, body=body, content_type="application/json")
    account = emulator.credentials("setu", "sandbox")
    request = TokenRequest(account["client_id"], account["secret"])
    client = Client(base_url=emulator.url("setu", "sandbox"), timeout=httpx.Timeout(60))

    with pytest.raises(UnreadableResponse, match="200") as raised:
        send_request(runner, client, request)

    check(raised.value, HIDDEN, account["secret"])
    assert raised.value.status_code == 200


@pytest.mark.parametrize(
    ("provider", "endpoint"), list(endpoints()), ids=lambda value: getattr(value, "__name__", value)
)
def test_every_endpoint_of_every_provider_raises_it_for_an_unreadable_response(
    provider: str, endpoint: Any
) -> None:
    errors = importlib.import_module(f"gatepass_clients.{provider}.errors")
    client = importlib.import_module(f"gatepass_clients.{provider}").Client("https://provider.invalid")

    for body in (BODIES["not JSON"], BODIES["list"], BODIES["nothing"]):
        with pytest.raises(errors.UnreadableResponse) as raised:
            endpoint._build_response(client=client, response=httpx.Response(200, content=body))
        check(raised.value, HIDDEN)


def test_an_undocumented_status_is_an_error_as_before() -> None:
    client = Client("https://provider.invalid", raise_on_unexpected_status=True)

    with pytest.raises(Exception, match="Unexpected status code: 418"):
        generate_token._build_response(client=client, response=httpx.Response(418, content=b"{}"))


@each_body
def test_a_credential_raises_unavailable_for_an_unreadable_response(body: bytes, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", status=200, body=body, content_type="application/json")

    with pytest.raises(Unavailable) as raised:
        Setu("sandbox").token()

    check(raised.value, HIDDEN)
