"""What a response of a token endpoint means, before anything of it is parsed as a token."""

from __future__ import annotations

import contextlib
import json
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ._errors import RateLimited, Rejected, TokenError, Unavailable
from ._paths import JsonPaths, get_path

if TYPE_CHECKING:
    from ._token_spec import TokenSpec

FALSE_WORDS = frozenset({"false", "0", "no", "fail", "failed", "failure", "error"})
"""Values of a success flag that mean failure, in lower case."""


def classify(status: int, body: bytes, document: Any, spec: TokenSpec) -> tuple[type[TokenError], str] | None:
    """The kind of error a response stands for, and the reason in words; None if it is a success.

    `document` is the body as JSON, or None if it is not JSON.
    """
    if status in spec.statuses:
        return _classify_success(status, document, spec)
    if status in spec.rate_limited or status == 429:
        return RateLimited, "too many tokens were requested"
    if 400 <= status < 500 and status != 401 and not isinstance(document, dict):
        # Not from the provider, whose errors are JSON. Only a 401 is clear without a body.
        content = "text" if body else "no content"
        content = "an HTML page" if body.lstrip()[:1] == b"<" else content
        reason = f"{content} instead of the provider's JSON: a proxy, a firewall or a wrong base_url?"
        return Unavailable, reason
    if status in (404, 405, 410):
        return Rejected, "there is no such endpoint at this address: check base_url"
    if 400 <= status < 500 and status not in (408, 425):
        credentials = status in spec.rejected
        return Rejected, "the credentials were rejected" if credentials else "the request was rejected"
    if 300 <= status < 400:
        return Unavailable, "a redirect, which is not followed: check base_url"
    return Unavailable, "the provider failed" if status >= 500 else "unexpected status"


def _classify_success(status: int, document: Any, spec: TokenSpec) -> tuple[type[TokenError], str] | None:
    if spec.is_json and not isinstance(document, dict):
        return Unavailable, "the response is not a JSON object"
    flag = get_path(document, spec.success)
    is_false = as_text(flag) in FALSE_WORDS if not spec.success_values else flag is not None
    if is_false and as_text(flag) not in spec.success_values:
        return Rejected, f"the provider rejected the request although it answered {status}"
    if has_value(document, spec.failure, spec.failure_values):
        return Rejected, f"the provider rejected the request although it answered {status}"
    return None


def has_value(document: Any, paths: JsonPaths, values: frozenset[str]) -> bool:
    """Whether a response has one of these values there; without values, any that is not null, empty or 0."""
    value = get_path(document, paths)
    if values:
        return as_text(value) in values
    return value not in (None, "", 0, "0", False) and value != [] and value != {}


def as_text(value: object) -> str:
    """A value as it is compared: as text, in lower case."""
    return str(value).strip().casefold()


def parse_json(body: bytes) -> Any:
    """The body as JSON; None if it is not JSON."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(body)


def parse_retry_after(header: str | None, now: float) -> float | None:
    """UTC epoch seconds of a `Retry-After`, given in seconds or as an HTTP date; a day from now at most."""
    value = (header or "").strip()
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        at = now + int(value) if value.isdigit() else parsedate_to_datetime(value).timestamp()
        return min(max(at, now), now + 86_400)
    return None
