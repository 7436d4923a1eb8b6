"""What the live page asks for: tokens, quotas and the calls that are new, without anything secret."""

from dataclasses import asdict
from itertools import islice

from ._issuer import Issuer
from ._message import Json
from ._server import Desk

MOST = 200
"""Calls, and tokens of an environment, in one answer: a program under load must not drown the page."""


def state(desk: Desk, after: int) -> dict[str, Json]:
    """Everything as it is now, and of the calls the newest that came in behind the first `after`.

    Another `run` than last time means that everything was cleared: ask again from 0.
    """
    with desk.lock:
        now = desk.clock()
        new = min(max(0, desk.total - max(0, after)), len(desk.calls), MOST)
        return {
            "run": desk.run,
            "next": desk.total,
            "calls": [asdict(call) for call in islice(desk.calls, len(desk.calls) - new, None)],
            "environments": [_environment(issuer, now) for issuer in desk.issuers.values()],
        }


def _environment(issuer: Issuer, now: float) -> dict[str, Json]:
    alive = issuer.alive(now)
    schemes = issuer.provider.schemes.values()
    return {
        "provider": issuer.provider.name,
        "environment": issuer.environment,
        "path": f"/{issuer.provider.name}/{issuer.environment}",
        "alive": len(alive),
        "tokens": [
            {"token": name, "scheme": one.scheme, "refresh": one.refresh, "left": one.expires_at - now}
            for name, one in list(alive.items())[-MOST:]
        ],
        "quotas": [
            {"scheme": one.name, **one.quota, "left": issuer.left(one, now)} for one in schemes if one.quota
        ],
    }
