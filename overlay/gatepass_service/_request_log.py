"""One line of JSON for each request, and its metrics."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._errors import unexpected
from ._metrics import Metrics

LOG = logging.getLogger("gatepass.service")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestLog:
    """The outermost ASGI application: logs and counts each request, and answers if the rest fails."""

    def __init__(self, app: ASGIApp, metrics: Metrics, templates: Mapping[Any, str]) -> None:
        self._app, self._metrics, self._templates = app, metrics, templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_at, status = time.perf_counter(), 0

        async def send_uncached(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"cache-control", b"no-store")]
            try:
                await send(message)
            except Exception as error:  # after the request came bytes that uvicorn answered with a 400 itself
                status = 0
                LOG.info("the connection was closed before the response (%s)", type(error).__name__)

        try:
            await self._app(scope, receive, send_uncached)
        except Exception as error:
            LOG.error("unexpected %s in the token service; please report it", type(error).__name__)
            if not status:
                await unexpected().response()(scope, receive, send_uncached)
        finally:
            seconds = time.perf_counter() - started_at
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = self._templates.get(scope.get("endpoint"), "other")
            client = scope.get("state", {}).get("client", "")
            self._metrics.observe(route, method, status, client, seconds)
            fields = {
                "method": method,
                "route": route,
                "status": status,
                "client": client,
                "milliseconds": round(1000 * seconds, 3),
            }
            LOG.info("request", extra={"fields": fields})
