"""The emulator as tests and the command use it."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from starlette.routing import Route

from ._control import control
from ._faults import Fault, PlannedFault, check
from ._issuer import Issuer
from ._load import load
from ._log import Call
from ._pages import Pages, local
from ._server import HOST, EmulatorState, Server
from ._snapshot import snapshot


class Emulator:
    """A local stand-in for all providers, on loopback, for as long as the `with` block runs.

    `specs` is a folder of `*.yaml`, by default the specs of the installed clients; `port` 0 is any free
    one; `clock` returns the time for tokens and quotas, and may be replaced at any time. SpecError if a
    spec cannot be served, OSError if the port is taken.
    """

    def __init__(
        self, specs: Path | None = None, port: int = 0, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = clock
        providers = load(specs)
        self.environments = {name: provider.environments for name, provider in providers.items()}
        self._state = EmulatorState(providers, lambda: self.clock())
        control_route = Route("/_emulator/{name}", local(control(self)), methods=["GET", "POST"])
        pages = Pages(providers, specs)
        self._server = Server([control_route, *pages.routes(), *self._state.routes()], port)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def port(self) -> int:
        """The port; 0 stands for any free one until the emulator runs."""
        return self._server.port

    @property
    def base_url(self) -> str:
        """The root of everything that is served; give clients `url` instead."""
        return f"http://{HOST}:{self.port}"

    def url(self, provider: str, environment: str) -> str:
        """The base URL that replaces a provider's host in an environment."""
        self._check_choice(provider, environment)
        return f"{self.base_url}/{provider}/{environment}"

    def credentials(self, provider: str, environment: str, scheme: str | None = None) -> dict[str, str]:
        """The current credentials by name: those of one kind of token, or all."""
        issuer = self._issuer(provider, environment)
        every = issuer.provider.credentials
        names = issuer.provider.tokens[scheme].credentials if scheme else every
        with self._state.lock:
            return {name: issuer.credential(name) for name in names}

    def variables(self) -> dict[str, str]:
        """The environment variables that point a program at this emulator, credentials included."""
        variables: dict[str, str] = {}
        for account in self._state.issuers:
            values = {"base_url": self.url(*account), **self.credentials(*account)}
            prefix = "_".join(account).replace("-", "_")
            variables |= {f"{prefix}_{name}".upper(): value for name, value in values.items()}
        return variables

    @property
    def calls(self) -> list[Call]:
        """A copy of the log: the newest 100,000 requests, oldest first."""
        with self._state.lock:
            return list(self._state.calls)

    def count(
        self,
        provider: str,
        environment: str | None = None,
        kind: str | None = "token",
        status: int | None = None,
    ) -> int:
        """How many requests the log has; None counts every environment, kind or status."""
        self._check_choice(provider, environment)
        filters = {"provider": provider, "environment": environment, "kind": kind, "status": status}
        return sum(
            all(value in (None, getattr(call, field)) for field, value in filters.items())
            for call in self.calls
        )

    def state(self, after: int = 0) -> dict[str, Any]:
        """Valid tokens, remaining quotas and the requests after the first `after`, for the live page."""
        return snapshot(self._state, after)

    def fault(
        self,
        provider: str,
        environment: str,
        *,
        operation: str | None = None,
        times: int | None = None,
        **fault: Any,
    ) -> None:
        """Make the next `times` requests fail, or all until `clear_faults`; `Fault` has the other arguments.

        `operation` is an operationId or `"echo"`; without one it is every operation of the spec, but not the
        echo API. Faults queue: each request takes the oldest that fits.
        """
        issuer = self._issuer(provider, environment)
        planned = PlannedFault(Fault(**fault), operation, times)
        check(planned, issuer.provider)
        if times is None or times > 0:
            with self._state.lock:
                issuer.faults.append(planned)

    def clear_faults(self, provider: str, environment: str) -> None:
        """Remove all faults; unlike with `clear`, tokens, consumed quota and the log stay."""
        issuer = self._issuer(provider, environment)
        with self._state.lock:
            issuer.faults.clear()

    def lifetime(self, provider: str, environment: str, seconds: float) -> None:
        """Issue tokens with this lifetime from now on, and state it in the responses."""
        issuer = self._issuer(provider, environment)
        if not math.isfinite(seconds):
            raise ValueError(f"seconds={seconds}: a lifetime is a finite number of seconds")
        with self._state.lock:
            issuer.lifetime = seconds

    def revoke(self, token: str | None = None) -> None:
        """Make the APIs reject this token from now on, or every token issued so far."""
        with self._state.lock:
            for issuer in self._state.issuers.values():
                issuer.revoke(token)

    def revoke_all(self, provider: str, environment: str) -> None:
        """Make the APIs reject every token of an environment issued so far."""
        issuer = self._issuer(provider, environment)
        with self._state.lock:
            issuer.revoke(None)

    def listen(self, listener: Callable[[Call], None]) -> None:
        """Call this function with each request, on the emulator's thread."""
        self._state.listener = listener

    def clear(self) -> None:
        """Go back to the initial state: no faults, log, tokens, consumed quota or rotated secrets."""
        self._state.clear()

    def _check_choice(self, provider: str, environment: str | None) -> None:
        """Raise ValueError with the choices if there is no such provider or environment."""
        if provider not in self.environments:
            raise ValueError(f"no provider {provider!r}; there are {', '.join(self.environments)}")
        if environment not in (None, *self.environments[provider]):
            choices = ", ".join(self.environments[provider])
            raise ValueError(f"{provider} has no environment {environment!r}; there are {choices}")

    def _issuer(self, provider: str, environment: str) -> Issuer:
        self._check_choice(provider, environment)
        return self._state.issuers[provider, environment]
