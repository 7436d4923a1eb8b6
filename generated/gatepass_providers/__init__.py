"""The credentials of these providers, each imported when it is first used, and an index of them. Do not edit."""

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .decentro import Decentro
    from .sahamati import Sahamati, SahamatiUser
    from .sahamatilegacy import SahamatiLegacy
    from .setu import Setu
    from .setuaa import SetuAA
    from .setubillpay import SetuBillPay
    from .setuupi import SetuUPI
    from .singleview import SingleView
    from .singleviewpayouts import SingleViewPayouts
    from .su import Su

__all__ = [
    "Decentro",
    "Sahamati",
    "SahamatiLegacy",
    "SahamatiUser",
    "Setu",
    "SetuAA",
    "SetuBillPay",
    "SetuUPI",
    "SingleView",
    "SingleViewPayouts",
    "Su",
]

MODULES: Final = {
    "Decentro": "decentro",
    "Sahamati": "sahamati",
    "SahamatiLegacy": "sahamatilegacy",
    "SahamatiUser": "sahamati",
    "Setu": "setu",
    "SetuAA": "setuaa",
    "SetuBillPay": "setubillpay",
    "SetuUPI": "setuupi",
    "SingleView": "singleview",
    "SingleViewPayouts": "singleviewpayouts",
    "Su": "su",
}
"""Class to its module, which has the name of the provider."""
COMMANDS: Final = {
    "decentro": "Decentro",
    "sahamati": "Sahamati",
    "sahamatilegacy": "SahamatiLegacy",
    "sahamati-user": "SahamatiUser",
    "setu": "Setu",
    "setuaa": "SetuAA",
    "setubillpay": "SetuBillPay",
    "setuupi": "SetuUPI",
    "singleview": "SingleView",
    "singleviewpayouts": "SingleViewPayouts",
    "su": "Su",
}
"""Name on the command line to class."""
CREDENTIALS: Final[dict[str, tuple[str, ...]]] = {
    "Decentro": ("client_id", "client_secret"),
    "Sahamati": ("entity_id", "secret"),
    "SahamatiLegacy": ("entity_id", "secret"),
    "SahamatiUser": ("username", "password"),
    "Setu": ("client_id", "secret"),
    "SetuAA": ("client_id", "secret"),
    "SetuBillPay": ("client_id", "secret", "partner_id"),
    "SetuUPI": ("client_id", "secret"),
    "SingleView": ("client_id", "client_code", "merchant_id"),
    "SingleViewPayouts": ("client_id", "client_code", "company_id"),
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
    "sahamatilegacy": {
        "sandbox": "https://tokens.sandbox.sahamati.org.in",
        "uat": "https://uattokens.sahamati.org.in",
        "production": "https://tokens.sahamati.org.in",
    },
    "setu": {"sandbox": "https://uat.setu.co/api/v2", "production": "https://prod.setu.co/api/v2"},
    "setuaa": {"sandbox": "https://orgservice-prod.setu.co", "production": "https://orgservice-prod.setu.co"},
    "setubillpay": {
        "sandbox": "https://sandbox-coudc.setu.co/api/v2",
        "uat": "https://qa-coudc.setu.co/api/v2",
        "production": "https://coudc.setu.co/api/v2",
    },
    "setuupi": {"sandbox": "https://accountservice.setu.co", "production": "https://accountservice.setu.co"},
    "singleview": {"sandbox": "https://obsandbox.onesingleview.com", "production": None},
    "singleviewpayouts": {"sandbox": "https://sandboxapi.onesingleview.com", "production": None},
    "su": {"sandbox": "https://connect-sandbox.su-api.com", "production": "https://connect.su-api.com"},
}
"""Provider to the base URLs of its environments; None where only the user knows the host."""
HOSTS: Final[dict[str, frozenset[tuple[str, str]]]] = {
    "accountservice.setu.co": frozenset(
        {("setuaa", "production"), ("setuaa", "sandbox"), ("setuupi", "production"), ("setuupi", "sandbox")}
    ),
    "api.decentro.tech": frozenset({("decentro", "production")}),
    "api.sahamati.org.in": frozenset({("sahamati", "production"), ("sahamatilegacy", "production")}),
    "api.sandbox.sahamati.org.in": frozenset({("sahamati", "sandbox"), ("sahamatilegacy", "sandbox")}),
    "api.uat.sahamati.org.in": frozenset({("sahamati", "uat"), ("sahamatilegacy", "uat")}),
    "connect-sandbox.su-api.com": frozenset({("su", "sandbox")}),
    "connect.su-api.com": frozenset({("su", "production")}),
    "coudc.setu.co": frozenset({("setubillpay", "production")}),
    "fiu-sandbox.setu.co": frozenset({("setuaa", "sandbox")}),
    "fiu.setu.co": frozenset({("setuaa", "production")}),
    "in.decentro.tech": frozenset({("decentro", "production")}),
    "in.staging.decentro.tech": frozenset({("decentro", "sandbox")}),
    "obsandbox.onesingleview.com": frozenset({("singleview", "sandbox")}),
    "orgservice-prod.setu.co": frozenset({("setuaa", "production"), ("setuaa", "sandbox")}),
    "prod.setu.co": frozenset({("setu", "production")}),
    "qa-coudc.setu.co": frozenset({("setubillpay", "uat")}),
    "sandbox-coudc.setu.co": frozenset({("setubillpay", "sandbox")}),
    "sandboxapi.onesingleview.com": frozenset({("singleviewpayouts", "sandbox")}),
    "staging.api.decentro.tech": frozenset({("decentro", "sandbox")}),
    "tokens.sahamati.org.in": frozenset({("sahamatilegacy", "production")}),
    "tokens.sandbox.sahamati.org.in": frozenset({("sahamatilegacy", "sandbox")}),
    "uat.setu.co": frozenset({("setu", "sandbox")}),
    "uattokens.sahamati.org.in": frozenset({("sahamatilegacy", "uat")}),
    "umap-uat-core.setu.co": frozenset({("setuupi", "sandbox")}),
    "umap.setu.co": frozenset({("setuupi", "production"), ("setuupi", "sandbox")}),
}
"""Host to the providers and environments that it belongs to."""


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)
