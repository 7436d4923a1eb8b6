"""What the live page polls: tokens, quotas, faults and new requests, without anything secret."""

from dataclasses import asdict
from itertools import islice

from ._issuer import Issuer
from ._message import Json
from ._server import EmulatorState

LIMIT = 200
"""Requests, and tokens or faults of an environment, in one snapshot: load must not drown the page."""


def snapshot(state: EmulatorState, after: int) -> dict[str, Json]:
    """Everything as it is now, and the newest of the requests that came in after the first `after`.

    Another `run` than last time means that everything was cleared: start again from 0.
    """
    with state.lock:
        now = state.clock()
        new = min(max(0, state.total - max(0, after)), len(state.calls), LIMIT)
        return {
            "run": state.run,
            "next": state.total,
            "calls": [asdict(call) for call in islice(state.calls, len(state.calls) - new, None)],
            "environments": [_environment(issuer, now) for issuer in state.issuers.values()],
        }


def _environment(issuer: Issuer, now: float) -> dict[str, Json]:
    grants = issuer.valid_grants(now)
    return {
        "provider": issuer.provider.name,
        "environment": issuer.environment,
        "path": f"/{issuer.provider.name}/{issuer.environment}",
        "valid_tokens": len(grants),
        "tokens": [
            {
                "token": fingerprint,
                "scheme": grant.scheme,
                "refresh": grant.refresh,
                "expires_in": grant.expires_at - now,
            }
            for fingerprint, grant in list(grants.items())[-LIMIT:]
        ],
        "faults": [str(planned) for planned in issuer.faults[:LIMIT]],
        "quotas": [
            {"scheme": token.scheme, **token.quota, "remaining": issuer.remaining_quota(token, now)}
            for token in issuer.provider.tokens.values()
            if token.quota
        ],
    }
