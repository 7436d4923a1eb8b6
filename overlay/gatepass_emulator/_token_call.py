"""Serves a call that issues a token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ._answer import Answer, example
from ._desk import Desk
from ._faults import Fault
from ._issuer import fingerprint
from ._operation import Operation
from ._place import MISSING, Place
from ._reply import fill
from ._request import Received
from ._scheme import Scheme

REFRESH_LIFE = 86_400.0  # No spec says how long a refresh token lives.


@dataclass(frozen=True)
class Way:
    """One way to ask for a token: by credentials, or by a refresh token at that place."""

    scheme: Scheme
    constants: Mapping[Place, str]
    refresh: Place | None

    def asked(self, received: Received) -> bool:
        """Whether the call asks for this; providers do not agree on upper and lower case."""
        body, headers = received.body, received.headers
        if self.refresh and self.refresh.find(body, headers) is MISSING:
            return False
        return all(
            str(place.find(body, headers)).lower() == text.lower() for place, text in self.constants.items()
        )


def token_call(desk: Desk, operation: Operation, received: Received, fault: Fault) -> Answer:
    """Grant a token, or refuse with the spec's own example."""
    way = next((way for way in _ways(desk, operation) if way.asked(received)), None)
    scheme = way.scheme if way else desk.provider.issuing(operation)[0]
    here = (desk.provider.name, desk.environment)
    masked = desk.masked(operation, received)
    if not operation.check.allows(received):
        return example(operation.reply("400", scheme.refused[0]), "token", masked)
    if way is None or not _admits(desk, way, received):
        return example(operation.reply(scheme.refused[0]), "token", masked)
    if not desk.state.issuer.spend(*here, scheme, desk.state.clock()):
        return example(operation.reply(*scheme.limited, "429"), "token", masked)

    answer = example(operation.reply(*operation.good), "token", masked, fault.example)
    life = desk.state.lifetimes.get(here, scheme.default_lifetime)
    token = desk.issue(scheme, life, given=fault.token)
    fill(scheme.value, token, answer.body, answer.headers)
    fill(scheme.lifetime, life, answer.body, answer.headers)
    if scheme.refresh:
        refresh = desk.issue(scheme, REFRESH_LIFE, refresh=True)
        fill(scheme.refresh.source, refresh, answer.body, answer.headers)
    return replace(answer, token=fingerprint(token))


def _ways(desk: Desk, operation: Operation) -> Iterator[Way]:
    for scheme in desk.provider.issuing(operation):
        again = scheme.refresh
        # A twin of the call renews as well as it issues.
        if again:
            yield Way(scheme, again.constants, again.token)
        if operation.id in (scheme.operation, *scheme.also):
            yield Way(scheme, scheme.constants, None)


def _admits(desk: Desk, way: Way, received: Received) -> bool:
    """Whether the credentials are right; along with a refresh token they may be left out."""
    credentials = way.scheme.credentials
    if way.refresh is None:
        return desk.opens(credentials, received)
    sent = way.refresh.find(received.body, received.headers)
    grant = desk.state.issuer.find(str(sent), desk.state.clock())
    here = (desk.provider.name, desk.environment, way.scheme.name)
    if not grant or not grant.refresh or grant.place != here:
        return False
    along = {
        name: place
        for name, place in credentials.items()
        if place.find(received.body, received.headers) is not MISSING
    }
    return desk.opens(along, received)
