"""What can go wrong, all of it a `GatepassError`:

GatepassError
  ConfigError       a setting is wrong; nothing was sent
  TokenError        the provider gave no token
    Rejected        credentials wrong, disabled, or of another environment
    Limited         too many tokens asked for; `retry_at` says when the next may be
    Unavailable     no answer, a 5xx, or a reply nobody can read
"""

from dataclasses import astuple, dataclass, field, replace
from typing import Any, Self


class GatepassError(Exception):
    """The root of every error that gatepass raises."""

    def copied(self) -> Self:
        """The same error for another caller: no traceback, no cause, nobody else's frames."""
        return type(self)(*self.args)


class ConfigError(GatepassError):
    """A setting is missing or wrong; the text says which, and how to mend it."""


@dataclass(eq=False)
class TokenError(GatepassError):
    """The provider gave no token.

    Carries what its support will ask for: `provider`, `environment`, HTTP `status`, the provider's
    own error `code` and `trace` id, and `retry_at` (UTC epoch seconds) before which no other call
    is made. Each is None where it is not known. Never the body, the request or a secret.
    """

    reason: str
    provider: str = ""
    environment: str = ""
    status: int | None = None
    code: str | None = None
    trace: str | None = None
    retry_at: float | None = None
    unsent: bool = field(default=False, repr=False)
    """Whether the call never went out, so that no quota counts it."""

    def __post_init__(self) -> None:
        self.args = astuple(self)  # by which exceptions are pickled

    def __str__(self) -> str:
        named = {"HTTP": self.status, "code": self.code, "trace": self.trace}
        facts = ", ".join(f"{name} {value}" for name, value in named.items() if value is not None)
        text = ": ".join(filter(None, (f"{self.provider} {self.environment}".strip(), self.reason)))
        return f"{text} ({facts})" if facts else text

    def copied(self, **changes: Any) -> Self:
        """The same error for another caller, with `changes` such as `retry_at`."""
        return replace(self, **changes)


class Rejected(TokenError):
    """The credentials are wrong, disabled, or of another environment; do not just try again."""


class Limited(TokenError):
    """The provider's quota is spent; `retry_at` is when the next token may be asked for."""


class Unavailable(TokenError):
    """No token this time: a timeout, a 5xx, or a reply that nobody can read."""
