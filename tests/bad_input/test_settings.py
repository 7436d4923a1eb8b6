"""The error for a missing or invalid setting names it and how to fix it, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Sahamati, SahamatiUser, Setu, SingleView, Su

from ..helpers import error_report, parametrize_credentials

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import MockProvider, Runner

HIDDEN = "fake-and-hidden"


@pytest.fixture(autouse=True)
def nothing_is_sent(mock_provider: MockProvider) -> Iterator[None]:
    yield
    assert mock_provider.requests == []


def config_error(mock_provider: MockProvider, credential_class: Any, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        mock_provider.credential(credential_class, **options)
    return str(caught.value)


# Environment variables


@pytest.fixture
def variables(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """All variables are set; the test may delete some."""
    return monkeypatch


CREDENTIAL_NAMES = [
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


def variable_name(credential_class: Any, name: str) -> str:
    return f"{credential_class.spec.provider}_sandbox_{name}".upper()


@pytest.mark.parametrize(("credential_class", "name"), CREDENTIAL_NAMES)
def test_a_missing_variable_is_named(
    credential_class: Any, name: str, variables: pytest.MonkeyPatch, emulator: Emulator
) -> None:
    missing = variable_name(credential_class, name)
    variables.delenv(missing)
    with pytest.raises(ConfigError) as caught:
        credential_class("sandbox")
    message = str(caught.value)
    assert message.startswith(f"set {missing} ")
    assert f"{missing}_FILE" in message
    assert f"{name}=" in message
    assert emulator.calls == []


@pytest.mark.parametrize(
    ("credential_class", "misspelt", "correct"),
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
    credential_class: Any, misspelt: str, correct: str, variables: pytest.MonkeyPatch
) -> None:
    variables.delenv(correct)
    variables.setenv(misspelt, HIDDEN)
    with pytest.raises(ConfigError) as caught:
        credential_class("sandbox")
    assert correct in str(caught.value)
    assert misspelt in str(caught.value)
    assert HIDDEN not in error_report(caught.value)


def test_the_variable_of_another_environment_is_not_used(
    credential_class: Any, variables: pytest.MonkeyPatch
) -> None:
    (name,) = credential_class.spec.secrets
    variables.delenv(variable_name(credential_class, name))
    with pytest.raises(ConfigError, match=variable_name(credential_class, name)):
        credential_class("sandbox")
    assert credential_class("production").environment == "production"


@pytest.mark.parametrize(
    "value", ["", "  ", "fake-and-hidden\n", "fake\x01and-hidden", "fake\x1b[31mand-hidden"]
)
def test_a_variable_with_a_bad_value_is_named_and_not_shown(
    credential_class: Any, value: str, variables: pytest.MonkeyPatch
) -> None:
    (name,) = credential_class.spec.secrets
    variables.setenv(variable_name(credential_class, name), value)
    with pytest.raises(ConfigError, match=variable_name(credential_class, name)) as caught:
        credential_class("sandbox")
    assert "and-hidden" not in error_report(caught.value)


@pytest.mark.parametrize(
    "content", [None, b"", b"\n", b"\xff\xfe and-hidden", b"fake\nand-hidden\n"], ids=repr
)
def test_a_file_with_a_bad_secret_is_named_and_not_shown(
    content: bytes | None, credential_class: Any, variables: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "mounted"
    if content is not None:
        path.write_bytes(content)
    (name,) = credential_class.spec.secrets
    variables.delenv(variable_name(credential_class, name))
    variables.setenv(variable_name(credential_class, name) + "_FILE", str(path))
    with pytest.raises(ConfigError, match=variable_name(credential_class, name) + "_FILE") as caught:
        credential_class("sandbox")
    assert "and-hidden" not in error_report(caught.value)


def test_a_folder_in_place_of_a_file_is_named(variables: pytest.MonkeyPatch, tmp_path: Path) -> None:
    variables.delenv("SETU_SANDBOX_SECRET")
    variables.setenv("SETU_SANDBOX_SECRET_FILE", str(tmp_path))
    with pytest.raises(ConfigError, match=str(tmp_path)):
        Setu("sandbox")


# Environments


@pytest.mark.parametrize("name", ["staging", "prod", "Sandbox", "", "uat ", None])
def test_an_unknown_environment_lists_the_choices(
    name: Any, credential_class: Any, mock_provider: MockProvider
) -> None:
    message = config_error(mock_provider, credential_class, environment=name)
    choices = (
        "sandbox, uat, production" if credential_class in (Sahamati, SahamatiUser) else "sandbox, production"
    )
    assert f"no environment {name!r}" in message
    assert message.endswith(choices)


# Credentials given as arguments


@pytest.mark.parametrize(
    ("value", "reason"),
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
        (" fake-and-hidden", "spaces around"),
        (17, "must be a string, not int"),
        (b"fake-and-hidden", "must be a string, not bytes"),
    ],
    ids=repr,
)
@pytest.mark.parametrize(("credential_class", "name"), CREDENTIAL_NAMES)
def test_a_bad_credential_is_named_and_not_shown(
    credential_class: Any, name: str, value: Any, reason: str, mock_provider: MockProvider
) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        mock_provider.credential(credential_class, **{name: value})
    assert f"{name}=: " in str(caught.value)
    assert "and-hidden" not in str(caught.value)


@pytest.mark.parametrize("value", ["", "fake\nand-hidden"])
def test_the_error_for_an_invalid_secret_does_not_show_it(
    credential_class: Any, value: str, mock_provider: MockProvider
) -> None:
    (name,) = credential_class.spec.secrets
    with pytest.raises(ConfigError) as caught:
        mock_provider.credential(credential_class, **{name: value})
    assert "and-hidden" not in error_report(caught.value)


def test_the_error_for_another_argument_does_not_show_the_secret(
    credential_class: Any, mock_provider: MockProvider
) -> None:
    (name,) = credential_class.spec.secrets
    with pytest.raises(ConfigError) as caught:
        mock_provider.credential(credential_class, base_url="ftp://api.example", **{name: HIDDEN})
    assert HIDDEN not in error_report(caught.value)


def test_a_half_constructed_credential_has_a_repr(credential_class: Any) -> None:
    assert credential_class.__name__ in repr(credential_class.__new__(credential_class))


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_a_credential_for_a_header_must_be_ascii(name: str, mock_provider: MockProvider) -> None:
    assert f"{name} is sent in a header" in config_error(mock_provider, Su, **{name: "fake-sécret.example"})


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_a_credential_for_a_header_of_an_api_must_be_ascii(name: str, mock_provider: MockProvider) -> None:
    assert name in config_error(
        mock_provider, Decentro, authenticate_with="credentials", **{name: "fake-sécret"}
    )


@pytest.mark.parametrize("name", ["fake-sécret", "fake\nsecret", "", None])
@parametrize_credentials(("credential_class", "key"), [(Su, "client_secret"), (Setu, "secret")])
def test_an_invalid_value_of_a_secret_function_is_named_and_not_shown(
    name: Any, credential_class: Any, key: str, runner: Runner, mock_provider: MockProvider
) -> None:
    if credential_class is Setu and name == "fake-sécret":
        name = 17  # a JSON body can carry any character
    options: dict[str, Any] = {key: lambda: name}
    credential = mock_provider.credential(credential_class, **options)
    with pytest.raises(ConfigError, match=key) as caught:
        runner.token(credential)
    assert "fake-s" not in error_report(caught.value)


def test_a_public_credential_cannot_be_a_function(mock_provider: MockProvider) -> None:
    assert "client_id must be a string, not function" in config_error(
        mock_provider, Setu, client_id=lambda: "fake"
    )


@pytest.mark.parametrize("seconds", [0, -1, 3600, float("nan"), float("inf")])
def test_a_timeout_out_of_range_is_rejected(
    seconds: float, credential_class: Any, mock_provider: MockProvider
) -> None:
    assert "timeout= is in seconds" in config_error(mock_provider, credential_class, timeout=seconds)


def test_an_option_of_decentro_lists_its_choices(mock_provider: MockProvider) -> None:
    assert "use 'GET' or 'POST'" in config_error(mock_provider, Decentro, method="PUT")
    assert "use 'token' or 'credentials'" in config_error(mock_provider, Decentro, authenticate_with="both")


# base_url

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


@pytest.mark.parametrize(("url", "fix"), BAD_URLS)
def test_the_error_for_a_bad_base_url_says_how_to_fix_it(
    url: str, fix: str, credential_class: Any, mock_provider: MockProvider
) -> None:
    message = config_error(mock_provider, credential_class, base_url=url)
    assert fix in message
    assert "fake-hidden" not in message


@pytest.mark.parametrize(("url", "fix"), [(url, fix) for url, fix in BAD_URLS if url])
def test_the_error_for_a_bad_base_url_in_a_variable_says_how_to_fix_it(
    url: str, fix: str, credential_class: Any, mock_provider: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable_name(credential_class, "base_url"), url)
    message = config_error(mock_provider, credential_class)
    assert fix in message
    assert "fake-hidden" not in message
    assert credential_class.spec.provider in message.lower()


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1/v1/"])
def test_plain_http_is_allowed_for_loopback_base_urls(
    url: str, credential_class: Any, mock_provider: MockProvider
) -> None:
    assert mock_provider.credential(credential_class, base_url=url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("credential_class", "url", "owner"),
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
def test_a_base_url_of_another_environment_or_provider_is_rejected(
    credential_class: Any, url: str, owner: str, mock_provider: MockProvider
) -> None:
    assert f"belongs to {owner}" in config_error(mock_provider, credential_class, base_url=url)


@pytest.mark.parametrize("source", ["argument", "variable"])
def test_production_with_the_sandbox_url_is_rejected(
    source: str, credential_class: Any, mock_provider: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = credential_class.spec.servers["sandbox"]
    options = {"base_url": url} if source == "argument" else {}
    monkeypatch.setenv(variable_name(credential_class, "base_url").replace("SANDBOX", "PRODUCTION"), url)
    assert "nothing was sent there" in config_error(
        mock_provider, credential_class, environment="production", **options
    )


# APIs that a token must not be sent to


@pytest.mark.parametrize(
    "url",
    ["http://api.example/", "http://10.0.0.1/", "http://localhost.example/", "https://prod.setu.co/api"],
)
def test_no_token_is_requested_for_a_host_that_is_not_allowed(
    url: str, runner: Runner, mock_provider: MockProvider
) -> None:
    with pytest.raises(ConfigError):
        runner.get(mock_provider.credential(Setu), url, mock_provider)


def test_hosts_are_checked_again_after_a_successful_request(
    runner: Runner, mock_provider: MockProvider, emulator: Emulator
) -> None:
    setu = Setu("sandbox")
    api = httpx.MockTransport(lambda _request: httpx.Response(200))
    assert runner.get(setu, "https://uat.setu.co/api", api).status_code == 200
    for _ in range(2):
        with pytest.raises(ConfigError, match="setu production"):
            runner.get(setu, "https://prod.setu.co/api", mock_provider)
