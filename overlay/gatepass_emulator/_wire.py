"""How a reply goes out: late, dripping, or cut off."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Mapping
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._faults import Fault
from ._place import MISSING, Json


class Wire:
    """The open connections of one emulator, by the address of the client."""

    def __init__(self) -> None:
        self._open: dict[Any, asyncio.Transport] = {}

    def protocol(self) -> type[H11Protocol]:
        """uvicorn's HTTP protocol, noting its connections: ASGI alone cannot cut one."""
        transports = self._open

        class Noted(H11Protocol):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                transports[transport.get_extra_info("peername")] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.client, None)
                super().connection_lost(exc)

        return Noted

    def cut(self, client: Any) -> None:
        """Close a connection at once. A shutdown also works while a forked child holds a copy."""
        transport = self._open.get(tuple(client))
        if transport is None:
            return
        with contextlib.suppress(OSError):
            transport.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        transport.abort()

    def cut_all(self) -> None:
        for client in list(self._open):
            self.cut(client)


class Outgoing:
    """One reply on its way out, as an ASGI application."""

    def __init__(
        self, wire: Wire, fault: Fault, status: int, headers: Mapping[str, str], body: bytes
    ) -> None:
        self._wire = wire
        self._fault = fault
        self._status = status
        bare = status in (204, 304)
        self._headers = dict(headers) if bare else {"content-length": str(len(body)), **headers}
        self._body = b"" if bare else body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self._fault.latency)
        if self._fault.cut == "before":
            await self._hang_up(scope, receive)
            return
        headers = [(name.encode(), text.encode()) for name, text in self._headers.items()]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        if self._fault.cut == "middle":
            await self._send(send, self._body[: len(self._body) // 2], more=True)
            await self._hang_up(scope, receive)
            return
        if self._fault.drip is not None:
            for byte in self._body:
                await self._send(send, bytes([byte]), more=True)
                await asyncio.sleep(self._fault.drip)
            await self._send(send, b"", more=False)
            return
        await self._send(send, self._body, more=False)

    async def _send(self, send: Send, body: bytes, *, more: bool) -> None:
        await send({"type": "http.response.body", "body": body, "more_body": more})

    async def _hang_up(self, scope: Scope, receive: Receive) -> None:
        self._wire.cut(scope["client"])
        while (await receive())["type"] != "http.disconnect":
            pass


def encoded(body: Json) -> bytes:
    """A JSON body as bytes; no body is no bytes."""
    return b"" if body is MISSING else json.dumps(body, ensure_ascii=False).encode()
