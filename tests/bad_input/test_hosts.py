"""Where a token may go: the hosts of its own environment, those that were allowed, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Sahamati, Setu, SingleView, Su
from gatepass_clients.hosts import HOSTS

from ..conftest import CREDENTIALS

if TYPE_CHECKING:
    from tests.conftest import Way, Wire


def refused(wire: Wire, cls: Any = Setu, **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        wire.credential(cls, **options)
    return str(caught.value)


def is_sent(way: Way, wire: Wire, url: str, cls: Any = Setu, **options: Any) -> bool:
    """Whether the token went there; else nothing at all was sent, not even a token request."""
    api: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        api.append(request)
        return httpx.Response(200)

    credential = wire.credential(cls, **options)
    wire.requests.clear()
    try:
        way.get(credential, url, httpx.MockTransport(answer))
    except ConfigError:
        assert api == wire.requests == []
        return False
    return [request.headers["Authorization"][:7] for request in api] == ["Bearer "]


def test_a_token_goes_to_the_hosts_of_the_spec_and_no_other(cls: Any, way: Way, wire: Wire) -> None:
    own = [host for host, owners in HOSTS.items() if (cls.facts.provider, "sandbox") in owners]
    assert own
    for host in own:
        assert is_sent(way, wire, f"https://{host}/v1/data", cls)
        assert is_sent(way, wire, f"https://{host}:8443/v1/data", cls)
    for host in ("api.example", "attacker.example", f"{own[0]}.example", f"x.{own[0]}", f"x{own[0]}"):
        assert not is_sent(way, wire, f"https://{host}/v1/data", cls)


def test_the_refusal_of_an_unknown_host_says_how_to_allow_it(way: Way, wire: Wire) -> None:
    with pytest.raises(ConfigError) as caught:
        way.get(wire.credential(Setu), "https://partner.example/v1", wire)
    message = str(caught.value)
    assert message.startswith("setu sandbox: partner.example ")
    assert "hosts=['partner.example']" in message
    assert "SETU_SANDBOX_HOSTS=partner.example" in message


@pytest.mark.parametrize("hosts", [["api.example", "b.example"], ("API.Example",), ["api.example."]])
def test_hosts_are_allowed_by_the_argument(hosts: Any, cls: Any, way: Way, wire: Wire) -> None:
    assert is_sent(way, wire, "https://api.example/v1", cls, hosts=hosts)
    assert is_sent(way, wire, cls.facts.servers["sandbox"], cls, hosts=hosts)
    assert not is_sent(way, wire, "https://x.api.example/v1", cls, hosts=hosts)
    assert not is_sent(way, wire, "https://api.example/v1", cls)


def test_hosts_are_allowed_by_a_variable(
    cls: Any, way: Way, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{cls.facts.provider}_SANDBOX_HOSTS".upper(), " api.example, 127.0.0.1,")
    assert is_sent(way, wire, "https://api.example/v1", cls)
    assert is_sent(way, wire, "http://127.0.0.1:1/v1", cls)
    assert not is_sent(way, wire, "https://b.example/v1", cls)
    assert not is_sent(way, wire, "https://api.example/v1", cls, hosts=["b.example"])


def test_the_host_of_the_base_url_is_allowed(cls: Any, way: Way, wire: Wire) -> None:
    options = {"base_url": "https://gateway.example/v1"}
    assert is_sent(way, wire, "https://gateway.example/data", cls, **options)
    assert not is_sent(way, wire, "https://other.example/data", cls, **options)


@pytest.mark.parametrize("here", ["127.0.0.1", "localhost", "[::1]", "127.8.9.1"])
def test_on_this_machine_all_its_names_are_allowed(here: str, way: Way, wire: Wire) -> None:
    for name in ("127.0.0.1", "127.0.0.2", "localhost", "LOCALHOST", "[::1]", "[0:0:0:0:0:0:0:1]"):
        for scheme in ("http", "https"):
            assert is_sent(way, wire, f"{scheme}://{name}:8080/v1", base_url=f"http://{here}:8080")
    assert not is_sent(way, wire, "https://api.example", base_url=f"http://{here}:8080")


def test_this_machine_is_not_allowed_unless_named(way: Way, wire: Wire) -> None:
    assert not is_sent(way, wire, "http://localhost:1/v1")
    assert is_sent(way, wire, "http://localhost:1/v1", hosts=["localhost"])


BELONG = [
    ("prod.setu.co", "setu production"),
    ("x.prod.setu.co", "setu production"),
    ("PROD.setu.co.", "setu production"),
    ("prod。setu。co", "setu production"),
    ("prod\uff0esetu\uff0eco", "setu production"),
    ("connect-sandbox.su-api.com", "su sandbox"),
    ("x.y.in.decentro.tech", "decentro production"),
]


@pytest.mark.parametrize(("host", "owner"), BELONG)
def test_the_host_of_somebody_else_cannot_be_allowed(
    host: str, owner: str, way: Way, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"belongs to {owner}" in refused(wire, hosts=["api.example", host])
    assert f"belongs to {owner}" in refused(wire, base_url=f"https://{host}/api/v2")
    with pytest.raises(ConfigError, match=f"belongs to {owner}"):
        way.get(wire.credential(Setu), f"https://{host}/api/v2", wire)
    monkeypatch.setenv("SETU_SANDBOX_HOSTS", f"api.example,{host}")
    assert "SETU_SANDBOX_HOSTS" in refused(wire)
    assert wire.requests == []


def test_the_nearest_listed_host_says_whose_a_subdomain_is(wire: Wire) -> None:
    """Decentro's sandbox has a host below one of production."""
    assert wire.credential(Decentro, hosts=["x.staging.api.decentro.tech"])
    assert "decentro production" in refused(wire, Decentro, hosts=["x.api.decentro.tech"])
    assert "decentro sandbox" in refused(
        wire, Decentro, environment="production", hosts=["x.staging.api.decentro.tech"]
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
def test_a_url_that_only_looks_like_the_right_host(url: str, way: Way, wire: Wire) -> None:
    assert not is_sent(way, wire, url)


@pytest.mark.parametrize(
    "host",
    ["a.localhost", "localhost.", "x.y.localhost", "127.1", "2130706433", "0x7f.1", "127.0.0.1.example"],
)
def test_plain_http_is_for_localhost_and_loopback_addresses_alone(host: str, way: Way, wire: Wire) -> None:
    assert "not encrypted" in refused(wire, base_url=f"http://{host}:8080/v1")
    assert not is_sent(way, wire, f"http://{host}:8080/v1", hosts=[host])
    with pytest.raises(ConfigError, match="not encrypted"):
        way.get(wire.credential(Setu, base_url="http://localhost:8080"), f"http://{host}:8080/v1", wire)


@pytest.mark.parametrize(
    ("hosts", "why"),
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
def test_hosts_that_are_none_are_named(hosts: Any, why: str, cls: Any, wire: Wire) -> None:
    with pytest.raises(ConfigError, match=f"hosts=.*{why}") as caught:
        wire.credential(cls, hosts=hosts)
    assert "fake-hidden" not in str(caught.value)


def test_a_bad_entry_of_the_variable_is_named(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SU_SANDBOX_HOSTS", "api.example,https://b.example")
    assert "SU_SANDBOX_HOSTS: entry 2 is not a host name" in refused(wire, Su)


def test_credentials_with_different_hosts_keep_them_apart(way: Way, wire: Wire) -> None:
    first, second = wire.credential(Setu, hosts=["a.example"]), wire.credential(Setu, hosts=["b.example"])
    good = httpx.MockTransport(lambda _request: httpx.Response(200))
    way.get(first, "https://a.example", good)
    way.get(second, "https://b.example", good)
    for credential, url in ((first, "https://b.example"), (second, "https://a.example")):
        with pytest.raises(ConfigError):
            way.get(credential, url, good)


def test_what_is_remembered_of_hosts_does_not_grow(wire: Wire) -> None:
    """A program that takes URLs from elsewhere must not fill its memory with them."""
    setu = wire.credential(Setu, base_url="http://localhost:1")
    setu.token()
    good = httpx.MockTransport(lambda _request: httpx.Response(200))
    before = len(setu._known_hosts)
    with httpx.Client(auth=setu, transport=good) as client:
        for number in range(1, 200):
            client.get(f"http://127.0.1.{number}:8080/")
            with pytest.raises(ConfigError):
                client.get(f"https://n{number}.example/")
    assert len(setu._known_hosts) == before


def test_a_base_url_is_used_as_the_client_reads_it(wire: Wire) -> None:
    assert (
        wire.credential(Setu, base_url="HTTPS://Gateway.Example/v1/").base_url == "https://gateway.example/v1"
    )
    for url in ("https://gate%2eway.example", "https://gate_way..example", "https://-gate way.example"):
        assert "write https://HOST/PATH" in refused(wire, base_url=url)


@pytest.mark.parametrize("cls", [Setu, Sahamati, SingleView])
def test_user_information_is_not_repeated(cls: Any, way: Way, wire: Wire) -> None:
    for url in ("https://fake-user:fake-hidden@api.example", "http://fake-hidden@prod.setu.co"):
        assert "fake-hidden" not in refused(wire, cls, base_url=url)
        with pytest.raises(ConfigError) as caught:
            way.get(wire.credential(cls), url, wire)
        assert "fake-hidden" not in str(caught.value)


def test_hosts_travel_with_a_copy(wire: Wire, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    import copy

    monkeypatch.setenv("SETU_SANDBOX_SECRET", "fake-hidden")
    setu = copy.copy(Setu("sandbox", client_id="fake", hosts=["api.example"], transport=wire))
    wire.answers = [wire.reply(Setu)]
    assert way.get(setu, "https://api.example", httpx.MockTransport(lambda _: httpx.Response(204)))


def test_the_credentials_of_the_tests_have_no_host_of_their_own() -> None:
    assert not any("hosts" in arguments for arguments in CREDENTIALS.values())
