"""Routes every path of every spec, and the echo API beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ._counter import Counter
from ._desk import Desk
from ._operation import Operation
from ._request import Received, step_name
from ._state import State
from ._wire import Wire


class Door:
    """An ASGI endpoint for every method, which reads the whole request first."""

    def __init__(self, answer: Callable[[Received], ASGIApp]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        received = Received(
            method=request.method,
            path=request.url.path,
            headers=dict(request.headers),
            query=dict(request.query_params),
            steps=dict(request.path_params),
            raw=await request.body(),
        )
        await self._answer(received)(scope, receive, send)


def routed(path: str) -> str:
    """A path of the spec with names that the router can have."""
    return re.sub(r"\{([^}]+)\}", lambda found: f"{{{step_name(found[1])}}}", path)


def build(state: State, wire: Wire, control: list[BaseRoute]) -> Starlette:
    """The application that serves all providers."""
    counter = Counter(state, wire)
    routes = list(control)
    for provider in state.providers.values():
        for environment in provider.environments:
            desk = Desk(state, provider.name, environment)
            base = f"/{provider.name}/{environment}"
            paths: dict[str, dict[str, Operation]] = {}
            for operation in provider.operations.values():
                paths.setdefault(operation.path, {})[operation.method] = operation
            for path, here in paths.items():
                routes.append(Route(base + routed(path), Door(partial(counter.serve, desk, here))))
            echo = Door(partial(counter.echo, desk))
            routes += [Route(f"{base}/echo", echo), Route(f"{base}/echo/{{rest:path}}", echo)]

    async def unknown(request: Request, _: Exception) -> Response:
        return counter.unknown(request)

    app = Starlette(routes=routes, exception_handlers={HTTPException: unknown, 404: unknown})
    app.router.redirect_slashes = False
    return app
