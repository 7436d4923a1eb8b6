"""azure-identity."""

import os
import types
from typing import Any

from azure.core.pipeline import AsyncPipeline, Pipeline
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncHTTPPolicy,
    BearerTokenCredentialPolicy,
    HTTPPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential, TokenCachePersistenceOptions, aio

from . import BEARER, SECRET, Place

SCOPE = "https://api.example/.default"


class Local(RequestsTransport):  # type: ignore[misc, unused-ignore]
    """Sends https requests to the local server without TLS, because Azure requires https."""

    def send(self, request: Any, **options: Any) -> Any:
        request.url = request.url.replace("https://127.", "http://127.", 1)
        return super().send(request, **options)


class AsyncLocal(AioHttpTransport):  # type: ignore[misc, unused-ignore]
    """The same for asyncio."""

    async def send(self, request: Any, **options: Any) -> Any:
        request.url = request.url.replace("https://127.", "http://127.", 1)
        return await super().send(request, **options)


class Canned(RequestsTransport):  # type: ignore[misc, unused-ignore]
    """Responds with 200 from within the process."""

    def send(self, request: Any, **_: Any) -> Any:
        return types.SimpleNamespace(status_code=200, headers={})


class AsyncCanned(AioHttpTransport):  # type: ignore[misc, unused-ignore]
    """The same for asyncio."""

    async def send(self, request: Any, **_: Any) -> Any:
        return types.SimpleNamespace(status_code=200, headers={})


class Constant(HTTPPolicy):  # type: ignore[misc, unused-ignore]
    """The floor: a constant header, built beforehand."""

    def send(self, request: Any) -> Any:
        request.http_request.headers["Authorization"] = BEARER
        return self.next.send(request)


class AsyncConstant(AsyncHTTPPolicy):  # type: ignore[misc, unused-ignore]
    """The same for asyncio."""

    async def send(self, request: Any) -> Any:
        request.http_request.headers["Authorization"] = BEARER
        return await self.next.send(request)


class Contender:
    """A `ClientSecretCredential` in the pipeline of azure-core, as in Azure's own clients.

    The pipeline has no other policies, so that nothing else is measured; the floor is the same pipeline with
    a constant header. For processes: its own persistent cache, unencrypted.
    """

    def __init__(self, place: Place) -> None:
        self._url = place.api.replace("http://", "https://", 1)
        self._place = place
        options: dict[str, Any] = {
            "authority": place.server.replace("http://", "https://", 1),
            "disable_instance_discovery": True,
        }
        if place.folder:
            os.environ["HOME"] = str(place.folder)  # where it keeps its caches
            options["cache_persistence_options"] = TokenCachePersistenceOptions(
                allow_unencrypted_storage=True
            )
        credentials: Any = aio.ClientSecretCredential if place.asyncio else ClientSecretCredential
        transport = AsyncLocal() if place.asyncio else Local()
        credential = credentials("tenant", place.client_id, SECRET, transport=transport, **options)
        bearer = AsyncBearerTokenCredentialPolicy if place.asyncio else BearerTokenCredentialPolicy
        self._own = self._pipeline(bearer(credential, SCOPE))
        self._plain = self._pipeline(AsyncConstant() if place.asyncio else Constant())

    def _pipeline(self, policy: Any) -> Any:
        if self._place.asyncio:
            return AsyncPipeline(AsyncCanned() if self._place.canned else AsyncLocal(), [policy])
        return Pipeline(Canned() if self._place.canned else Local(), [policy])

    def _run(self, pipeline: Any) -> int:
        status: int = pipeline.run(HttpRequest("GET", self._url)).http_response.status_code
        return status

    async def _arun(self, pipeline: Any) -> int:
        status: int = (await pipeline.run(HttpRequest("GET", self._url))).http_response.status_code
        return status

    def get(self) -> int:
        return self._run(self._own)

    def plain(self) -> int:
        return self._run(self._plain)

    async def aget(self) -> int:
        return await self._arun(self._own)

    async def aplain(self) -> int:
        return await self._arun(self._plain)
