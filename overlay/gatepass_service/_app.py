"""The routes of the service."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gatepass import GatepassError

from ._access import Access
from ._errors import OAuthError, from_gatepass, invalid_request, unexpected
from ._guard import Guard
from ._headers import auth_endpoint, headers_endpoint
from ._metadata import metadata_endpoint
from ._metrics import Metrics
from ._operations import operations_routes
from ._request_log import RequestLog
from ._revocation import revocation_endpoint
from ._token import token_endpoint

ISSUER = "/{provider}/{environment}"


def make_app(access: Access, metrics: Metrics, operations_port: int | None) -> ASGIApp:
    """The service; with a port for operations, those paths are served there and nowhere else."""
    operations = operations_routes(access, metrics)
    tokens = [
        Route(f"{ISSUER}/token", token_endpoint(access), methods=["POST"]),
        Route(f"{ISSUER}/revoke", revocation_endpoint(access), methods=["POST"]),
        Route(f"{ISSUER}/headers", headers_endpoint(access), methods=["GET"]),
        Route(f"{ISSUER}/auth", auth_endpoint(access), methods=["GET"]),
        Route(f"/.well-known/oauth-authorization-server{ISSUER}", metadata_endpoint(), methods=["GET"]),
    ]
    app: ASGIApp = _application([*tokens, *operations])
    if operations_port is not None:
        app = _by_port({operations_port: _application(operations)}, _application(tokens))
    templates = {route.endpoint: route.path for route in (*operations, *tokens)}
    return RequestLog(Guard(app), metrics, templates)


def _application(routes: list[Route]) -> Starlette:
    handlers: dict[Any, Any] = {
        OAuthError: _oauth_error,
        GatepassError: _gatepass_error,
        HTTPException: _http_error,
        Exception: _unexpected_error,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _by_port(apps: Mapping[int, ASGIApp], other: ASGIApp) -> ASGIApp:
    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        server = scope["server"]
        await apps.get(server[1] if server else 0, other)(scope, receive, send)

    return choose


async def _oauth_error(_: Request, error: OAuthError) -> Response:
    return error.response()


async def _gatepass_error(_: Request, error: GatepassError) -> Response:
    return from_gatepass(error).response()


async def _http_error(_: Request, error: HTTPException) -> Response:
    if error.status_code == 405:
        failure = invalid_request("this path has another method: see Allow", 405)
    else:
        failure = invalid_request("there is no such path: see specs/token-service.yaml", error.status_code)
    response = failure.response()
    response.headers.update(error.headers or {})
    return response


async def _unexpected_error(_: Request, __: Exception) -> Response:
    return unexpected().response()
