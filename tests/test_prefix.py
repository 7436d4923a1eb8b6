"""Several accounts of one provider: variables with a prefix."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Credential, Rejected, SahamatiUser, Setu, SingleView
from gatepass_emulator import Emulator

HIDDEN = "fake-hidden-value"
pytestmark = pytest.mark.usefixtures("clean_environment")


def config_error(credential_class: Any = Setu, environment: str = "sandbox", **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        credential_class(environment, **options)
    assert HIDDEN not in str(caught.value)
    return str(caught.value)


def test_each_account_reads_its_own_variables(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_CLIENT_ID", os.environ["SETU_SANDBOX_CLIENT_ID"])
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_SECRET", os.environ["SETU_SANDBOX_SECRET"])
    monkeypatch.setenv("SHOP_B_SETU_SANDBOX_CLIENT_ID", "fake-other")
    monkeypatch.setenv("SHOP_B_SETU_SANDBOX_SECRET", HIDDEN)
    monkeypatch.delenv("SETU_SANDBOX_SECRET")

    first, second = Setu("sandbox", prefix="SHOP_A"), Setu("sandbox", prefix="shop_b")

    assert first.token().value
    assert repr(second) == "Setu('sandbox', client_id='fake-other')"
    with pytest.raises(Rejected):
        second.token()


def test_a_secret_with_a_prefix_may_be_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("fake\n")
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_SECRET_FILE", str(tmp_path / "secret"))

    setu = Setu("sandbox", client_id="fake", prefix="SHOP_A")

    assert setu._settings.resolve_secrets()["secret"].value == "fake"


def test_the_variables_of_no_account_and_of_another_account_are_not_read(
    credential_class: type[Credential], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind: Any = credential_class
    names = [f"{kind.spec.provider}_SANDBOX_{name}".upper() for name in kind.spec.credentials]
    for name in names:
        monkeypatch.setenv(name, HIDDEN)
        monkeypatch.setenv(f"SHOP_B_{name}", HIDDEN)

    message = config_error(kind, prefix="SHOP_A")

    assert all(f"set SHOP_A_{name} (or SHOP_A_{name}_FILE, or give" in message for name in names)
    assert "is set" not in message


def test_a_similar_variable_of_the_same_account_is_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_SECRETT", HIDDEN)
    monkeypatch.setenv("SHOP_A_SETU_PRODUCTION_SECRET", HIDDEN)

    message = config_error(client_id="fake", prefix="SHOP_A")

    assert message.endswith("; SHOP_A_SETU_SANDBOX_SECRETT is set: did you mean that?")


def test_a_prefix_that_was_forgotten_is_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_SECRET", HIDDEN)

    message = config_error(client_id="fake")

    assert message.endswith("; SHOP_A_SETU_SANDBOX_SECRET is set: did you mean prefix='SHOP_A'?")
    assert "SHOP_A" not in config_error(SahamatiUser)


def test_accounts_share_the_base_url_and_the_hosts_unless_they_have_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def setu() -> Setu:
        return Setu("sandbox", client_id="fake", secret="fake", prefix="SHOP_A")

    monkeypatch.setenv("SETU_SANDBOX_BASE_URL", "https://setu.example")
    monkeypatch.setenv("SETU_SANDBOX_HOSTS", "api.example")
    shared = setu()
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_BASE_URL", "https://shop-a.example")
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_HOSTS", "api.shop-a.example")
    own = setu()

    assert (shared.base_url, own.base_url) == ("https://setu.example", "https://shop-a.example")
    assert "api.example" in shared._hosts.names
    assert {"api.shop-a.example", "api.example"} & own._hosts.names == {"api.shop-a.example"}


@pytest.mark.parametrize("own", [False, True])
def test_the_error_of_a_host_names_the_variable_that_counts(
    own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = "SHOP_A_SETU_SANDBOX_HOSTS" if own else "SETU_SANDBOX_HOSTS"
    monkeypatch.setenv(variable, "api.example")
    setu = Setu("sandbox", client_id="fake", secret="fake", prefix="SHOP_A")

    with pytest.raises(ConfigError, match=f" or {variable}=other.example$"):
        next(setu.sync_auth_flow(httpx.Request("GET", "https://other.example")))


def test_a_wrong_base_url_is_reported_with_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_BASE_URL", "fake")

    assert config_error(client_id="fake", secret="fake", prefix="SHOP_A").startswith(
        "SHOP_A_SETU_SANDBOX_BASE"
    )
    assert "set SINGLEVIEW_PRODUCTION_BASE_URL" in config_error(SingleView, "production", prefix="SHOP_A")


def test_a_login_has_the_prefix_of_the_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    class Login(Setu):
        """Its own login, which no provider of the repository has."""

        _login_class = Setu

    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_CLIENT_ID", "fake-a")
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_SECRET", HIDDEN)

    assert repr(Login("sandbox", prefix="SHOP_A")._login) == "Setu('sandbox', client_id='fake-a')"


def test_a_pickled_credential_reads_the_variables_with_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_CLIENT_ID", "fake-a")
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_SECRET", HIDDEN)
    pickled = pickle.dumps(Setu("sandbox", prefix="SHOP_A"))
    monkeypatch.setenv("SHOP_A_SETU_SANDBOX_CLIENT_ID", "fake-new")

    assert HIDDEN.encode() not in pickled
    assert repr(pickle.loads(pickled)) == "Setu('sandbox', client_id='fake-new')"


@pytest.mark.parametrize("prefix", ["", "_", "SHOP_A_", "SHOP A", "SHOP-A", "1", "SHÖP", "A=B"])
def test_a_prefix_that_is_no_part_of_a_name_is_refused(prefix: str) -> None:
    message = config_error(client_id="fake", secret="fake", prefix=prefix)
    assert message == "prefix= is letters, digits and _, such as 'SHOP_A'"


@pytest.mark.parametrize("prefix", [3, b"SHOP_A", Path("SHOP_A")])
def test_a_prefix_of_another_type_is_refused(prefix: Any) -> None:
    message = config_error(client_id="fake", secret="fake", prefix=prefix)
    assert message == f"prefix= must be a string, not {type(prefix).__name__}"
