"""The hosts that a token may be sent to: those of its own environment, and those that were allowed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Sahamati, Setu, SingleView, Su
from gatepass_providers import HOSTS

from ..helpers import CREDENTIALS, parametrize_credentials

if TYPE_CHECKING:
    from tests.helpers import MockProvider, Runner


def config_error(mock_provider: MockProvider, credential_class: Any = Setu, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        mock_provider.credential(credential_class, **options)
    return str(caught.value)


def is_sent(
    runner: Runner, mock_provider: MockProvider, url: str, credential_class: Any = Setu, **options: Any
) -> bool:
    """Whether the token was sent there; if not, not even a token was requested."""
    api_requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        api_requests.append(request)
        return httpx.Response(200)

    credential = mock_provider.credential(credential_class, **options)
    mock_provider.requests.clear()
    try:
        runner.get(credential, url, httpx.MockTransport(respond))
    except ConfigError:
        assert api_requests == mock_provider.requests == []
        return False
    return [request.headers["Authorization"][:7] for request in api_requests] == ["Bearer "]


@parametrize_credentials()
def test_a_token_goes_to_the_hosts_of_the_spec_and_no_other(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    own = [host for host, owners in HOSTS.items() if (credential_class.spec.provider, "sandbox") in owners]
    assert own
    for host in own:
        assert is_sent(runner, mock_provider, f"https://{host}/v1/data", credential_class)
        assert is_sent(runner, mock_provider, f"https://{host}:8443/v1/data", credential_class)
    for host in ("api.example", "attacker.example", f"{own[0]}.example", f"x.{own[0]}", f"x{own[0]}"):
        assert not is_sent(runner, mock_provider, f"https://{host}/v1/data", credential_class)


def test_the_error_for_an_unknown_host_says_how_to_allow_it(
    runner: Runner, mock_provider: MockProvider
) -> None:
    with pytest.raises(ConfigError) as caught:
        runner.get(mock_provider.credential(Setu), "https://partner.example/v1", mock_provider)
    message = str(caught.value)
    assert message.startswith("setu sandbox: partner.example ")
    assert "hosts=['partner.example']" in message
    assert "SETU_SANDBOX_HOSTS=partner.example" in message


@pytest.mark.parametrize("hosts", [["api.example", "b.example"], ("API.Example",), ["api.example."]])
@parametrize_credentials()
def test_hosts_are_allowed_by_the_argument(
    hosts: Any, credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    assert is_sent(runner, mock_provider, "https://api.example/v1", credential_class, hosts=hosts)
    assert is_sent(
        runner, mock_provider, credential_class.spec.servers["sandbox"], credential_class, hosts=hosts
    )
    assert not is_sent(runner, mock_provider, "https://x.api.example/v1", credential_class, hosts=hosts)
    assert not is_sent(runner, mock_provider, "https://api.example/v1", credential_class)


@parametrize_credentials()
def test_hosts_are_allowed_by_a_variable(
    credential_class: Any, runner: Runner, mock_provider: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{credential_class.spec.provider}_SANDBOX_HOSTS".upper(), " api.example, 127.0.0.1,")
    assert is_sent(runner, mock_provider, "https://api.example/v1", credential_class)
    assert is_sent(runner, mock_provider, "http://127.0.0.1:1/v1", credential_class)
    assert not is_sent(runner, mock_provider, "https://b.example/v1", credential_class)
    assert not is_sent(runner, mock_provider, "https://api.example/v1", credential_class, hosts=["b.example"])


@parametrize_credentials()
def test_the_host_of_the_base_url_is_allowed(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    options = {"base_url": "https://gateway.example/v1"}
    assert is_sent(runner, mock_provider, "https://gateway.example/data", credential_class, **options)
    assert not is_sent(runner, mock_provider, "https://other.example/data", credential_class, **options)


@pytest.mark.parametrize("base_host", ["127.0.0.1", "localhost", "[::1]", "127.8.9.1"])
def test_with_a_loopback_base_url_every_name_of_this_machine_is_allowed(
    base_host: str, runner: Runner, mock_provider: MockProvider
) -> None:
    for name in ("127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST", "[::1]", "[0:0:0:0:0:0:0:1]"):
        for scheme in ("http", "https"):
            assert is_sent(
                runner, mock_provider, f"{scheme}://{name}:8080/v1", base_url=f"http://{base_host}:8080"
            )
    assert not is_sent(runner, mock_provider, "https://api.example", base_url=f"http://{base_host}:8080")


def test_this_machine_is_not_allowed_unless_listed(runner: Runner, mock_provider: MockProvider) -> None:
    assert not is_sent(runner, mock_provider, "http://localhost:1/v1")
    assert is_sent(runner, mock_provider, "http://localhost:1/v1", hosts=["localhost"])


HOSTS_OF_OTHERS = [
    ("prod.setu.co", "setu production"),
    ("x.prod.setu.co", "setu production"),
    ("PROD.setu.co.", "setu production"),
    ("prod。setu。co", "setu production"),
    ("prod\uff0esetu\uff0eco", "setu production"),
    ("connect-sandbox.su-api.com", "su sandbox"),
    ("x.y.in.decentro.tech", "decentro production"),
]


@pytest.mark.parametrize(("host", "owner"), HOSTS_OF_OTHERS)
def test_a_host_of_another_environment_or_provider_cannot_be_allowed(
    host: str, owner: str, runner: Runner, mock_provider: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"belongs to {owner}" in config_error(mock_provider, hosts=["api.example", host])
    assert f"belongs to {owner}" in config_error(mock_provider, base_url=f"https://{host}/api/v2")
    with pytest.raises(ConfigError, match=f"belongs to {owner}"):
        runner.get(mock_provider.credential(Setu), f"https://{host}/api/v2", mock_provider)
    monkeypatch.setenv("SETU_SANDBOX_HOSTS", f"api.example,{host}")
    assert "SETU_SANDBOX_HOSTS" in config_error(mock_provider)
    assert mock_provider.requests == []


def test_the_nearest_listed_host_decides_whose_a_subdomain_is(mock_provider: MockProvider) -> None:
    """Decentro's sandbox has a host that is a subdomain of a production host."""
    assert mock_provider.credential(Decentro, hosts=["x.staging.api.decentro.tech"])
    assert "decentro production" in config_error(mock_provider, Decentro, hosts=["x.api.decentro.tech"])
    assert "decentro sandbox" in config_error(
        mock_provider, Decentro, environment="production", hosts=["x.staging.api.decentro.tech"]
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://uat.setu.co%2eattacker.example/",
        "https://uat.setu.co\\@attacker.example/",
        "https://uat.setu.co@attacker.example/",
        "https://attacker.example#@uat.setu.co/",
        "https://attacker.example?@uat.setu.co/",
        "https://uat.setu.co。attacker.example/",
        "https://attacker.example/https://uat.setu.co/",
    ],
)
def test_nothing_is_sent_to_a_url_that_only_looks_like_an_allowed_host(
    url: str, runner: Runner, mock_provider: MockProvider
) -> None:
    assert not is_sent(runner, mock_provider, url)


@pytest.mark.parametrize(
    "host",
    ["a.localhost", "localhost.", "x.y.localhost", "127.1", "2130706433", "0x7f.1", "127.0.0.1.example"],
)
def test_plain_http_is_allowed_only_for_localhost_and_loopback_addresses(
    host: str, runner: Runner, mock_provider: MockProvider
) -> None:
    assert "not encrypted" in config_error(mock_provider, base_url=f"http://{host}:8080/v1")
    assert not is_sent(runner, mock_provider, f"http://{host}:8080/v1", hosts=[host])
    with pytest.raises(ConfigError, match="not encrypted"):
        runner.get(
            mock_provider.credential(Setu, base_url="http://localhost:8080"),
            f"http://{host}:8080/v1",
            mock_provider,
        )


@pytest.mark.parametrize(
    ("hosts", "reason"),
    [
        ("api.example", "a list of host names, not str"),
        (b"api.example", "a list of host names, not bytes"),
        (5, "a list of host names, not int"),
        ({"api.example": 1}, "a list of host names, not dict"),
        (["api.example", 5], "entry 2 .* string, not int"),
        (["https://api.example"], "entry 1 is not a host name"),
        (["api.example/v1"], "entry 1 is not a host name"),
        (["api.example:443"], "entry 1 is not a host name"),
        (["fake-user:fake-hidden@api.example"], "entry 1 is not a host name"),
        (["*.example"], "entry 1 is not a host name"),
        (["a b.example"], "entry 1 is not a host name"),
        ([""], "entry 1 is not a host name"),
        (["a..example"], "entry 1 is not a host name"),
        ([".example"], "entry 1 is not a host name"),
        (["api.example?x"], "entry 1 is not a host name"),
        (["api.exa\nmple"], "entry 1 is not a host name"),
    ],
    ids=repr,
)
def test_an_invalid_entry_of_hosts_is_named(
    hosts: Any, reason: str, credential_class: Any, mock_provider: MockProvider
) -> None:
    with pytest.raises(ConfigError, match=f"hosts=.*{reason}") as caught:
        mock_provider.credential(credential_class, hosts=hosts)
    assert "fake-hidden" not in str(caught.value)


def test_an_invalid_entry_of_the_variable_is_named(
    mock_provider: MockProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SU_SANDBOX_HOSTS", "api.example,https://b.example")
    assert "SU_SANDBOX_HOSTS: entry 2 is not a host name" in config_error(mock_provider, Su)


def test_credentials_with_different_hosts_keep_them_apart(
    runner: Runner, mock_provider: MockProvider
) -> None:
    first, second = (
        mock_provider.credential(Setu, hosts=["a.example"]),
        mock_provider.credential(Setu, hosts=["b.example"]),
    )
    api = httpx.MockTransport(lambda _request: httpx.Response(200))
    runner.get(first, "https://a.example", api)
    runner.get(second, "https://b.example", api)
    for credential, url in ((first, "https://b.example"), (second, "https://a.example")):
        with pytest.raises(ConfigError):
            runner.get(credential, url, api)


def test_the_cache_of_hosts_does_not_grow(mock_provider: MockProvider) -> None:
    """A program that gets URLs from others must not use up its memory."""
    setu = mock_provider.credential(Setu, base_url="http://localhost:1")
    setu.token()
    api = httpx.MockTransport(lambda _request: httpx.Response(200))
    before = len(setu._hosts.usual)
    with httpx.Client(auth=setu, transport=api) as client:
        for number in range(1, 200):
            client.get(f"http://127.0.1.{number}:8080/")
            with pytest.raises(ConfigError):
                client.get(f"https://n{number}.example/")
    assert len(setu._hosts.usual) == before


def test_a_base_url_is_normalised_as_httpx_does(mock_provider: MockProvider) -> None:
    assert (
        mock_provider.credential(Setu, base_url="HTTPS://Gateway.Example/v1/").base_url
        == "https://gateway.example/v1"
    )
    for url in ("https://gate%2eway.example", "https://gate_way..example", "https://-gate way.example"):
        assert "write https://HOST/PATH" in config_error(mock_provider, base_url=url)


@parametrize_credentials("credential_class", [Setu, Sahamati, SingleView])
def test_user_information_of_a_url_is_not_shown(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    for url in ("https://fake-user:fake-hidden@api.example", "http://fake-hidden@prod.setu.co"):
        assert "fake-hidden" not in config_error(mock_provider, credential_class, base_url=url)
        with pytest.raises(ConfigError) as caught:
            runner.get(mock_provider.credential(credential_class), url, mock_provider)
        assert "fake-hidden" not in str(caught.value)


def test_a_copy_allows_the_same_hosts(
    mock_provider: MockProvider, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETU_SANDBOX_SECRET", "fake-hidden")
    setu = copy.copy(Setu("sandbox", client_id="fake", hosts=["api.example"], transport=mock_provider))
    mock_provider.responses = [mock_provider.example_response(Setu)]
    assert runner.get(setu, "https://api.example", httpx.MockTransport(lambda _: httpx.Response(204)))


def test_the_credentials_of_these_tests_allow_no_extra_hosts() -> None:
    assert not any("hosts" in arguments for arguments in CREDENTIALS.values())
