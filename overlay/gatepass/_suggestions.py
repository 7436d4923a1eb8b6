"""What a wrong name may have been meant to be; loaded only to say so in an error."""

from __future__ import annotations

import difflib
import inspect
import itertools
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ._environ import env_name
from ._providers import installed

if TYPE_CHECKING:
    from ._credential import Credential
    from ._token_spec import TokenSpec


def no_environment(spec: TokenSpec, given: object) -> str:
    """What to say of an environment that the provider does not have."""
    choices = ", ".join(spec.servers)
    if given is not None and not isinstance(given, str):
        return f"{spec.provider} has no environment of type {type(given).__name__}: use {choices}"
    shown = given[:50] if given else given
    plain = (given or "").strip().casefold()
    meant = {"prod": "production", "live": "production", "test": "sandbox"}.get(plain, plain)
    close = difflib.get_close_matches(meant, spec.servers, n=1, cutoff=0.75)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"{spec.provider} has no environment {shown!r}{hint}: use {choices}"


def similar_variable(wanted: str) -> str:
    """The name of a variable that may have been meant; never a value, nor what belongs elsewhere."""
    for name in sorted(os.environ):
        if name.endswith(f"_{wanted}"):
            return f"; {name} is set: did you mean prefix={name.removesuffix(f'_{wanted}')!r}?"
    own = set()
    providers = installed()
    for name, provider in providers.modules.items():
        settings = (*providers.credentials[name], "base_url", "hosts")
        for environment, setting in itertools.product(providers.servers[provider], settings):
            variable = env_name(provider, environment, setting)
            own |= {variable, f"{variable}_FILE"}
    of_other_accounts = tuple(f"_{name}" for name in own)
    others = {
        name.upper(): name for name in os.environ if name not in own and not name.endswith(of_other_accounts)
    }
    close = difflib.get_close_matches(wanted, others, n=1, cutoff=0.85)
    return f"; {others[close[0]]} is set: did you mean that?" if close else ""


def wrong_arguments(kind: type[Credential], arguments: Iterable[str], error: TypeError) -> str:
    """What to say of arguments that the constructor does not take: never a value of one."""
    parameters = inspect.signature(kind.__init__).parameters
    names = [name for name, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY]
    for unknown in arguments:
        if unknown not in parameters:
            close = [f"{name}=" for name in difflib.get_close_matches(unknown, names, n=2, cutoff=0.6)]
            hint = f": did you mean {' or '.join(close)}?" if close else f"; it has {', '.join(names)}"
            return f"{kind.__name__} has no option {unknown}={hint}"
    choices = " or ".join(kind.spec.servers)
    first = f"first the environment ({choices}), then " if choices else ""
    return f"{error}: {first}by name {', '.join(f'{name}=' for name in names)}"
