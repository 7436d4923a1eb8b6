"""The emulator as a test or a command holds it."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ._faults import Fault, Planned, check
from ._issuer import Issuer
from ._live import state
from ._message import TOO_LONG, Call, read_body
from ._pages import Pages, local
from ._server import HOST, Desk, Server
from ._spec import load

CONTROL = {
    "GET": ("calls", "count", "state", "variables"),
    "POST": ("fault", "clear_faults", "lifetime", "clear", "revoke"),
}


class Emulator:
    """A local stand-in for all providers, on loopback, for as long as the `with` block runs.

    `specs` is a folder of `*.yaml`, else the specs of the installed clients are served; `port` 0 is any
    free one; `clock` tells the time for tokens and quotas, and may be replaced at any time. SpecError if a
    spec cannot be served, OSError if the port is taken.
    """

    def __init__(
        self, specs: Path | None = None, port: int = 0, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock = clock
        providers = load(specs)
        self.environments = {name: provider.environments for name, provider in providers.items()}
        self._desk = Desk(providers, lambda: self.clock())
        control = Route("/_emulator/{name}", local(self._control), methods=["GET", "POST"])
        pages = Pages(providers, specs)
        self._server = Server([control, *pages.routes(), *self._desk.routes()], port)

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

    def url(self, provider: str, environment: str) -> str:
        """The base URL that stands for a provider's host in an environment."""
        self._known(provider, environment)
        return f"{self.base_url}/{provider}/{environment}"

    def credentials(self, provider: str, environment: str, scheme: str | None = None) -> dict[str, str]:
        """The credentials that open an account now, by name: of one kind of token, or of all."""
        issuer = self._issuer(provider, environment)
        known = issuer.provider
        with self._desk.lock:
            return {
                name: issuer.credential(name)
                for name in (known.schemes[scheme].credentials if scheme else known.credentials)
            }

    def variables(self) -> dict[str, str]:
        """The environment variables that point a program at this emulator, credentials included."""
        found: dict[str, str] = {}
        for here in self._desk.issuers:
            values = {"base_url": self.url(*here), **self.credentials(*here)}
            prefix = "_".join(here).replace("-", "_")
            found |= {f"{prefix}_{name}".upper(): value for name, value in values.items()}
        return found

    @property
    def calls(self) -> list[Call]:
        """The newest 100,000 calls, oldest first; a copy."""
        with self._desk.lock:
            return list(self._desk.calls)

    def count(
        self,
        provider: str,
        environment: str | None = None,
        kind: str | None = "token",
        status: int | None = None,
    ) -> int:
        """How many calls of the log came in; None counts every environment, kind or status."""
        self._known(provider, environment)
        wanted = {"provider": provider, "environment": environment, "kind": kind, "status": status}
        return sum(
            all(value in (None, getattr(call, name)) for name, value in wanted.items()) for call in self.calls
        )

    def state(self, after: int = 0) -> dict[str, Any]:
        """Tokens alive, quotas left and the calls behind the first `after`, as the live page shows them."""
        return state(self._desk, after)

    def fault(
        self,
        provider: str,
        environment: str,
        *,
        operation: str | None = None,
        times: int | None = None,
        **fault: Any,
    ) -> None:
        """Let the next `times` calls go wrong, or all until `clear_faults`; see `Fault` for the ways.

        `operation` is an operationId or `"echo"`; without one it is every call of the spec, not the echo API.
        Faults queue: each call takes the oldest that fits.
        """
        issuer = self._issuer(provider, environment)
        planned = Planned(Fault(**fault), operation, times)
        check(planned, issuer.provider)
        if times is None or times > 0:
            with self._desk.lock:
                issuer.faults.append(planned)

    def clear_faults(self, provider: str, environment: str) -> None:
        """End every fault; tokens, spent quota and the log stay, unlike with `clear`."""
        issuer = self._issuer(provider, environment)
        with self._desk.lock:
            issuer.faults.clear()

    def lifetime(self, provider: str, environment: str, seconds: float) -> None:
        """From now on issue tokens that live so long, and say so."""
        issuer = self._issuer(provider, environment)
        if not math.isfinite(seconds):
            raise ValueError(f"seconds={seconds}: a token lives some number of seconds")
        with self._desk.lock:
            issuer.lifetime = seconds

    def revoke(self, token: str | None = None) -> None:
        """Let the APIs refuse this token from now on, or every token issued so far."""
        with self._desk.lock:
            for issuer in self._desk.issuers.values():
                issuer.revoke(token)

    def revoke_all(self, provider: str, environment: str) -> None:
        """Let the APIs refuse every token of an environment that was issued so far."""
        issuer = self._issuer(provider, environment)
        with self._desk.lock:
            issuer.revoke(None)

    def listen(self, listener: Callable[[Call], None]) -> None:
        """Tell every call to this function, on the emulator's thread."""
        self._desk.listener = listener

    def clear(self) -> None:
        """Back to the start: no faults, calls, tokens, spent quota, rotated secrets."""
        self._desk.clear()

    def _known(self, provider: str, environment: str | None) -> None:
        """ValueError lists the choices."""
        if provider not in self.environments:
            raise ValueError(f"no provider {provider!r}; there are {', '.join(self.environments)}")
        if environment not in (None, *self.environments[provider]):
            choices = ", ".join(self.environments[provider])
            raise ValueError(f"{provider} has no environment {environment!r}; there are {choices}")

    def _issuer(self, provider: str, environment: str) -> Issuer:
        self._known(provider, environment)
        return self._desk.issuers[provider, environment]

    async def _control(self, request: Request) -> Response:
        """The methods over HTTP, for tests that run in another process.

        Arguments stand in the query of a `GET` and the JSON body of a `POST`; wrong ones are a 400.
        """
        name = request.path_params["name"]
        if name not in CONTROL.get(request.method, ()):
            return JSONResponse({"error": f"there are {CONTROL}"}, 404)
        try:
            body = await read_body(request)
            if body is None:
                return JSONResponse(TOO_LONG, 413, {"connection": "close"})
            given: dict[str, Any] = dict(request.query_params) or json.loads(body or b"{}")
            if name == "calls":
                return JSONResponse([asdict(call) for call in self.calls])
            for number in {"status", "after"} & set(given) if request.method == "GET" else ():
                given[number] = int(given[number])
            if name == "revoke" and "provider" in given:
                name = "revoke_all"
            return JSONResponse(getattr(self, name)(**given))
        except (RecursionError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
