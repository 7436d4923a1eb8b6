"""An argument of the wrong name, type or place is a `ConfigError` that shows no secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Setu, SingleView, Su
from gatepass.stores import FileStore

from ..helpers import CREDENTIALS, error_report, frame_locals

if TYPE_CHECKING:
    from tests.helpers import MockProvider

HIDDEN = "fake-and-hidden"


def config_error(construct: Callable[[], object]) -> str:
    """The message of the ConfigError, of which no frame and no half-constructed object shows a secret."""
    with pytest.raises(ConfigError) as caught:
        construct()
    parts = [vars(value) for value in frame_locals(caught.value) if hasattr(value, "_arguments")]
    assert HIDDEN not in error_report(caught.value) + repr(parts)
    return str(caught.value)


def arguments_with_secret(credential_class: Any) -> dict[str, str]:
    """The arguments of a credential, with HIDDEN as its secret."""
    return {**CREDENTIALS[credential_class], **dict.fromkeys(credential_class.spec.secrets, HIDDEN)}


# Names of arguments


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("bas_url", "base_url"),
        ("baseurl", "base_url"),
        ("time_out", "timeout"),
        ("transports", "transport"),
        ("onevent", "on_event"),
        ("storee", "store"),
    ],
)
def test_a_misspelt_option_is_rejected_with_a_suggestion(
    name: str, suggested: str, credential_class: Any, clean_environment: None
) -> None:
    message = config_error(
        lambda: credential_class(
            "production", **arguments_with_secret(credential_class), **{name: "http://127.0.0.1:1"}
        )
    )
    assert f"{name}=" in message
    assert f"did you mean {suggested}=" in message


@pytest.mark.parametrize(
    ("credential_class", "name", "suggested"),
    [
        (Su, "secret", "client_secret"),
        (Setu, "client_secret", "secret"),
        (Decentro, "metod", "method"),
        (SingleView, "granttype", "grant_type"),
    ],
)
def test_a_secret_under_a_wrong_name_is_rejected_and_not_shown(
    credential_class: Any, name: str, suggested: str, clean_environment: None
) -> None:
    message = config_error(lambda: credential_class("sandbox", **{name: HIDDEN}))
    assert f"{suggested}=" in message.partition("did you mean")[2]


def test_an_unrecognisable_option_lists_the_valid_names(clean_environment: None) -> None:
    message = config_error(lambda: Setu("sandbox", fake_option=HIDDEN))  # type: ignore[call-arg]
    assert "fake_option=" in message
    assert "client_id, secret" in message
    assert "did you mean" not in message


# Positional arguments


def test_positional_credentials_are_rejected(credential_class: Any, clean_environment: None) -> None:
    message = config_error(lambda: credential_class("sandbox", "fake-client", HIDDEN))
    assert all(f"{name}=" in message for name in credential_class.spec.credentials)


def test_the_environment_has_no_default(credential_class: Any, clean_environment: None) -> None:
    message = config_error(lambda: credential_class(**arguments_with_secret(credential_class)))
    assert "sandbox" in message
    assert "production" in message


def test_an_environment_that_is_given_twice_is_rejected(
    credential_class: Any, clean_environment: None
) -> None:
    assert "environment" in config_error(
        lambda: credential_class("sandbox", environment="sandbox", **arguments_with_secret(credential_class))
    )


# Types


class Opaque:
    """An object of the program, whose repr may contain a secret."""

    def __repr__(self) -> str:
        return HIDDEN


def type_name(value: object) -> str:
    return type(value).__name__


WRONG_TYPES: dict[str, list[Any]] = {
    "environment": [["sandbox"], 3, b"sandbox", {"sandbox": 1}, Opaque(), None],
    "timeout": [None, "abc", "3", [3], True, 3j, 10**400, Opaque()],
    "base_url": [5, b"http://localhost:1", ["http://localhost:1"], httpx.URL("http://localhost:1"), Opaque()],
    "store": [3, object(), [], FileStore, Opaque(), b"file:"],
    "transport": ["x", 3, object(), httpx.AsyncHTTPTransport, httpx.MockTransport, Opaque()],
    "on_event": [5, "print", [print], Opaque()],
    "clock": [1, None, "now", Opaque()],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, id=f"{name}-{type(value).__name__}-{number}")
        for name, values in WRONG_TYPES.items()
        for number, value in enumerate(values)
    ],
)
def test_an_argument_of_the_wrong_type_is_named(
    name: str, value: Any, credential_class: Any, clean_environment: None
) -> None:
    arguments = {"environment": "sandbox", **arguments_with_secret(credential_class), name: value}
    assert name in config_error(lambda: credential_class(**arguments))


def test_any_object_that_handles_requests_is_a_transport(mock_provider: MockProvider) -> None:
    class Wrapper:
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return mock_provider.handle_request(request)

    mock_provider.credential(Setu, transport=Wrapper()).token()

    assert len(mock_provider.requests) == 1


@pytest.mark.parametrize("value", [5, ["GET"], None, HIDDEN, Opaque()], ids=type_name)
@pytest.mark.parametrize("name", ["method", "authenticate_with"])
def test_an_option_of_decentro_of_the_wrong_type_is_named(
    name: str, value: Any, clean_environment: None
) -> None:
    arguments: dict[str, Any] = {**arguments_with_secret(Decentro), name: value}
    assert f"{name}=" in config_error(lambda: Decentro("sandbox", **arguments))


@pytest.mark.parametrize("value", [5, ["fake"], "", Opaque()], ids=type_name)
def test_an_option_of_singleview_of_the_wrong_type_is_named(value: Any, clean_environment: None) -> None:
    arguments: dict[str, Any] = {**arguments_with_secret(SingleView), "grant_type": value}
    assert "grant_type=" in config_error(lambda: SingleView("sandbox", **arguments))


@pytest.mark.posix
def test_a_store_folder_of_an_unknown_user_is_a_config_error(clean_environment: None) -> None:
    arguments: dict[str, Any] = {**arguments_with_secret(Setu), "store": "file:~fake-and-no-such-user/cache"}
    message = config_error(lambda: Setu("sandbox", **arguments))
    assert "~fake-and-no-such-user" in message


def test_errors_of_a_subclass_s_own_constructor_are_kept(mock_provider: MockProvider) -> None:
    class TenantSetu(Setu):
        def __init__(self, environment: Any, tenant: str) -> None:
            if tenant == "none":
                raise LookupError("fake tenant")
            super().__init__(environment, client_id=tenant, secret=HIDDEN, transport=mock_provider)

    assert TenantSetu("sandbox", "fake-tenant").environment == "sandbox"
    with pytest.raises(LookupError, match="fake tenant"):
        TenantSetu("sandbox", "none")
    assert "tenant" in config_error(lambda: TenantSetu("sandbox"))  # type: ignore[call-arg]
