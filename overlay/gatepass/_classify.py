"""What a response of a token endpoint means, before anything of it is parsed as a token."""

from __future__ import annotations

import contextlib
import json
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ._errors import RateLimited, Rejected, TokenError, Unavailable
from ._paths import get_path

if TYPE_CHECKING:
    from ._token_spec import TokenSpec

FALSE_WORDS = frozenset({"false", "0", "no", "fail", "failed", "failure", "error"})
"""Values of a success flag that mean failure, in lower case."""


def classify(status: int, body: bytes, document: Any, spec: TokenSpec) -> tuple[type[TokenError], str] | None:
    """The kind of error a response stands for, and the reason in words; None if it is a success.

    `document` is the body as JSON, or None if it is not JSON.
    """
    if status == 200 and not isinstance(document, dict):
        return Unavailable, "the response is not a JSON object"
    if status == 200:
        failed = str(get_path(document, spec.success)).strip().casefold() in FALSE_WORDS
        return (Rejected, "the provider rejected the request although it answered 200") if failed else None
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
