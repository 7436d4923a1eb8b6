"""An API request is cancelled while it waits for a token: nothing else is, and the loop is not blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest

from gatepass import Setu
from gatepass_emulator import Emulator

from ..helpers import TLS_CONTEXT, PausedResponses
from ..timeouts import HANG_TIMEOUT, wait_for_event

Get = Callable[[str], Awaitable[int]]


async def httpx_get(library: Any, stack: AsyncExitStack, auth: Any) -> Get:
    client = library.AsyncClient(auth=auth, verify=TLS_CONTEXT, timeout=HANG_TIMEOUT)
    await stack.enter_async_context(client)

    async def get(url: str) -> int:
        status: int = (await client.get(url)).status_code
        return status

    return get


async def aiohttp_get(library: Any, stack: AsyncExitStack, auth: Any) -> Get:
    session = await stack.enter_async_context(library.ClientSession(middlewares=[auth]))

    async def get(url: str) -> int:
        async with session.get(url) as response:
            status: int = response.status
            return status

    return get


@pytest.fixture(
    params=[(httpx, httpx_get), (httpx2, httpx_get), (aiohttp, aiohttp_get)],
    ids=lambda param: str(param[0].__name__),
)
def make_get(request: pytest.FixtureRequest) -> Callable[[AsyncExitStack, Any], Awaitable[Get]]:
    """Opens a client that has the credential."""
    library, make = request.param
    return lambda stack, auth: make(library, stack, auth)


@pytest.mark.parametrize("rejected", [False, True], ids=["no token yet", "token rejected"])
def test_cancelling_one_of_8_requests_that_wait_for_a_token_cancels_only_that_one(
    emulator: Emulator, paused_responses: PausedResponses, make_get: Any, rejected: bool
) -> None:
    credential = Setu("sandbox")
    url = f"{credential.base_url}/echo"

    async def cancel_one_of_eight() -> list[Any]:
        async with AsyncExitStack() as stack:
            get = await make_get(stack, credential)
            tasks = [asyncio.create_task(get(url)) for _ in range(8)]
            await asyncio.to_thread(wait_for_event, paused_responses.request_arrived)  # in a loop that runs
            tasks[0].cancel()
            with pytest.raises(asyncio.CancelledError):
                await tasks[0]
            paused_responses.resume()
            statuses = await asyncio.gather(*tasks[1:])
            return [*statuses, await get(url)]

    if rejected:
        paused_responses.resume()
        emulator.revoke(credential.token().value)
        hold_back_token_responses(paused_responses, emulator)

    assert asyncio.run(cancel_one_of_eight()) == [200] * 8
    assert emulator.count("setu") == (2 if rejected else 1)


def hold_back_token_responses(paused_responses: PausedResponses, emulator: Emulator) -> None:
    """Pause the responses from the first token request on."""
    paused_responses.request_arrived.clear()
    emulator.listen(lambda call: paused_responses.pause() if call.kind == "token" else None)
