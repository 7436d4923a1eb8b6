"""The errors of gatepass:

GatepassError
  ConfigError       a setting is missing or wrong; nothing was sent
  TokenError        the provider issued no token
    Rejected        the credentials are wrong, disabled, or of another environment
    RateLimited     too many tokens were requested; `retry_at` says when the next one may be
    Unavailable     no response, a 5xx, or an unreadable response
"""

from typing import Any, Self

_FIELDS = ("reason", "provider", "environment", "status", "code", "trace", "retry_at", "unsent")


class GatepassError(Exception):
    """The root of every error that gatepass raises."""

    def copied(self) -> Self:
        """The same error for another caller, without a traceback, a cause or a frame of somebody else."""
        return type(self)(*self.args)


class ConfigError(GatepassError):
    """A setting is missing or wrong; the message names it and says how to fix it."""


class TokenError(GatepassError):
    """The provider issued no token.

    Carries what the provider's support will ask for: `provider`, `environment`, the HTTP `status`, the
    provider's own error `code` and `trace` id, and `retry_at` (UTC epoch seconds), before which no other
    request is sent. Each is None where it is not known. It never holds the body, the request or a secret.
    """

    def __init__(
        self,
        reason: str,
        provider: str = "",
        environment: str = "",
        status: int | None = None,
        code: str | None = None,
        trace: str | None = None,
        retry_at: float | None = None,
        unsent: bool = False,
    ) -> None:
        # The arguments, by which exceptions are copied and pickled.
        super().__init__(reason, provider, environment, status, code, trace, retry_at, unsent)
        self.reason, self.provider, self.environment = reason, provider, environment
        self.status, self.code, self.trace, self.retry_at = status, code, trace, retry_at
        self.unsent = unsent
        """Whether the request was never sent, so that it does not count against a quota."""

    def __str__(self) -> str:
        fields = {"HTTP": self.status, "code": self.code, "trace": self.trace}
        details = ", ".join(f"{name} {value}" for name, value in fields.items() if value is not None)
        message = ": ".join(filter(None, (f"{self.provider} {self.environment}".strip(), self.reason)))
        return f"{message} ({details})" if details else message

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def copied(self, **changes: Any) -> Self:
        """The same error for another caller, with `changes` such as `retry_at`."""
        return type(self)(**{name: getattr(self, name) for name in _FIELDS} | changes)


class Rejected(TokenError):
    """The credentials are wrong, disabled, or of another environment; trying again will not help."""


class RateLimited(TokenError):
    """The provider's quota is spent; `retry_at` is when the next token may be requested."""


class Unavailable(TokenError):
    """No token this time: a timeout, a 5xx, or an unreadable response."""
