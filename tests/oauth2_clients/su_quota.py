"""Su grants 30 tokens an hour: all clients together request 28, and two more only for rejected tokens."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from .client import ENVIRONMENT, Client, Setup, started, without_secrets

REVOKING = ("curl", "authlib", "php-curl")
"""Clients that tell the service when an API rejects a token."""
ORDINARY, WITH_RESERVE = 28, 30
SPENT = "su sandbox: the quota is spent"


def use_quota(clients: Sequence[Client]) -> str:
    """Each token ends before the next one is needed, for an hour."""
    with started() as setup:
        setup.emulator.lifetime("su", ENVIRONMENT, 60)
        problems = []
        for _, client in zip(range(ORDINARY + 8), cycle(clients), strict=False):
            problems += _call(client, setup, ["su: 200\n"])
            setup.clock.advance(90)
        return _report(problems, setup, ORDINARY)


def reject_tokens(clients: Sequence[Client]) -> str:
    """The API rejects each token, and one client after the other says so."""
    with started() as setup:
        problems = []
        revoking = cycle(client for client in clients if client.name in REVOKING)
        for _, client, other in zip(range(WITH_RESERVE + 4), revoking, cycle(clients), strict=False):
            setup.emulator.revoke_all("su", ENVIRONMENT)
            problems += _call(client, setup, ["su: 200\n", "su: 401\n"])
            problems += _call(other, setup, ["su: 200\n"])
            setup.clock.advance(90)  # longer than the back-off when APIs reject the next token too
        return _report(problems, setup, WITH_RESERVE)


def _call(client: Client, setup: Setup, expected: list[str]) -> list[str]:
    """What is wrong, unless the quota is spent and the client says so."""
    _, output, errors = client.run(setup, "su")
    return [] if output in expected or SPENT in errors else [f"{client.name}: {output}{errors}"]


def _report(problems: list[str], setup: Setup, expected: int) -> str:
    times = [call.at for call in setup.emulator.calls if call.kind == "token"]
    most = max(sum(start <= at < start + 3600 for at in times) for start in times)
    if most != expected:
        problems.append(f"{most} token requests in an hour, not {expected}")
    if rejected := setup.emulator.count("su", status=422):
        problems.append(f"{rejected} token requests over the provider's quota")
    return without_secrets("\n".join(problems), setup.service.key)
