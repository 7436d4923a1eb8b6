"""The echo API: what a provider's other APIs make of a token."""

from __future__ import annotations

from ._answer import Answer
from ._desk import Desk, shown
from ._request import Received


def echo(desk: Desk, received: Received) -> Answer:
    """Say which token came in; headers that the spec allows in place of it are as good."""
    schemes = desk.provider.schemes
    grant = desk.grant(received, schemes)
    name, expires_in, masked = None, None, ""
    if grant is not None:
        name, expires_in = grant.scheme, round(grant.expires_at - desk.state.clock(), 3)
    elif not received.bearer:
        for scheme in schemes.values():
            if scheme.instead and desk.opens(scheme.instead, received):
                name, masked = scheme.name, desk.masked_at(scheme.instead, received)
    if name is None:
        status = next(iter(schemes.values())).stale_on[0]
        error = "this token is not good here: unknown, expired, revoked, or of elsewhere"
        headers = {"www-authenticate": "Bearer"}
        return Answer(status, {"error": error}, headers=headers, kind="echo", token=shown(received))
    body = {
        "provider": desk.provider.name,
        "environment": desk.environment,
        "scheme": name,
        "method": received.method,
        "path": f"/{received.rest}",
        "expires_in": expires_in,
    }
    return Answer(200, body, kind="echo", credentials=masked, token=shown(received))
