"""Access tokens for APIs whose token endpoint is almost, but not quite, OAuth2."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatepass_providers import *  # noqa: F403 - it has an __all__

    from ._clock import Clock as Clock
    from ._credential import Credential as Credential
    from ._errors import ConfigError as ConfigError
    from ._errors import GatepassError as GatepassError
    from ._errors import RateLimited as RateLimited
    from ._errors import Rejected as Rejected
    from ._errors import TokenError as TokenError
    from ._errors import Unavailable as Unavailable
    from ._event import Event as Event
    from ._status import Status as Status
    from ._token import Secret as Secret
    from ._token import Token as Token
    from .stores import FileStore as FileStore
    from .stores import RedisStore as RedisStore

    __version__: str

_NAMES = {
    "_clock": ("Clock",),
    "_credential": ("Credential",),
    "_errors": ("ConfigError", "GatepassError", "RateLimited", "Rejected", "TokenError", "Unavailable"),
    "_event": ("Event",),
    "_status": ("Status",),
    "_token": ("Secret", "Token"),
    "stores": ("FileStore", "RedisStore"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}
"""Public name to its module. It is imported when it is first used, as each provider is."""


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f"gatepass.{_MODULES[name]}"), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("gatepass")
    import gatepass_providers

    if name in gatepass_providers.MODULES:
        return getattr(gatepass_providers, name)
    if name == "__all__" or not name.startswith("_"):
        from ._providers import installed  # to find the packages of others takes a while

        if name == "__all__":
            return sorted([*_MODULES, *installed().classes])
        if name in installed().classes:
            return installed().credential_class(name)
    raise AttributeError(f"module 'gatepass' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))
