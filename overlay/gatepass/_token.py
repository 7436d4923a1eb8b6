"""The two things a provider hands out, and how long they live; their text never shows the value."""

import base64
import binascii
import json
import math
import re
from datetime import UTC
from typing import Any, NoReturn, Self

MASK = "***"
LONGEST_LIFETIME = 366 * 86_400.0
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


class _Hidden:
    """Shows everything but the value, in every way Python turns an object into a string.

    Not a dataclass, nor anything else whose fields a serializer, a logger or a test report knows.
    """

    __slots__: tuple[str, ...] = ()

    def __init__(self, *values: object) -> None:
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    def _content(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Hidden) or type(other) is not type(self):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def __repr__(self) -> str:
        names = self.__slots__  # of the class below, fields all
        shown = (f"{name}={getattr(self, name)!r}" for name in names if name != "value")
        return f"{type(self).__name__}(value={MASK}, {', '.join(shown)})"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is not pickled: pickle the credential instead")

    def __getstate__(self) -> NoReturn:
        self.__reduce__()


class Token(_Hidden):
    """An access token: `value` for the header, `expires_at` in UTC epoch seconds.

    `notice` is a warning that the provider sent along (Sahamati: a secret in its days of grace).
    """

    __slots__ = ("value", "expires_at", "notice")  # noqa: RUF023 - in the order of the arguments
    value: str
    expires_at: float
    notice: str | None

    def __init__(self, value: str, expires_at: float, notice: str | None = None) -> None:
        super().__init__(value, expires_at, notice)


class Secret(_Hidden):
    """A secret that a provider keeps or has just made; `expires_at` in UTC epoch seconds or None.

    `notice` is a warning that the provider sent along (Sahamati: it lives for the default period).
    """

    __slots__ = ("value", "expires_at", "notice")  # noqa: RUF023 - in the order of the arguments
    value: str
    expires_at: float | None
    notice: str | None

    def __init__(self, value: str, expires_at: float | None = None, notice: str | None = None) -> None:
        super().__init__(value, expires_at, notice)


def is_header_safe(value: object) -> bool:
    """Whether a header can carry the value: visible ASCII, at least one character."""
    return isinstance(value, str) and _HEADER_SAFE.fullmatch(value) is not None


def lifetime(declared: object, jwt: str | None, default: int) -> float:
    """Seconds a token lives: the smaller of what the reply declares and what the JWT says, if it is one.

    Providers declare it as a number, a string, 0, in milliseconds or not at all; what is less than
    a second counts as not declared, and where nothing is said the documented default holds.
    A figure beyond 500 defaults is taken for milliseconds, and none counts for more than a year.
    """
    seconds = _seconds(declared)
    if seconds is not None and seconds > 500 * default:
        seconds /= 1000
    known = [one for one in (seconds, jwt and _jwt_lifetime(jwt)) if one]
    return min(*known, LONGEST_LIFETIME) if known else float(default)


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 1 else None


def _jwt_lifetime(token: str) -> float | None:
    """`exp - iat` of a JWT, unverified: the token is for the API to judge."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims: Any = json.loads(base64.urlsafe_b64decode(padded))
        issued, ends = claims["iat"], claims["exp"]
    except (ValueError, binascii.Error, LookupError, TypeError, RecursionError):
        return None
    first, last = _seconds(issued), _seconds(ends)
    return last - first if first is not None and last is not None and last - first >= 1 else None


def moment(*given: object) -> float | None:
    """UTC epoch seconds of the first value that says: seconds, milliseconds, or an ISO date.

    Seconds and milliseconds are told apart by magnitude; a date without a zone is assumed to be UTC.
    """
    for value in given:
        number = _seconds(value)
        if number is not None:
            return number / 1000 if number > 1e11 else number
        if isinstance(value, str):
            from dateutil.parser import isoparse  # only who reads a date pays for its import

            try:
                date = isoparse(value.strip())
                return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
            except (ValueError, OverflowError):
                continue
    return None
