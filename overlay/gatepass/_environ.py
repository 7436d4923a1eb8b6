"""Settings from environment variables, and the checks of a credential's value."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ._errors import ConfigError

if TYPE_CHECKING:
    from ._token_spec import TokenSpec

SecretSource = str | Callable[[], str]
"""A secret, or a function that is called each time one is needed (a vault)."""


def env_name(provider: str, environment: str, name: str, prefix: str | None = None) -> str:
    """The variable of a setting, such as `ACME_SANDBOX_CLIENT_ID`: provider, environment and name."""
    return "_".join(filter(None, (prefix, provider, environment, name))).upper()


def shared_env_name(owner: tuple[str, str], name: str, prefix: str | None) -> str:
    """The variable of a setting that accounts may share: with the prefix if that is set, else without."""
    own = env_name(*owner, name, prefix)
    return own if own in os.environ else env_name(*owner, name)


def read_variable(spec: TokenSpec, variable: str, name: str) -> SecretSource | None:
    """The value of a variable, or what the file named in its `_FILE` variable contains; None without either.

    A secret in a file is read again each time, because mounted secrets are rotated in their files.
    """
    path = os.environ.get(f"{variable}_FILE")
    if variable in os.environ:
        return os.environ[variable]
    if path is None:
        return None

    def read() -> str:
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            if not os.path.exists(path):  # it may be the secret itself, which is not repeated
                advice = f"put the value itself into {variable}"
                raise ConfigError(f"{variable}_FILE does not name a file that exists; {advice}") from None
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ConfigError(f"{variable}_FILE names {path}, which cannot be read: {reason}") from None

    value = check_credential(spec, read(), name, f"{variable}_FILE")
    return read if name in spec.secrets else value


def check_credential(spec: TokenSpec, value: object, name: str, source: str) -> str:
    """The value as a plain string; ConfigError, which names the source, if no request can carry it."""
    if not isinstance(value, str):
        raise ConfigError(f"{source}: {name} must be a string, not {type(value).__name__}")
    if not value.strip():
        raise ConfigError(f"{source}: {name} is empty")
    if name in spec.keys:  # a variable may have \n in place of line breaks
        return str.__str__(value).replace("\\n", "\n")
    if value != value.strip() or not value.isprintable():
        raise ConfigError(
            f"{source}: {name} has a line break, a control character or spaces around it: remove them"
        )
    if not value.isascii() and name in {*spec.headers, *spec.alternative_headers}:
        raise ConfigError(f"{source}: {name} is sent in a header, so it must be ASCII")
    return str.__str__(value)  # a subclass might show itself in another way
