"""A setting that is missing or wrong is named, with how to mend it, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Sahamati, SahamatiUser, Setu, SingleView, Su

from .shown import shown

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Way, Wire

HIDDEN = "fake-and-hidden"


@pytest.fixture(autouse=True)
def nothing_is_sent(wire: Wire) -> Iterator[None]:
    yield
    assert wire.requests == []


def refused(wire: Wire, cls: Any, **options: Any) -> str:
    """What the refusal says."""
    with pytest.raises(ConfigError) as found:
        wire.credential(cls, **options)
    return str(found.value)


# Variables.


@pytest.fixture
def variables(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """All are set, until the test takes one away."""
    return monkeypatch


NAMES = [
    (Setu, "client_id"),
    (Setu, "secret"),
    (Sahamati, "entity_id"),
    (Sahamati, "secret"),
    (SahamatiUser, "username"),
    (SahamatiUser, "password"),
    (Decentro, "client_id"),
    (Decentro, "client_secret"),
    (Su, "client_id"),
    (Su, "client_secret"),
    (SingleView, "client_id"),
    (SingleView, "client_code"),
    (SingleView, "merchant_id"),
]


def variable(cls: Any, name: str) -> str:
    return f"{cls.facts.provider}_sandbox_{name}".upper()


@pytest.mark.parametrize(("cls", "name"), NAMES)
def test_a_missing_variable_is_named(
    cls: Any, name: str, variables: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    wanted = variable(cls, name)
    variables.delenv(wanted)
    with pytest.raises(ConfigError) as found:
        cls("sandbox")
    text = str(found.value)
    assert text.startswith(f"set {wanted} ")
    assert f"{wanted}_FILE" in text
    assert f"{name}=" in text
    assert emulator.calls == []


@pytest.mark.parametrize(
    ("cls", "slip", "wanted"),
    [
        (Setu, "SETU_SANDBOX_CLIENTID", "SETU_SANDBOX_CLIENT_ID"),
        (Setu, "SETU_SANBOX_SECRET", "SETU_SANDBOX_SECRET"),
        (Setu, "setu_sandbox_secret", "SETU_SANDBOX_SECRET"),
        (Su, "SU_SANDBOX_CLIENT-SECRET", "SU_SANDBOX_CLIENT_SECRET"),
        (SingleView, "SINGLEVIEW_SANDBOX_CLIENTCODE", "SINGLEVIEW_SANDBOX_CLIENT_CODE"),
        (SingleView, "SINGLE_VIEW_SANDBOX_CLIENT_CODE", "SINGLEVIEW_SANDBOX_CLIENT_CODE"),
        (Decentro, "DECENTRO_SANDBOX_CLIENT_SECRETE", "DECENTRO_SANDBOX_CLIENT_SECRET"),
        (Sahamati, "SAHAMATHI_SANDBOX_SECRET", "SAHAMATI_SANDBOX_SECRET"),
    ],
)
def test_a_misspelt_variable_is_suggested_without_its_value(
    cls: Any, slip: str, wanted: str, variables: pytest.MonkeyPatch
) -> None:
    variables.delenv(wanted)
    variables.setenv(slip, HIDDEN)
    with pytest.raises(ConfigError) as found:
        cls("sandbox")
    assert wanted in str(found.value)
    assert slip in str(found.value)
    assert HIDDEN not in shown(found.value)


def test_the_variable_of_another_environment_is_not_taken(cls: Any, variables: pytest.MonkeyPatch) -> None:
    (name,) = cls.facts.secrets
    variables.delenv(variable(cls, name))
    with pytest.raises(ConfigError, match=variable(cls, name)):
        cls("sandbox")
    assert cls("production").environment == "production"


@pytest.mark.parametrize(
    "value", ["", "  ", "fake-and-hidden\n", "fake\x01and-hidden", "fake\x1b[31mand-hidden"]
)
def test_a_variable_with_a_bad_value_is_named_and_not_shown(
    cls: Any, value: str, variables: pytest.MonkeyPatch
) -> None:
    (name,) = cls.facts.secrets
    variables.setenv(variable(cls, name), value)
    with pytest.raises(ConfigError, match=variable(cls, name)) as found:
        cls("sandbox")
    assert "and-hidden" not in shown(found.value)


@pytest.mark.parametrize(
    "content", [None, b"", b"\n", b"\xff\xfe and-hidden", b"fake\nand-hidden\n"], ids=repr
)
def test_a_file_with_a_bad_secret_is_named_and_not_shown(
    content: bytes | None, cls: Any, variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "mounted"
    if content is not None:
        path.write_bytes(content)
    (name,) = cls.facts.secrets
    variables.delenv(variable(cls, name))
    variables.setenv(variable(cls, name) + "_FILE", str(path))
    with pytest.raises(ConfigError, match=variable(cls, name) + "_FILE") as found:
        cls("sandbox")
    assert "and-hidden" not in shown(found.value)


def test_a_folder_in_place_of_a_file_is_named(variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    variables.delenv("SETU_SANDBOX_SECRET")
    variables.setenv("SETU_SANDBOX_SECRET_FILE", str(tmp_path))
    with pytest.raises(ConfigError, match=str(tmp_path)):
        Setu("sandbox")


# Environments.


@pytest.mark.parametrize("name", ["staging", "prod", "Sandbox", "", "uat ", None])
def test_an_unknown_environment_lists_the_choices(name: Any, cls: Any, wire: Wire) -> None:
    text = refused(wire, cls, environment=name)
    choices = "sandbox, uat, production" if cls in (Sahamati, SahamatiUser) else "sandbox, production"
    assert f"no environment {name!r}" in text
    assert text.endswith(choices)


# Credentials given as arguments.


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("fake-and-hidden\n", "line break"),
        ("fake\nX-Injected: and-hidden", "line break"),
        ("fake\r\nand-hidden", "line break"),
        ("fake\x00and-hidden", "control character"),
        ("fake\x7fand-hidden", "control character"),
        ("\ufefffake-and-hidden", "control character"),
        ("fake\u2028and-hidden", "control character"),
        (" fake-and-hidden", "blanks around"),
        (17, "must be a text, not int"),
        (b"fake-and-hidden", "must be a text, not bytes"),
    ],
    ids=repr,
)
@pytest.mark.parametrize(("cls", "name"), NAMES)
def test_a_bad_credential_is_named_and_not_shown(
    cls: Any, name: str, value: Any, why: str, wire: Wire
) -> None:
    with pytest.raises(ConfigError, match=why) as found:
        wire.credential(cls, **{name: value})
    assert f"{name}=: " in str(found.value)
    assert "and-hidden" not in str(found.value)


@pytest.mark.parametrize("value", ["", "fake\nand-hidden"])
def test_no_frame_of_the_refusal_of_an_argument_holds_a_secret(cls: Any, value: str, wire: Wire) -> None:
    (name,) = cls.facts.secrets
    with pytest.raises(ConfigError) as found:
        wire.credential(cls, **{name: value})
    assert "and-hidden" not in shown(found.value)


def test_no_frame_of_the_refusal_of_something_else_holds_the_secret(cls: Any, wire: Wire) -> None:
    (name,) = cls.facts.secrets
    with pytest.raises(ConfigError) as found:
        wire.credential(cls, base_url="ftp://api.example", **{name: HIDDEN})
    assert HIDDEN not in shown(found.value)


def test_a_credential_that_is_only_half_made_can_still_be_shown(cls: Any) -> None:
    assert cls.__name__ in repr(cls.__new__(cls))


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_a_credential_for_a_header_must_be_ascii(name: str, wire: Wire) -> None:
    assert f"{name} travels in a header" in refused(wire, Su, **{name: "fake-sécret.example"})


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_a_credential_for_a_header_of_an_api_must_be_ascii(name: str, wire: Wire) -> None:
    assert name in refused(wire, Decentro, send="credentials", **{name: "fake-sécret"})


@pytest.mark.parametrize("name", ["fake-sécret", "fake\nsecret", "", None])
@pytest.mark.parametrize(("cls", "key"), [(Su, "client_secret"), (Setu, "secret")])
def test_a_vault_that_answers_nonsense_is_named(name: Any, cls: Any, key: str, way: Way, wire: Wire) -> None:
    if cls is Setu and name == "fake-sécret":
        name = 17  # a body can carry any letter
    options: dict[str, Any] = {key: lambda: name}
    credential = wire.credential(cls, **options)
    with pytest.raises(ConfigError, match=key) as found:
        way.token(credential)
    assert "fake-s" not in shown(found.value)


def test_a_credential_that_is_no_secret_is_nothing_to_call(wire: Wire) -> None:
    assert "client_id must be a text, not function" in refused(wire, Setu, client_id=lambda: "fake")


@pytest.mark.parametrize("seconds", [0, -1, 3600, float("nan"), float("inf")])
def test_a_timeout_is_in_seconds(seconds: float, cls: Any, wire: Wire) -> None:
    assert "timeout= is in seconds" in refused(wire, cls, timeout=seconds)


def test_an_option_of_decentro_lists_its_choices(wire: Wire) -> None:
    assert "use 'GET' or 'POST'" in refused(wire, Decentro, method="PUT")
    assert "use 'token' or 'credentials'" in refused(wire, Decentro, send="both")


# base_url.

BAD_URLS = [
    ("http://api.example", "use https://"),
    ("http://10.0.0.1/v1", "use https://"),
    ("http://localhost.example", "use https://"),
    ("http://127.0.0.1.example", "use https://"),
    ("ftp://api.example", "use https://"),
    ("https://api.example?key=fake-hidden", "'?' or '#'"),
    ("https://api.example/v1?", "'?' or '#'"),
    ("https://api.example/v1#fake-hidden", "'?' or '#'"),
    ("https://fake-user:fake-hidden@api.example", "user name and password"),
    ("https://fake-hidden@api.example", "user name and password"),
    ("api.example", "write https://HOST/PATH"),
    ("api.example:8443/v1", "https://"),
    ("//api.example/v1", "write https://HOST/PATH"),
    ("https://", "write https://HOST/PATH"),
    ("https:///v1", "write https://HOST/PATH"),
    ("https://api.example:99999", "write https://HOST/PATH"),
    ("https://api.example:port", "write https://HOST/PATH"),
    ("https://[::1", "write https://HOST/PATH"),
    ("https://api.example/a b", "write https://HOST/PATH"),
    ("https://api.example/\n", "write https://HOST/PATH"),
    ("https://api.exa\tmple", "write https://HOST/PATH"),
    ("https://api.example\\@elsewhere.example", ""),
    ("", "write https://HOST/PATH"),
]


@pytest.mark.parametrize(("url", "mend"), BAD_URLS)
def test_a_bad_base_url_says_how_to_mend_it(url: str, mend: str, cls: Any, wire: Wire) -> None:
    text = refused(wire, cls, base_url=url)
    assert mend in text
    assert "fake-hidden" not in text


@pytest.mark.parametrize(("url", "mend"), [one for one in BAD_URLS if one[0]])
def test_a_bad_base_url_in_a_variable_is_as_bad(
    url: str, mend: str, cls: Any, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable(cls, "base_url"), url)
    text = refused(wire, cls)
    assert mend in text
    assert "fake-hidden" not in text
    assert cls.facts.provider in text.lower()


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1/v1/"])
def test_loopback_may_be_spoken_to_in_plain_text(url: str, cls: Any, wire: Wire) -> None:
    assert wire.credential(cls, base_url=url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("cls", "url", "owner"),
    [
        (Setu, "https://prod.setu.co/api/v2", "setu production"),
        (Setu, "https://PROD.setu.co/api/v2", "setu production"),
        (Setu, "https://prod.setu.co./api/v2", "setu production"),
        (Setu, "https://prod.setu.co:8443/api/v2", "setu production"),
        (Sahamati, "https://api.uat.sahamati.org.in/iam/v1", "sahamati uat"),
        (SahamatiUser, "https://api.sahamati.org.in/iam/v1", "sahamati production"),
        (Decentro, "https://in.decentro.tech", "decentro production"),
        (Decentro, "https://api.decentro.tech", "decentro production"),
        (Su, "https://connect.su-api.com", "su production"),
        (Su, "https://uat.setu.co/api/v2", "setu sandbox"),
        (SingleView, "https://connect-sandbox.su-api.com", "su sandbox"),
    ],
)
def test_the_host_of_somebody_else_is_refused(cls: Any, url: str, owner: str, wire: Wire) -> None:
    assert f"belongs to {owner}" in refused(wire, cls, base_url=url)


@pytest.mark.parametrize("way_to_say", ["argument", "variable"])
def test_production_at_the_sandbox_is_refused(
    way_to_say: str, cls: Any, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cls.facts.servers["sandbox"]
    options = {"base_url": url} if way_to_say == "argument" else {}
    monkeypatch.setenv(variable(cls, "base_url").replace("SANDBOX", "PRODUCTION"), url)
    assert "nothing was sent there" in refused(wire, cls, environment="production", **options)


# An API that a token must not go to.


@pytest.mark.parametrize(
    "url",
    ["http://api.example/", "http://10.0.0.1/", "http://localhost.example/", "https://prod.setu.co/api"],
)
def test_a_token_is_not_even_asked_for_if_it_may_not_go_there(url: str, way: Way, wire: Wire) -> None:
    with pytest.raises(ConfigError):
        way.get(wire.credential(Setu), url, wire)


def test_the_guard_does_not_forget_after_a_good_call(way: Way, wire: Wire, emulator: Emulator) -> None:
    setu = Setu("sandbox")
    good = httpx.MockTransport(lambda _request: httpx.Response(200))
    assert way.get(setu, "https://uat.setu.co/api", good).status_code == 200
    for _ in range(2):
        with pytest.raises(ConfigError, match="setu production"):
            way.get(setu, "https://prod.setu.co/api", wire)
