"""What carries the requests of one piece of work, and how long it stays open."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from ._fork import register_fork_reset

if TYPE_CHECKING:
    from ._network_options import NetworkOptions


@dataclass(slots=True, repr=False, eq=False)
class Connections:
    """Opens a connection for one piece of work, and closes it afterwards.

    Until the next token is needed, a server, a firewall or a NAT would have dropped it, and a process that
    forks would share it with its children. A `transport` of the user's own is used as it is, and not closed.
    """

    base_url: str
    transport: httpx.BaseTransport | None
    options: NetworkOptions | None

    @contextlib.contextmanager
    def open(self, *, new: bool = False) -> Iterator[httpx.BaseTransport]:
        """A transport for requests in a row, which share a connection; with `new` an unused one."""
        connection = self._new() if new else self._take()
        try:
            yield connection
        finally:
            if connection is not self.transport:
                self._close(connection)

    def _new(self) -> httpx.BaseTransport:
        if self.transport is not None:
            return self.transport
        from ._network import TokenNetwork

        return TokenNetwork(httpx.URL(self.base_url), self.options)

    _take = _new

    def _close(self, connection: httpx.BaseTransport) -> None:
        connection.close()


class KeptConnections(Connections):
    """Keeps the connection of a login for the request that needs the login, while one is under way."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """The child must not use a connection that its parent keeps."""
        self._lock = threading.Lock()
        self._kept: httpx.BaseTransport | None = None
        self._under_way = 0

    @contextlib.contextmanager
    def keep(self) -> Iterator[None]:
        """Keep an unused connection until the end of the block; the last block closes it."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            kept = None
            with self._lock:
                self._under_way = max(self._under_way - 1, 0)  # a child begins at 0
                if not self._under_way:
                    kept, self._kept = self._kept, None
            if kept is not None:
                kept.close()

    def _take(self) -> httpx.BaseTransport:
        with self._lock:
            kept, self._kept = self._kept, None
        return kept or self._new()

    def _close(self, connection: httpx.BaseTransport) -> None:
        with self._lock:
            if self._under_way and self._kept is None:
                self._kept = connection
                return
        connection.close()
