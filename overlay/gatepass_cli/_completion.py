"""Shell completion, by argcomplete: `eval "$(register-python-argcomplete gatepass)"`."""

import argparse
import os
from typing import Any

from gatepass import ConfigError
from gatepass._providers import installed


def complete(parser: argparse.ArgumentParser) -> None:
    """Print the completions and exit, if a shell asks for them."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    try:
        import argcomplete
    except ImportError as error:
        hint = "pip install 'gatepass[cli]'"
        raise ConfigError(f"shell completion needs {error.name}: {hint}") from None
    argcomplete.autocomplete(parser)


def complete_environments(action: argparse.Action) -> None:
    """Complete an argument with the environments of the provider before it."""

    def environments(parsed_args: Any, **_: Any) -> list[str]:
        providers = installed()
        table = {**providers.commands, **providers.secrets}
        return list(providers.servers[providers.modules[table[parsed_args.provider]]])

    action.completer = environments  # type: ignore[attr-defined]
