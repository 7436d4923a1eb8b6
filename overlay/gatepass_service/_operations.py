"""For those who operate the service: whether it lives and is ready, its state and its metrics. No values."""

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatepass import TokenError

from ._access import Access
from ._issuer import Issuer
from ._metrics import Metrics


def operations_routes(access: Access, metrics: Metrics) -> list[Route]:
    """They are no coroutines, so that they run on threads: a file store counts quotas in files."""

    def livez(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    def readyz(_: Request) -> Response:
        if access.issuers:
            return JSONResponse({"status": "ready"})
        reason = "; ".join(access.problems.values()) or "no variable of a provider is set: see gatepass list"
        return JSONResponse({"status": "not ready", "reason": reason}, 503)

    def status(_: Request) -> Response:
        return JSONResponse({"issuers": [_status(issuer) for issuer in access.issuers.values()]})

    def show_metrics(_: Request) -> Response:
        content = generate_latest(metrics.registry)
        return Response(content, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    endpoints = {"/livez": livez, "/readyz": readyz, "/status": status, "/metrics": show_metrics}
    return [Route(path, endpoint, methods=["GET"]) for path, endpoint in endpoints.items()]


def _status(issuer: Issuer) -> dict[str, object]:
    status = issuer.credential.status()
    return {
        "provider": issuer.provider,
        "environment": issuer.environment,
        "state": status.state,
        "seconds_left": round(status.seconds_left),
        "quota_left": status.quota_left,
        "error": None if status.error is None else _error(status.error),
    }


def _error(error: TokenError) -> dict[str, object]:
    return {
        "message": str(error),
        "code": error.code,
        "trace": error.trace,
        "retry_at": None if error.retry_at is None else round(error.retry_at),
    }
