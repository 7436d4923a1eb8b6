"""Access tokens for APIs whose token endpoint is almost, but not quite, OAuth2."""

import importlib
from typing import TYPE_CHECKING, Any

from ._errors import ConfigError, GatepassError, Limited, Rejected, TokenError, Unavailable

if TYPE_CHECKING:
    from ._clock import Clock
    from ._credential import Credential
    from ._event import Event
    from ._renewal import Status
    from ._token import Secret, Token
    from .providers.decentro import Decentro
    from .providers.sahamati import Sahamati, SahamatiUser
    from .providers.setu import Setu
    from .providers.singleview import SingleView
    from .providers.su import Su
    from .stores import FileStore, RedisStore

    __version__: str

__all__ = [
    "Clock",
    "ConfigError",
    "Credential",
    "Decentro",
    "Event",
    "FileStore",
    "GatepassError",
    "Limited",
    "RedisStore",
    "Rejected",
    "Sahamati",
    "SahamatiUser",
    "Secret",
    "Setu",
    "SingleView",
    "Status",
    "Su",
    "Token",
    "TokenError",
    "Unavailable",
]

# Loaded when first used: who needs one provider does not pay for the clients of the others.
_HOMES = {
    "Clock": "_clock",
    "Credential": "_credential",
    "Decentro": "providers.decentro",
    "Event": "_event",
    "FileStore": "stores._file",
    "RedisStore": "stores._redis",
    "Sahamati": "providers.sahamati",
    "SahamatiUser": "providers.sahamati",
    "Secret": "_token",
    "Setu": "providers.setu",
    "SingleView": "providers.singleview",
    "Status": "_renewal",
    "Su": "providers.su",
    "Token": "_token",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("gatepass")
    if name not in _HOMES:
        raise AttributeError(f"module 'gatepass' has no attribute {name!r}")
    return getattr(importlib.import_module(f"gatepass.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
