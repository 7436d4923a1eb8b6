"""An access token and a secret; their `repr` and `str` never show the value."""

import re
from typing import NoReturn, Self

MASK = "***"
_HEADER_SAFE = re.compile(r"[\x21-\x7e]+")


class Masked:
    """Base of what holds a secret `value`: no string made of it shows the value.

    It is neither a dataclass nor anything else whose fields serializers, loggers or test reports list.
    `expires_at` is in UTC epoch seconds. `warning` is what the provider said beside it, such as that a secret
    expires soon or that it chose another lifetime; else None.
    """

    __slots__ = ("value", "expires_at", "warning")  # noqa: RUF023 - in the order of the arguments
    value: str
    warning: str | None

    def __init__(self, value: str, expires_at: float | None = None, warning: str | None = None) -> None:
        for name, content in zip(Masked.__slots__, (value, expires_at, warning), strict=True):
            object.__setattr__(self, name, content)

    def _content(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in Masked.__slots__)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Masked) or type(other) is not type(self):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def __repr__(self) -> str:
        fields = (f"{name}={getattr(self, name)!r}" for name in Masked.__slots__ if name != "value")
        return f"{type(self).__name__}(value={MASK}, {', '.join(fields)})"

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


class Token(Masked):
    """An access token: `value` for the header, `expires_at` in UTC epoch seconds."""

    __slots__ = ()
    expires_at: float

    def __init__(self, value: str, expires_at: float, warning: str | None = None) -> None:
        super().__init__(value, expires_at, warning)


class Secret(Masked):
    """A secret; `expires_at` in UTC epoch seconds, or None if that is not known."""

    __slots__ = ()
    expires_at: float | None


def is_header_safe(value: object) -> bool:
    """Whether a header can carry the value: visible ASCII, at least one character."""
    return isinstance(value, str) and _HEADER_SAFE.fullmatch(value) is not None
