"""How long a token or a secret is valid, from what a provider declares."""

import base64
import binascii
import json
import math
from datetime import UTC
from typing import Any

LONGEST_LIFETIME = 366 * 86_400.0
NEVER = 3_650 * 86_400.0
"""Seconds for which a token is kept that does not expire."""


def token_lifetime(
    declared: object,
    jwt: str | None,
    default: int | None,
    *,
    unit: float | None = None,
    expires_in: float | None = None,
) -> float:
    """Seconds a token is valid: the smaller of what the response declares and what a JWT says.

    Providers declare it as a number, a string, 0, in milliseconds or not at all. Less than a second counts
    as not declared, and without any declaration the documented default holds; None means that the token
    never expires. Without a `unit`, more than 500 defaults are taken for milliseconds. `expires_in` is what
    is left until a declared point in time. No declaration counts for more than a year.
    """
    seconds = _number(declared)
    if seconds is not None and unit is not None:
        seconds *= unit
    elif seconds is not None and default is not None and seconds > 500 * default:
        seconds /= 1000
    declarations = [seconds, expires_in, jwt and _jwt_lifetime(jwt)]
    lifetimes = [float(lifetime) for lifetime in declarations if lifetime and lifetime >= 1]
    if lifetimes:
        return min(*lifetimes, LONGEST_LIFETIME)
    return NEVER if default is None else float(default)


def parse_timestamp(*values: object) -> float | None:
    """UTC epoch seconds of the first value that is a time: seconds, milliseconds or an ISO date.

    Seconds and milliseconds are distinguished by magnitude; a date without a zone is assumed to be UTC.
    """
    for value in values:
        number = _number(value)
        if number is not None and not _is_compact_date(value):
            return number / 1000 if number > 1e11 else number
        if isinstance(value, str):
            from dateutil.parser import isoparse, parse  # here, because few programs read a date

            read = parse if _is_compact_date(value) else isoparse
            try:
                date = read(value.strip())
                return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
            except (ValueError, OverflowError):
                continue
    return None


def _is_compact_date(value: object) -> bool:
    """Whether this is a date of the form YYYYMMDDHHMMSS, which looks like a number."""
    return len(str(value)) == 14 and str(value).startswith("20") and str(value).isdigit()


def _number(value: object) -> float | None:
    """The value as a number of at least 1, if it is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 1 else None


def _jwt_lifetime(token: str) -> float | None:
    """`exp - iat` of a JWT in seconds. The signature is not verified: that is up to the API."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims: Any = json.loads(base64.urlsafe_b64decode(padded))
        issued_at, expires_at = _number(claims["iat"]), _number(claims["exp"])
    except (ValueError, binascii.Error, LookupError, TypeError, RecursionError):
        return None
    if issued_at is None or expires_at is None or expires_at - issued_at < 1:
        return None
    return expires_at - issued_at
