"""Other logins of the same companies: which credential an API wants, and what each sends."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import gatepass_providers
from gatepass import (
    ConfigError,
    Sahamati,
    SahamatiLegacy,
    Setu,
    SetuAA,
    SetuBillPay,
    SetuUPI,
    SingleViewPayouts,
)

from ..helpers import SYNC_AND_ASYNCIO, parametrize_credentials

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner

CLASSES: list[Any] = [getattr(gatepass_providers, name) for name in gatepass_providers.MODULES]


# An API that takes the tokens of another login


def test_the_error_says_which_credential_an_api_wants(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    setu = Setu("sandbox", clock=clock.clock)
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1 does not take .*; use SetuAA or SetuUPI for it"):
        runner.get(setu, emulator.url("setuaa", "sandbox") + "/echo")
    assert emulator.count("setu") == 1  # another token of Setu would be rejected as well


def test_a_streamed_body_gets_the_same_error(runner: Runner, emulator: Emulator, clock: FakeClock) -> None:
    url = emulator.url("setuaa", "sandbox") + "/echo"
    setu = Setu("sandbox", clock=clock.clock)
    with pytest.raises(ConfigError, match="use SetuAA or SetuUPI"):
        runner.send(setu, "POST", url, content=runner.stream(b"fake"))


def test_any_other_401_replaces_the_token(runner: Runner, emulator: Emulator, clock: FakeClock) -> None:
    setu = Setu("sandbox", clock=clock.clock)
    runner.token(setu)
    emulator.revoke()
    assert runner.get(setu, emulator.url("setu", "sandbox") + "/echo").status_code == 200
    assert emulator.count("setu") == 2


def test_the_credentials_that_a_spec_names_exist() -> None:
    named = {name for kind in CLASSES if kind.spec.wrong_token for name in kind.spec.wrong_token.use}
    assert named
    assert named <= gatepass_providers.SERVERS.keys()


HOSTS_OF_OTHER_LOGINS = [
    (Setu, "sandbox", "fiu-sandbox.setu.co", "SetuAA"),
    (Setu, "production", "fiu.setu.co", "SetuAA"),
    (Setu, "sandbox", "umap.setu.co", "SetuUPI"),
    (SetuUPI, "sandbox", "uat.setu.co", "Setu"),
    (SetuAA, "production", "coudc.setu.co", "SetuBillPay"),
    (Setu, "sandbox", "accountservice.setu.co", "SetuAA or SetuUPI"),
]


@parametrize_credentials(
    ("credential_class", "environment", "host", "advice"),
    HOSTS_OF_OTHER_LOGINS,
    other_runners=SYNC_AND_ASYNCIO,
)
def test_the_error_for_a_host_of_another_login_names_its_credential(
    credential_class: Any,
    environment: str,
    host: str,
    advice: str,
    runner: Runner,
    mock_provider: MockProvider,
) -> None:
    credential = mock_provider.credential(credential_class, environment=environment)
    with pytest.raises(ConfigError, match=f"nothing was sent there; use {advice} for it$"):
        runner.get(credential, f"https://{host}/v2/data", mock_provider)
    assert mock_provider.requests == []


# Test keys and live keys at one address


def accepted(runner: Runner, credential: Any, host: str) -> bool:
    """Whether the credential sends its token there."""
    try:
        api = httpx.MockTransport(lambda _request: httpx.Response(200))
        return runner.get(credential, f"https://{host}/v1", api).status_code == 200
    except ConfigError:
        return False


@pytest.mark.parametrize(
    ("credential_class", "environment", "hosts", "foreign"),
    [
        (
            SetuUPI,
            "sandbox",
            {"accountservice.setu.co", "umap.setu.co", "umap-uat-core.setu.co"},
            "fiu.setu.co",
        ),
        (SetuUPI, "production", {"accountservice.setu.co", "umap.setu.co"}, "umap-uat-core.setu.co"),
        (SetuAA, "sandbox", {"orgservice-prod.setu.co", "fiu-sandbox.setu.co"}, "fiu.setu.co"),
        (SetuAA, "production", {"orgservice-prod.setu.co", "fiu.setu.co"}, "fiu-sandbox.setu.co"),
    ],
)
def test_environments_share_only_the_hosts_that_the_spec_lists(
    credential_class: Any,
    environment: str,
    hosts: set[str],
    foreign: str,
    runner: Runner,
    mock_provider: MockProvider,
) -> None:
    credential = mock_provider.credential(credential_class, environment=environment)
    assert {host for host in (*hosts, foreign) if accepted(runner, credential, host)} == hosts
    with pytest.raises(ConfigError, match="belongs to"):
        mock_provider.credential(credential_class, environment=environment, hosts=[foreign])


def test_test_keys_and_live_keys_never_share_a_token(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    address = "https://accountservice.setu.co"
    values = set()
    for environment in ("sandbox", "production"):
        assert SetuUPI.spec.servers[environment] == address
        values.add(runner.token(SetuUPI(environment, clock=clock.clock)).value)
    assert len(values) == 2
    assert {emulator.count("setuupi", name) for name in ("sandbox", "production")} == {1}


# What each of them sends


def test_a_token_of_upi_setu_is_not_used_in_its_last_minute(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    upi = SetuUPI("sandbox", clock=clock.clock)
    first = runner.token(upi)
    assert first.expires_at == clock.now + 300
    clock.advance(241)
    assert runner.token(upi).value != first.value


def test_billpay_gets_the_id_of_the_partner_with_each_request(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    url = emulator.url("setubillpay", "sandbox") + "/echo"
    billpay = SetuBillPay("sandbox", clock=clock.clock)
    assert runner.get(billpay, url).status_code == 200
    assert "fake-partner" in repr(billpay)  # it is no secret
    other = SetuBillPay("sandbox", partner_id="fake-other-partner", clock=clock.clock)
    assert runner.get(other, url).status_code == 401


def test_payouts_get_a_new_reference_and_the_time_with_each_token_request(
    runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    payouts = mock_provider.credential(SingleViewPayouts, device="IOS")
    for _ in range(2):
        runner.token(payouts)
        payouts.invalidate()
    references = [request.headers["SVReferenceID"] for request in mock_provider.requests]
    assert len(set(references)) == 2
    assert all(re.fullmatch("[a-zA-Z0-9]{16}", reference) for reference in references)
    headers = mock_provider.requests[0].headers
    assert (headers["DateTimeStamp"], headers["Device"]) == ("2027-01-15T08:00:00", "IOS")


def test_the_old_realm_gets_http_basic_and_is_called_deprecated(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    legacy = SahamatiLegacy("sandbox", clock=clock.clock)
    assert runner.get(legacy, emulator.url("sahamatilegacy", "sandbox") + "/echo").status_code == 200
    assert "Deprecated by the provider" in (inspect.getdoc(SahamatiLegacy) or "")
    assert [kind for kind in CLASSES if "Deprecated" in (kind.__doc__ or "")] == [SahamatiLegacy]


# A harmless request to try a token


def test_a_token_can_be_tried_at_the_url_that_the_spec_names(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    sahamati = Sahamati("sandbox", clock=clock.clock)
    url = sahamati.spec.probe_url("sandbox", sahamati.base_url)
    assert url == emulator.url("sahamati", "sandbox") + "/cr/v2/entityInfo/AA"
    assert runner.get(sahamati, url).status_code == 200
    assert runner.get(None, url).status_code == 401


def test_a_url_to_try_a_token_is_at_a_host_of_its_environment(mock_provider: MockProvider) -> None:
    tried = 0
    for kind in CLASSES:
        for environment, url in kind.spec.probe.items():
            credential = mock_provider.credential(kind, environment=environment)
            assert kind.spec.probe_url(environment, credential.base_url) == url
            parsed = httpx.URL(url)
            credential._hosts.check(parsed.scheme, parsed.raw_host)
            tried += 1
    assert tried == 3
    assert Setu.spec.probe_url("sandbox", "https://uat.setu.co/api/v2") is None
