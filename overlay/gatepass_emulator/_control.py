"""The handles of the emulator over HTTP, for tests that run in another process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ._place import Json

if TYPE_CHECKING:
    from ._emulator import Emulator

Handle = Callable[[dict[str, Any]], Json]


def control_routes(emulator: Emulator) -> list[BaseRoute]:
    """`GET` and `POST` of `/_emulator/…`; arguments are those of the method of the same name.

    They go into the query of a `GET` and the JSON body of a `POST`. Arguments that the method
    does not take, and unknown names, are a 400 that says so.
    """

    def calls(_: dict[str, Any]) -> Json:
        return [asdict(call) for call in emulator.calls]

    def count(given: dict[str, Any]) -> Json:
        if "status" in given:
            given["status"] = int(given["status"])
        return emulator.count(**given)

    def variables(_: dict[str, Any]) -> Json:
        return emulator.variables()

    def revoke(given: dict[str, Any]) -> Json:
        if "provider" in given:
            emulator.revoke_all(**given)
        else:
            emulator.revoke(**given)
        return None

    posts: dict[str, Handle] = {
        "fault": lambda given: emulator.fault(**given),
        "lifetime": lambda given: emulator.lifetime(**given),
        "clear": lambda given: emulator.clear(**given),
        "revoke": revoke,
    }
    gets: dict[str, Handle] = {"calls": calls, "count": count, "variables": variables}
    return [
        *(_route(name, "GET", handle) for name, handle in gets.items()),
        *(_route(name, "POST", handle) for name, handle in posts.items()),
    ]


def _route(name: str, method: str, handle: Handle) -> BaseRoute:
    async def endpoint(request: Request) -> Response:
        try:
            raw = await request.body()
            given = dict(request.query_params) if method == "GET" else json.loads(raw or b"{}")
            # The handles take the lock, which the loop's thread must not wait for.
            return JSONResponse(await run_in_threadpool(handle, given))
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(f"/_emulator/{name}", endpoint, methods=[method])
