"""Which credentials the variables of this process configure, for commands that serve whatever is there."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ._environ import env_name
from ._errors import ConfigError
from ._providers import installed

Account = tuple[str, str]
"""The name of a provider on the command line, and an environment."""


class Configured(NamedTuple):
    """Credentials by account, and for the others that have some variables what is missing or wrong."""

    credentials: dict[Account, Any]
    problems: dict[Account, str]


def shared_credential(name: str, environment: str, **options: Any) -> Any:
    """A credential of this class that shares its tokens in files, unless GATEPASS_STORE says otherwise.

    For commands: their processes are short-lived, or restarted.
    """
    has_locks = importlib.util.find_spec("fcntl") is not None
    store = "file:" if has_locks and "GATEPASS_STORE" not in os.environ else None
    return installed().credential_class(name)(environment, store=store, **options)


def is_mentioned(command: str, environment: str) -> bool:
    """Whether any variable of the credential is set."""
    providers = installed()
    name = providers.commands[command]
    variables = [
        env_name(providers.modules[name], environment, credential)
        for credential in providers.credentials[name]
    ]
    return any(variable in os.environ or f"{variable}_FILE" in os.environ for variable in variables)


def read_configured(options: Callable[[Account], Mapping[str, Any]] = lambda _: {}) -> Configured:
    """Every credential of which a variable is set, made with the options for its account."""
    providers = installed()
    credentials: dict[Account, Any] = {}
    problems: dict[Account, str] = {}
    for command, name in providers.commands.items():
        for environment in providers.servers[providers.modules[name]]:
            account = command, environment
            if not is_mentioned(*account):
                continue
            try:
                credentials[account] = shared_credential(name, environment, **options(account))
            except ConfigError as error:
                problems[account] = str(error)
    return Configured(credentials, problems)
