"""The emulator as a test or a command holds it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from ._app import build
from ._calls import Call
from ._control import control_routes
from ._faults import Fault, check_fault
from ._server import HOST, Server
from ._spec import load
from ._state import State


class Emulator:
    """A local stand-in for all providers, on loopback, for as long as the `with` block runs.

    `specs` is a folder of `*.yaml`, else the specs of the installed clients are served; `port` 0
    is any free one; `clock` tells what time it is for tokens and quotas, and may be replaced at
    any time. SpecError if a spec cannot be served, OSError if the port is taken.
    """

    def __init__(
        self,
        specs: Path | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = State(load(specs), clock)
        self._server = Server(lambda wire: build(self._state, wire, control_routes(self)), port)

    def __repr__(self) -> str:
        return f"<Emulator of {', '.join(self._state.providers)} at {self.base_url}>"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def port(self) -> int:
        """The port; the one that was found, once it runs, if 0 was given."""
        return self._server.port

    @property
    def base_url(self) -> str:
        """Where everything is served; `url` is the one to give to a client."""
        return f"http://{HOST}:{self.port}"

    @property
    def clock(self) -> Callable[[], float]:
        """What tells the time; replace it to let tokens expire."""
        return self._state.clock

    @clock.setter
    def clock(self, clock: Callable[[], float]) -> None:
        self._state.clock = clock

    @property
    def environments(self) -> dict[str, tuple[str, ...]]:
        """The environments of each provider."""
        return {name: provider.environments for name, provider in self._state.providers.items()}

    def url(self, provider: str, environment: str) -> str:
        """The base URL that stands for a provider's host in an environment."""
        self._state.known(provider, environment)
        return f"{self.base_url}/{provider}/{environment}"

    def credentials(self, provider: str, environment: str, scheme: str | None = None) -> dict[str, str]:
        """The credentials that open an account now, by name: of one kind of token, or of all."""
        known = self._state.known(provider, environment)
        names = known.schemes[scheme].credentials if scheme else self._state.credentials[provider]
        with self._state.lock:
            return {name: self._state.secret(provider, environment, name) for name in names}

    def variables(self) -> dict[str, str]:
        """The environment variables that point a program at this emulator, credentials included."""
        found: dict[str, str] = {}
        for provider, environments in self.environments.items():
            for environment in environments:
                prefix = f"{provider}_{environment}_".upper().replace("-", "_")
                found[f"{prefix}BASE_URL"] = self.url(provider, environment)
                for name, value in self.credentials(provider, environment).items():
                    found[prefix + name.upper()] = value
        return found

    @property
    def calls(self) -> list[Call]:
        """The calls so far, oldest first; a copy."""
        with self._state.lock:
            return list(self._state.log.calls)

    def count(
        self,
        provider: str,
        environment: str | None = None,
        kind: str | None = "token",
        status: int | None = None,
    ) -> int:
        """How many calls came in; None counts every environment, kind or status."""
        self._state.known(provider, environment)
        with self._state.lock:
            return self._state.log.count(provider, environment, kind, status)

    def fault(
        self,
        provider: str,
        environment: str,
        *,
        operation: str | None = None,
        times: int | None = None,
        **fault: Any,
    ) -> None:
        """Let the next `times` calls go wrong, or all until `clear`; see `Fault` for the ways.

        `operation` is an operationId or `"echo"`; without one it is every call of the spec, and
        not the echo API. Faults queue: each call takes the oldest that fits.
        """
        known = self._state.known(provider, environment)
        planned = Fault(**fault)
        check_fault(known, operation, planned)
        with self._state.lock:
            self._state.faults.plan(provider, environment, operation, times, planned)

    def lifetime(self, provider: str, environment: str, seconds: float) -> None:
        """From now on issue tokens that live so long, and say so."""
        self._state.known(provider, environment)
        with self._state.lock:
            self._state.lifetimes[provider, environment] = seconds

    def revoke(self, token: str | None = None) -> None:
        """Let the APIs refuse this token from now on, or every token issued so far."""
        with self._state.lock:
            self._state.issuer.revoke(token, None, None)

    def revoke_all(self, provider: str, environment: str) -> None:
        """Let the APIs refuse every token of an environment that was issued so far."""
        self._state.known(provider, environment)
        with self._state.lock:
            self._state.issuer.revoke(None, provider, environment)

    def listen(self, listener: Callable[[Call], None]) -> None:
        """Tell every call to this function, on the emulator's thread."""
        self._state.log.listener = listener

    def clear(self) -> None:
        """Back to the start: no faults, calls, tokens, spent quota, rotated secrets."""
        with self._state.lock:
            self._state.clear()
