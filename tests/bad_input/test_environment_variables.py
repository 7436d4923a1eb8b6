"""Environment variables: missing ones are named, similar ones suggested, and no value is shown."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, Decentro, Sahamati, Setu, SingleView, Su, Unavailable
from gatepass.stores import FileStore, RedisStore

from ..helpers import error_report

HIDDEN = "fake/secret+that-is-no-path=="


def config_error(credential_class: Any, environment: str = "sandbox", **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        credential_class(environment, **options)
    assert HIDDEN not in error_report(caught.value)
    return str(caught.value)


def variable_names(credential_class: Any, environment: str) -> list[str]:
    return [
        f"{credential_class.spec.provider}_{environment}_{name}".upper()
        for name in credential_class.spec.credentials
    ]


def test_every_missing_variable_is_named_at_once(credential_class: Any, clean_environment: None) -> None:
    for environment in credential_class.spec.servers:
        message = config_error(credential_class, environment)
        for name, argument in zip(
            variable_names(credential_class, environment), credential_class.spec.credentials, strict=True
        ):
            assert f"set {name} (or {name}_FILE, or give {argument}=)" in message


def test_a_missing_base_url_is_named_with_the_missing_credentials(clean_environment: None) -> None:
    message = config_error(SingleView, "production")
    assert "SINGLEVIEW_PRODUCTION_CLIENT_CODE" in message
    assert "SINGLEVIEW_PRODUCTION_BASE_URL" in message


def test_only_missing_variables_are_named(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINGLEVIEW_SANDBOX_CLIENT_ID", "fake")
    message = config_error(SingleView, client_code=HIDDEN)
    assert message == (
        "set SINGLEVIEW_SANDBOX_MERCHANT_ID (or SINGLEVIEW_SANDBOX_MERCHANT_ID_FILE, or give merchant_id=)"
    )


@pytest.mark.parametrize(
    ("credential_class", "name"),
    [
        (Su, "SETU_SANDBOX_CLIENT_ID"),
        (Setu, "SU_SANDBOX_CLIENT_ID"),
        (Setu, "SETU_PRODUCTION_CLIENT_ID"),
        (Decentro, "DECENTRO_PRODUCTION_CLIENT_SECRET"),
        (Sahamati, "SAHAMATI_UAT_SECRET"),
        (Sahamati, "SAHAMATI_SANDBOX_PASSWORD"),
        (Setu, "SETU_SANDBOX_BASE_URL"),
        (Setu, "SETU_SANDBOX_HOSTS"),
        (Su, "SETU_SANDBOX_CLIENT_ID_FILE"),
    ],
)
def test_a_variable_with_another_purpose_is_not_suggested(
    credential_class: Any, name: str, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, HIDDEN if not name.endswith(("URL", "HOSTS")) else "")
    message = config_error(credential_class, base_url="http://127.0.0.1:1")
    assert name not in message
    assert "is set" not in message


@pytest.mark.parametrize(
    ("environment", "suggested"),
    [
        ("prod", "production"),
        ("live", "production"),
        ("Production", "production"),
        ("prodution", "production"),
        ("test", "sandbox"),
        ("SANDBOX", "sandbox"),
        ("sandbx", "sandbox"),
        ("sandbox ", "sandbox"),
    ],
)
def test_a_similar_environment_is_suggested(
    environment: str, suggested: str, credential_class: Any, clean_environment: None
) -> None:
    assert f"(did you mean {suggested!r}?)" in config_error(credential_class, environment)


@pytest.mark.parametrize("setting", ["prod", "", "x" * 1000, 3, None])
def test_an_environment_from_a_setting_is_validated_as_the_constructor_does(
    setting: Any, credential_class: Any
) -> None:
    with pytest.raises(ConfigError) as caught:
        credential_class.environment_of(setting)
    assert str(caught.value) == config_error(credential_class, setting)


class Stage(str, enum.Enum):  # noqa: UP042 - its str() is not its value
    LIVE = "production"


def test_an_environment_from_a_setting_is_a_plain_string(credential_class: Any) -> None:
    environment = credential_class.environment_of(Stage.LIVE)

    assert (environment, type(environment)) == ("production", str)


@pytest.mark.parametrize("environment", ["", "fake", "x" * 1000])
def test_nothing_is_suggested_for_an_unrecognisable_environment(
    environment: str, credential_class: Any, clean_environment: None
) -> None:
    assert "did you mean" not in config_error(credential_class, environment)


@pytest.mark.parametrize(
    "value", [HIDDEN, f"/{HIDDEN}", f"https://fake:{HIDDEN}@vault.example/", HIDDEN * 200, f"~{HIDDEN}"]
)
def test_a_secret_in_place_of_the_path_of_its_file_is_not_shown(
    value: str, credential_class: Any, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = variable_names(credential_class, "sandbox")[-1]
    for other in variable_names(credential_class, "sandbox"):
        monkeypatch.setenv(other, "fake")
    monkeypatch.delenv(name)
    monkeypatch.setenv(f"{name}_FILE", value)
    message = config_error(credential_class)
    assert f"{name}_FILE does not name a file" in message
    assert message.endswith(f"put the value itself into {name}")


def test_a_secret_file_that_was_deleted_is_a_config_error(
    clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted = tmp_path / "mounted"
    mounted.write_text("fake-hidden")
    monkeypatch.setenv("SETU_SANDBOX_SECRET_FILE", str(mounted))
    setu = Setu("sandbox", client_id="fake", base_url="http://127.0.0.1:1")
    mounted.unlink()
    with pytest.raises(ConfigError, match="SETU_SANDBOX_SECRET_FILE does not name a file"):
        setu.token()


def test_user_information_of_a_base_url_variable_is_not_shown(
    clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"https://u:{HIDDEN}@prod.setu.co", f"http://{HIDDEN}@api.example", f"ftp://u:{HIDDEN}@x"):
        monkeypatch.setenv("SETU_SANDBOX_BASE_URL", url)
        config_error(Setu, client_id="fake", secret="fake")


@pytest.mark.parametrize(
    "store",
    [
        f"file://fake-user:{HIDDEN}@host.example/folder",
        f"redis://fake-user:{HIDDEN}@host.example:port/0",
        f"rediss://:{HIDDEN}@[::1",
        f"http://fake-user:{HIDDEN}@host.example/",
        f"{HIDDEN}@host.example",
    ],
)
def test_user_information_of_a_store_url_is_not_shown(
    store: str, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_KEY", "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMTI=")
    config_error(Setu, client_id="fake", secret="fake", store=store)
    monkeypatch.setenv("GATEPASS_STORE", store)
    config_error(Setu, client_id="fake", secret="fake")


@pytest.mark.posix
def test_a_file_store_rejects_a_url(clean_environment: None) -> None:
    for url in (f"redis://fake-user:{HIDDEN}@host.example/0", f"//fake-user:{HIDDEN}@host.example/0"):
        with pytest.raises(ConfigError, match="a folder, not a URL") as caught:
            FileStore(url)
        assert HIDDEN not in str(caught.value)


def test_the_repr_and_the_warning_of_a_store_show_no_user_information(
    clean_environment: None, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    secret = "fake-hidden-password"
    for url in (f"redis://fake-user:{secret}@127.0.0.1:1/0", f"unix://fake-user:{secret}@/no/such/socket"):
        store = RedisStore(url, allow_plaintext=True, host=False)
        setu = Setu("sandbox", client_id="fake", secret="fake", store=store, base_url="http://127.0.0.1:1")
        with pytest.raises(Unavailable):
            setu.token()
        assert "going on without" in caplog.text
        assert secret not in repr(store) + caplog.text + error_report(caught_warning(caplog))
        caplog.clear()


def caught_warning(caplog: pytest.LogCaptureFixture) -> Exception:
    """An error with the arguments of the log records, to be searched with `error_report`."""
    return Exception(*(record.args for record in caplog.records))
