"""What a wrong name may have been meant to be; loaded only to say so in an error."""

from __future__ import annotations

import difflib
import importlib
import inspect
import itertools
import os
import pkgutil

import gatepass_clients.facts
from gatepass_clients.facts import TokenFacts

from ._credential import Credential, Options
from ._settings import variable


def no_environment(facts: TokenFacts, given: object) -> str:
    """What to say of an environment that the provider does not have."""
    choices = ", ".join(facts.servers)
    if given is not None and not isinstance(given, str):
        return f"{facts.provider} has no environment of type {type(given).__name__}: use {choices}"
    shown = given[:50] if given else given
    plain = (given or "").strip().casefold()
    meant = {"prod": "production", "live": "production", "test": "sandbox"}.get(plain, plain)
    close = difflib.get_close_matches(meant, facts.servers, n=1, cutoff=0.75)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"{facts.provider} has no environment {shown!r}{hint}: use {choices}"


def similar_variable(wanted: str) -> str:
    """The name of a variable that may have been meant; never a value, nor what belongs elsewhere."""
    own = _all_variables()
    others = {name.upper(): name for name in os.environ if name not in own}
    close = difflib.get_close_matches(wanted, others, n=1, cutoff=0.85)
    return f"; {others[close[0]]} is set: is that a slip?" if close else ""


def _all_variables() -> set[str]:
    """The variables of every provider, environment and setting."""
    names = set()
    for module in pkgutil.iter_modules(gatepass_clients.facts.__path__):
        for facts in vars(importlib.import_module(f"gatepass_clients.facts.{module.name}")).values():
            if isinstance(facts, TokenFacts):
                parts = itertools.product(facts.servers, (*facts.credentials, "base_url", "hosts"))
                names |= {variable(facts, environment, name) for environment, name in parts}
    return names | {f"{name}_FILE" for name in names}


def keywords(kind: type[Credential]) -> list[str]:
    """The names of all arguments of its constructor but the environment."""
    parameters = inspect.signature(kind.__init__).parameters.values()
    named = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    takes_options = any(each.kind is each.VAR_KEYWORD for each in parameters)
    return [*named, *(Options.__annotations__ if takes_options else ())]


def similar_keyword(kind: type[Credential], name: str) -> str:
    names = keywords(kind)
    close = [f"{each}=" for each in difflib.get_close_matches(name, names, n=2, cutoff=0.6)]
    return f": did you mean {' or '.join(close)}?" if close else f"; it has {', '.join(names)}"
