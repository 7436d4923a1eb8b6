"""Credentials that read their settings when they are first used."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ._options import check_picklable, mask_arguments
from ._token import Secret

_set_class = vars(object)["__class__"].__set__  # a credential has a property of this name


def lazy_credential(kind: Any, first: tuple[Any, ...], arguments: Mapping[str, Any]) -> Any:
    """An instance of a subclass of `kind`, which becomes an instance of `kind` with its first use."""
    credential = object.__new__(_lazy_class(kind))
    # More than the environment is an error when it is made; until then it may be a secret.
    first = (*first[:1], *map(Secret, first[1:]))
    vars(credential).update(_first=first, _arguments=mask_arguments(kind, arguments))
    return credential


def _make(credential: Any) -> None:
    """Put the attributes of a new credential in place of the arguments; a ConfigError changes nothing.

    A lock could stay locked in a fork. Without it each thread may make a credential, and all use the first.
    """
    kind, state = getattr(type(credential), "_kind", None), vars(credential)
    if kind is None:
        return
    if "_first" in state:
        arguments = state["_arguments"].items()
        made = kind(*map(_reveal, state["_first"]), **{name: _reveal(value) for name, value in arguments})
        credential.__dict__ = vars(state.setdefault("_made", made))
    _set_class(credential, kind)


def _reveal(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


@functools.cache
def _lazy_class(kind: Any) -> Any:
    """A subclass that makes the credential before an attribute of it is read, methods included."""
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    methods = {"__getattribute__": _getattribute, "__repr__": _repr, "__reduce__": _reduce}
    return type(kind.__name__, (kind,), {**names, **methods, "_kind": kind})


def _getattribute(self: Any, name: str) -> Any:
    if not name.startswith("__"):  # `isinstance`, `copy` and others read such names
        _make(self)
    return object.__getattribute__(self, name)


def _repr(self: Any) -> str:
    return f"{type(self).__name__}.lazy()"


def _reduce(self: Any) -> Any:
    state = vars(self)
    if "_first" not in state:  # another thread has just made it
        _make(self)
        return self.__reduce__()
    check_picklable(self, state["_arguments"])
    return functools.partial(type(self)._kind.lazy, *state["_first"], **state["_arguments"]), ()
