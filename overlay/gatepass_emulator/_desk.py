"""One provider in one environment: who may do what there. The caller holds the lock."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ._issuer import Grant, fingerprint
from ._operation import Operation
from ._place import MISSING, Place
from ._request import Received
from ._scheme import Scheme
from ._state import State


class Desk:
    """Looks at credentials and tokens."""

    def __init__(self, state: State, provider: str, environment: str) -> None:
        self.state = state
        self.provider = state.providers[provider]
        self.environment = environment

    def opens(self, places: Mapping[str, Place], received: Received) -> bool:
        """Whether the credentials at these places are right."""
        return all(self._right(name, place, received) for name, place in places.items())

    def grant(self, received: Received, schemes: Collection[str]) -> Grant | None:
        """What the bearer token of a request is good for here, if it is of one of these kinds."""
        grant = self.state.issuer.find(received.bearer, self.state.clock())
        if grant is None or grant.refresh or grant.scheme not in schemes:
            return None
        here = (self.provider.name, self.environment)
        return grant if (grant.provider, grant.environment) == here else None

    def issue(self, scheme: Scheme, life: float, *, refresh: bool = False, given: str | None = None) -> str:
        """A token that is good here from now on."""
        now = self.state.clock()
        grant = Grant(self.provider.name, self.environment, scheme.name, now + life, refresh)
        token = given or self.state.issuer.token(scheme, grant, now)
        self.state.issuer.keep(token, grant)
        return token

    def masked(self, operation: Operation, received: Received) -> str:
        """The credentials of a token call, for the log."""
        said: list[str] = []
        for scheme in self.provider.issuing(operation):
            said.append(self.masked_at(scheme.credentials, received))
            again = scheme.refresh
            if again and again.token.find(received.body, received.headers) is not MISSING:
                said.append(f"{again.token.keys[-1]}=***")
        return ", ".join(filter(None, said))

    def masked_at(self, places: Mapping[str, Place], received: Received) -> str:
        """Of an id the first four characters, but only of the right one: people mix them up."""
        known = self.state.credentials[self.provider.name]
        said: list[str] = []
        for name, place in places.items():
            if place.find(received.body, received.headers) is not MISSING:
                plain = not known[name].secret and self._right(name, place, received)
                said.append(f"{name}={known[name].example[:4]}…" if plain else f"{name}=***")
        return ", ".join(said)

    def _right(self, name: str, place: Place, received: Received) -> bool:
        sent = place.find(received.body, received.headers)
        plain = self.state.credentials[self.provider.name][name].plain(sent)
        return plain == self.state.secret(self.provider.name, self.environment, name)


def shown(received: Received) -> str:
    """The fingerprint of the token that a request shows, or nothing."""
    return fingerprint(received.bearer) if received.bearer else ""
