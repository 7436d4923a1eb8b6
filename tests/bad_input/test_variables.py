"""Variables: what is missing is named at once, what was meant is suggested, and no value is repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, Decentro, Sahamati, Setu, SingleView, Su, Unavailable
from gatepass.stores import FileStore, RedisStore

from .shown import shown

HIDDEN = "fake/secret+that-is-no-path=="


def refused(cls: Any, environment: str = "sandbox", **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        cls(environment, **options)
    assert HIDDEN not in shown(caught.value)
    return str(caught.value)


def names(cls: Any, environment: str) -> list[str]:
    return [f"{cls.facts.provider}_{environment}_{name}".upper() for name in cls.facts.credentials]


def test_all_that_is_missing_is_named_at_once(cls: Any, no_variables: None) -> None:
    for environment in cls.facts.servers:
        message = refused(cls, environment)
        for name, argument in zip(names(cls, environment), cls.facts.credentials, strict=True):
            assert f"set {name} (or {name}_FILE, or give {argument}=)" in message


def test_the_host_that_only_the_user_knows_is_named_with_them(no_variables: None) -> None:
    message = refused(SingleView, "production")
    assert "SINGLEVIEW_PRODUCTION_CLIENT_CODE" in message
    assert "SINGLEVIEW_PRODUCTION_BASE_URL" in message


def test_what_is_there_is_not_named(no_variables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SINGLEVIEW_SANDBOX_CLIENT_ID", "fake")
    message = refused(SingleView, client_code=HIDDEN)
    assert message == (
        "set SINGLEVIEW_SANDBOX_MERCHANT_ID (or SINGLEVIEW_SANDBOX_MERCHANT_ID_FILE, or give merchant_id=)"
    )


@pytest.mark.parametrize(
    ("cls", "other"),
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
def test_the_own_variable_of_something_else_is_not_suggested(
    cls: Any, other: str, no_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(other, HIDDEN if not other.endswith(("URL", "HOSTS")) else "")
    message = refused(cls, base_url="http://127.0.0.1:1")
    assert other not in message
    assert "is set" not in message


@pytest.mark.parametrize(
    ("given", "suggested"),
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
def test_the_environment_that_was_meant_is_suggested(
    given: str, suggested: str, cls: Any, no_variables: None
) -> None:
    assert f"(did you mean {suggested!r}?)" in refused(cls, given)


@pytest.mark.parametrize("given", ["", "fake", "x" * 1000])
def test_an_environment_like_no_other_gets_no_suggestion(given: str, cls: Any, no_variables: None) -> None:
    assert "did you mean" not in refused(cls, given)


@pytest.mark.parametrize(
    "value", [HIDDEN, f"/{HIDDEN}", f"https://fake:{HIDDEN}@vault.example/", HIDDEN * 200, f"~{HIDDEN}"]
)
def test_a_secret_in_place_of_the_path_of_its_file_is_not_repeated(
    value: str, cls: Any, no_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = names(cls, "sandbox")[-1]
    for other in names(cls, "sandbox"):
        monkeypatch.setenv(other, "fake")
    monkeypatch.delenv(name)
    monkeypatch.setenv(f"{name}_FILE", value)
    message = refused(cls)
    assert f"{name}_FILE does not name a file" in message
    assert message.endswith(f"put the value itself into {name}")


def test_a_file_that_goes_away_is_not_named_either(
    no_variables: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mounted = tmp_path / "mounted"
    mounted.write_text("fake-hidden")
    monkeypatch.setenv("SETU_SANDBOX_SECRET_FILE", str(mounted))
    setu = Setu("sandbox", client_id="fake", base_url="http://127.0.0.1:1")
    mounted.unlink()
    with pytest.raises(ConfigError, match="SETU_SANDBOX_SECRET_FILE does not name a file"):
        setu.token()


def test_user_information_of_a_variable_is_not_repeated(
    no_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url in (f"https://u:{HIDDEN}@prod.setu.co", f"http://{HIDDEN}@api.example", f"ftp://u:{HIDDEN}@x"):
        monkeypatch.setenv("SETU_SANDBOX_BASE_URL", url)
        refused(Setu, client_id="fake", secret="fake")


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
def test_user_information_of_a_store_is_not_repeated(
    store: str, no_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_KEY", "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMTI=")
    refused(Setu, client_id="fake", secret="fake", store=store)
    monkeypatch.setenv("GATEPASS_STORE", store)
    refused(Setu, client_id="fake", secret="fake")


def test_a_url_is_not_taken_for_a_folder(no_variables: None) -> None:
    for url in (f"redis://fake-user:{HIDDEN}@host.example/0", f"//fake-user:{HIDDEN}@host.example/0"):
        with pytest.raises(ConfigError, match="a folder, not a URL") as caught:
            FileStore(url)
        assert HIDDEN not in str(caught.value)


def test_the_repr_of_a_store_and_its_warning_have_no_user_information(
    no_variables: None, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    secret = "fake-hidden-password"
    for url in (f"redis://fake-user:{secret}@127.0.0.1:1/0", f"unix://fake-user:{secret}@/no/such/socket"):
        store = RedisStore(url, allow_plaintext=True, host=False)
        setu = Setu("sandbox", client_id="fake", secret="fake", store=store, base_url="http://127.0.0.1:1")
        with pytest.raises(Unavailable):
            setu.token()
        assert "going on without" in caplog.text
        assert secret not in repr(store) + caplog.text + shown(caught_warning(caplog))
        caplog.clear()


def caught_warning(caplog: pytest.LogCaptureFixture) -> Exception:
    """What a log record holds besides its text."""
    return Exception(*(record.args for record in caplog.records))
