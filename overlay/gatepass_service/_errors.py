"""Errors as OAuth2 clients read them (RFC 6749, section 5.2), with what support will ask for."""

import math
import re
import time
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from gatepass import ConfigError, GatepassError, RateLimited, Rejected, TokenError, Unavailable

BASIC = {"WWW-Authenticate": 'Basic realm="gatepass"'}


class OAuthError(Exception):
    """A request that is answered with an error; the description says how to fix it."""

    def __init__(
        self,
        error: str,
        description: str,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(error)
        self.error, self.status, self.headers = error, status, dict(headers or {})
        self.description = _plain(description)
        self.members = members

    def response(self) -> JSONResponse:
        """The response, with the members that have a value."""
        members = {name: value for name, value in self.members.items() if value is not None}
        body = {"error": self.error, "error_description": self.description, **members}
        return JSONResponse(body, self.status, self.headers)


def invalid_request(description: str, status: int = 400) -> OAuthError:
    return OAuthError("invalid_request", description, status)


def invalid_client(description: str) -> OAuthError:
    return OAuthError("invalid_client", description, 401, BASIC)


def unexpected() -> OAuthError:
    return OAuthError("server_error", "the token service failed; its log says how", 500)


def from_gatepass(error: GatepassError) -> OAuthError:
    """The error of a credential: the provider's refusal is the client's, an outage is to be tried again."""
    if isinstance(error, Rejected):
        return OAuthError("invalid_grant", str(error), **_details(error))
    if isinstance(error, (RateLimited, Unavailable)):
        status = 429 if isinstance(error, RateLimited) else 503
        left = math.ceil(error.retry_at - time.time()) if error.retry_at is not None else 1
        headers = {"Retry-After": str(max(left, 1))}
        return OAuthError("temporarily_unavailable", str(error), status, headers, **_details(error))
    if isinstance(error, ConfigError):  # such as a file with a secret that is gone
        description = f"the token service is not configured well: {error}"
        return OAuthError("temporarily_unavailable", description, 503, {"Retry-After": "1"})
    return OAuthError("server_error", str(error), 500)


def _details(error: TokenError) -> dict[str, Any]:
    retry_at = math.ceil(error.retry_at) if error.retry_at is not None else None
    return {"code": error.code, "trace": error.trace, "retry_at": retry_at}


def _plain(description: str) -> str:
    """The text with the characters that RFC 6749 allows."""
    return re.sub(r"[^ -~]", "?", description.replace('"', "'").replace("\\", "/"))
