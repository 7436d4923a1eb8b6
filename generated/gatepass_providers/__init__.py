"""The credentials of these providers, each imported when it is first used, and an index of them. Do not edit."""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .decentro import Decentro
    from .sahamati import Sahamati, SahamatiUser
    from .setu import Setu
    from .singleview import SingleView
    from .su import Su

__all__ = [
    "Decentro",
    "Sahamati",
    "SahamatiUser",
    "Setu",
    "SingleView",
    "Su",
]

MODULES: Final = {
    "Decentro": "decentro",
    "Sahamati": "sahamati",
    "SahamatiUser": "sahamati",
    "Setu": "setu",
    "SingleView": "singleview",
    "Su": "su",
}
"""Class to its module, which has the name of the provider."""
COMMANDS: Final = {
    "decentro": "Decentro",
    "sahamati": "Sahamati",
    "sahamati-user": "SahamatiUser",
    "setu": "Setu",
    "singleview": "SingleView",
    "su": "Su",
}
"""Name on the command line to class."""
CREDENTIALS: Final[dict[str, tuple[str, ...]]] = {
    "Decentro": ("client_id", "client_secret"),
    "Sahamati": ("entity_id", "secret"),
    "SahamatiUser": ("username", "password"),
    "Setu": ("client_id", "secret"),
    "SingleView": ("client_id", "client_code", "merchant_id"),
    "Su": ("client_id", "client_secret"),
}
"""Class to the names of its credentials."""
SECRETS: Final[dict[str, str]] = {"sahamati": "SahamatiUser"}
"""Name on the command line to the class that reads and resets the secrets of such accounts."""
SERVERS: Final[dict[str, dict[str, str | None]]] = {
    "decentro": {"sandbox": "https://in.staging.decentro.tech", "production": "https://in.decentro.tech"},
    "sahamati": {
        "sandbox": "https://api.sandbox.sahamati.org.in/iam/v1",
        "uat": "https://api.uat.sahamati.org.in/iam/v1",
        "production": "https://api.sahamati.org.in/iam/v1",
    },
    "setu": {"sandbox": "https://uat.setu.co/api/v2", "production": "https://prod.setu.co/api/v2"},
    "singleview": {"sandbox": "https://obsandbox.onesingleview.com", "production": None},
    "su": {"sandbox": "https://connect-sandbox.su-api.com", "production": "https://connect.su-api.com"},
}
"""Provider to the base URLs of its environments; None where only the user knows the host."""
HOSTS: Final[dict[str, frozenset[tuple[str, str]]]] = {
    "api.decentro.tech": frozenset({("decentro", "production")}),
    "api.sahamati.org.in": frozenset({("sahamati", "production")}),
    "api.sandbox.sahamati.org.in": frozenset({("sahamati", "sandbox")}),
    "api.uat.sahamati.org.in": frozenset({("sahamati", "uat")}),
    "connect-sandbox.su-api.com": frozenset({("su", "sandbox")}),
    "connect.su-api.com": frozenset({("su", "production")}),
    "in.decentro.tech": frozenset({("decentro", "production")}),
    "in.staging.decentro.tech": frozenset({("decentro", "sandbox")}),
    "obsandbox.onesingleview.com": frozenset({("singleview", "sandbox")}),
    "prod.setu.co": frozenset({("setu", "production")}),
    "staging.api.decentro.tech": frozenset({("decentro", "sandbox")}),
    "uat.setu.co": frozenset({("setu", "sandbox")}),
}
"""Host to the providers and environments that it belongs to."""


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
