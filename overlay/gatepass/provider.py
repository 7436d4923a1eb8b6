"""What the credential classes of a provider are made of: the classes that `gatepass generate` writes use it.

Programs import their credentials from `gatepass`, or from the generated package.
"""

import base64
import importlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ._clock import SYSTEM_CLOCK, Clock
from ._credential import Credential
from ._environ import SecretSource, check_credential
from ._event import OnEvent
from ._exchange import TokenResponse
from ._flight import Steps, run_async, run_sync
from ._options import check_choice
from ._paths import get_path
from ._settings import check_environment
from ._token import Secret
from ._token_spec import TokenSpec, WrongToken

if TYPE_CHECKING:
    from ._assertion import sign_assertion
    from ._header_credentials import HeaderCredential
    from ._network_options import Certificate, Verify
    from ._secrets import SecretCredential, SecretResponse

__all__ = [
    "SYSTEM_CLOCK",
    "Certificate",
    "Clock",
    "Credential",
    "HeaderCredential",
    "OnEvent",
    "Secret",
    "SecretCredential",
    "SecretResponse",
    "SecretSource",
    "Steps",
    "TokenResponse",
    "TokenSpec",
    "Verify",
    "WrongToken",
    "basic_authorization",
    "check_choice",
    "check_credential",
    "check_environment",
    "encode_base64",
    "expect",
    "format_datetime",
    "format_time",
    "get_path",
    "new_id",
    "new_uuid",
    "read_cookie",
    "run_async",
    "run_sync",
    "sign_assertion",
]
Expected = TypeVar("Expected")
_LAZY = {
    "sign_assertion": "_assertion",
    "HeaderCredential": "_header_credentials",
    "Certificate": "_network_options",
    "Verify": "_network_options",
    "SecretCredential": "_secrets",
    "SecretResponse": "_secrets",
}
"""Names that few providers need, with their modules."""


def expect(expected: type[Expected], response: object) -> Expected:
    """The response of a typed client, which must be of the class that is documented for a success."""
    if not isinstance(response, expected):
        raise TypeError(f"{type(response).__name__} instead of {expected.__name__}")
    return response


def encode_base64(value: str, decoded: str = "") -> str:
    """The value in base64; one that does not match the pattern `decoded` is in base64 already."""
    return base64.b64encode(value.encode()).decode() if re.search(decoded, value) else value


def read_cookie(headers: Mapping[str, str], name: str) -> str | None:
    """The value of a cookie that a response sets."""
    from http.cookies import SimpleCookie  # few providers need it

    morsel = SimpleCookie(headers.get("set-cookie", "")).get(name)
    return morsel.value if morsel is not None else None


def basic_authorization(username: str, password: str) -> str:
    """The Authorization header of HTTP Basic (RFC 7617)."""
    return "Basic " + encode_base64(f"{username}:{password}")


def format_time(seconds: float) -> str:
    """UTC epoch seconds in ISO 8601, with milliseconds and a Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_datetime(seconds: float) -> str:
    """UTC epoch seconds in ISO 8601, to the second and without a zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def new_id() -> str:
    """16 random letters and digits."""
    import secrets  # few providers need one

    return secrets.token_hex(8)


def new_uuid() -> str:
    """A random UUID."""
    import uuid  # few providers need one

    return str(uuid.uuid4())


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"gatepass.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'gatepass.provider' has no attribute {name!r}")
