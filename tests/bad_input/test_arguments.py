"""An argument of the wrong name, type or place is a `ConfigError` that shows no secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Setu, SingleView, Su
from gatepass.stores import FileStore

from ..conftest import CREDENTIALS
from .shown import locals_of, shown

if TYPE_CHECKING:
    from tests.conftest import Wire

HIDDEN = "fake-and-hidden"


def refused(make: Callable[[], object]) -> str:
    """The message of the refusal, of which no frame and no half-made object shows a secret."""
    with pytest.raises(ConfigError) as caught:
        make()
    parts = [vars(value) for value in locals_of(caught.value) if hasattr(value, "_arguments")]
    assert HIDDEN not in shown(caught.value) + repr(parts)
    return str(caught.value)


def secrets(cls: Any) -> dict[str, str]:
    """The arguments of a credential, with a secret that can be looked for."""
    return {**CREDENTIALS[cls], **dict.fromkeys(cls.facts.secrets, HIDDEN)}


# Names.


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
def test_a_misspelt_option_is_refused_with_a_suggestion(
    name: str, suggested: str, cls: Any, no_variables: None
) -> None:
    message = refused(lambda: cls("production", **secrets(cls), **{name: "http://127.0.0.1:1"}))
    assert f"{name}=" in message
    assert f"did you mean {suggested}=" in message


@pytest.mark.parametrize(
    ("cls", "name", "suggested"),
    [
        (Su, "secret", "client_secret"),
        (Setu, "client_secret", "secret"),
        (Decentro, "metod", "method"),
        (SingleView, "granttype", "grant_type"),
    ],
)
def test_the_secret_under_another_name_is_refused_and_not_shown(
    cls: Any, name: str, suggested: str, no_variables: None
) -> None:
    message = refused(lambda: cls("sandbox", **{name: HIDDEN}))
    assert f"{suggested}=" in message.partition("did you mean")[2]


def test_a_name_like_no_other_lists_the_names(no_variables: None) -> None:
    message = refused(lambda: Setu("sandbox", fake_option=HIDDEN))  # type: ignore[call-arg]
    assert "fake_option=" in message
    assert "client_id, secret" in message
    assert "did you mean" not in message


# Places.


def test_credentials_are_given_by_name(cls: Any, no_variables: None) -> None:
    message = refused(lambda: cls("sandbox", "fake-client", HIDDEN))
    assert all(f"{name}=" in message for name in cls.facts.credentials)


def test_the_environment_has_no_default(cls: Any, no_variables: None) -> None:
    message = refused(lambda: cls(**secrets(cls)))
    assert "sandbox" in message
    assert "production" in message


def test_the_environment_is_given_once(cls: Any, no_variables: None) -> None:
    assert "environment" in refused(lambda: cls("sandbox", environment="sandbox", **secrets(cls)))


# Types.


class Opaque:
    """Some object of the program's, whose repr could show anything."""

    def __repr__(self) -> str:
        return HIDDEN


def kind_of(value: object) -> str:
    return type(value).__name__


WRONG: dict[str, list[Any]] = {
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
        for name, values in WRONG.items()
        for number, value in enumerate(values)
    ],
)
def test_a_value_of_the_wrong_type_is_named(name: str, value: Any, cls: Any, no_variables: None) -> None:
    arguments = {"environment": "sandbox", **secrets(cls), name: value}
    assert name in refused(lambda: cls(**arguments))


@pytest.mark.parametrize("value", [5, ["GET"], None, HIDDEN, Opaque()], ids=kind_of)
@pytest.mark.parametrize("name", ["method", "send"])
def test_an_option_of_decentro_of_the_wrong_type_is_named(name: str, value: Any, no_variables: None) -> None:
    arguments: dict[str, Any] = {**secrets(Decentro), name: value}
    assert f"{name}=" in refused(lambda: Decentro("sandbox", **arguments))


@pytest.mark.parametrize("value", [5, ["fake"], "", Opaque()], ids=kind_of)
def test_an_option_of_singleview_of_the_wrong_type_is_named(value: Any, no_variables: None) -> None:
    arguments: dict[str, Any] = {**secrets(SingleView), "grant_type": value}
    assert "grant_type=" in refused(lambda: SingleView("sandbox", **arguments))


def test_a_folder_that_cannot_be_named_is_a_setting_as_well(no_variables: None) -> None:
    arguments: dict[str, Any] = {**secrets(Setu), "store": "file:~fake-and-no-such-user/cache"}
    message = refused(lambda: Setu("sandbox", **arguments))
    assert "~fake-and-no-such-user" in message


def test_a_constructor_of_the_program_s_own_keeps_its_errors(wire: Wire) -> None:
    class Ours(Setu):
        def __init__(self, environment: Any, tenant: str) -> None:
            if tenant == "none":
                raise LookupError("fake tenant")
            super().__init__(environment, client_id=tenant, secret=HIDDEN, transport=wire)

    assert Ours("sandbox", "fake-tenant").environment == "sandbox"
    with pytest.raises(LookupError, match="fake tenant"):
        Ours("sandbox", "none")
    assert "tenant" in refused(lambda: Ours("sandbox"))  # type: ignore[call-arg]
