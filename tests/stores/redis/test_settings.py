"""What a RedisStore takes, and what it says when that is wrong."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio

from gatepass import ConfigError, Su
from gatepass.stores import FileStore, RedisStore, _redis, open_store

from .conftest import KEY, WANTED, Hosts, Server, entry, got, leased

NOWHERE = "redis://fake-user:fake-hidden@127.0.0.1:1/0"


def test_without_a_key_it_refuses_and_says_how_to_make_one(no_variables: None) -> None:
    with pytest.raises(ConfigError, match=r"GATEPASS_KEY .*urandom\(32\).* allow_plaintext=True") as caught:
        RedisStore(NOWHERE)

    assert "fake-hidden" not in str(caught.value)
    RedisStore(NOWHERE, allow_plaintext=True)
    RedisStore(NOWHERE, key=KEY)


def test_it_does_nothing_until_it_is_asked(
    new_host: Hosts, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def forbidden(*_args: Any, **_more: Any) -> None:
        raise AssertionError("no I/O")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)

    new_host("redis://redis.invalid")

    assert list(tmp_path.iterdir()) == []


def test_a_host_store_is_the_default(no_variables: None) -> None:
    assert isinstance(RedisStore(NOWHERE, key=KEY)._host, FileStore)
    assert RedisStore(NOWHERE, key=KEY, host=False)._host is None


def test_the_variable_makes_one(no_variables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPASS_KEY", KEY)
    monkeypatch.setenv("GATEPASS_STORE", NOWHERE)

    assert isinstance(open_store(None), RedisStore)


@pytest.mark.parametrize(
    "url", [NOWHERE, "rediss://:fake-hidden@127.0.0.1:1", "valkeys://:fake-hidden@127.0.0.1:1"]
)
def test_its_text_has_no_password(new_host: Hosts, url: str) -> None:
    assert repr(new_host(url)) == "RedisStore('127.0.0.1:1')"


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_client_that_waits_too_long_is_warned_about_once(
    server: Server,
    new_host: Hosts,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    timeout: Any,
) -> None:
    monkeypatch.setattr(_redis, "SAFE", 2.0)
    with redis.Redis.from_url(server.url, socket_timeout=timeout) as client:
        store = new_host(client)
        store.publish(leased(store), entry())
        got(store)

    assert len(caplog.messages) == 1
    assert "socket_timeout" in caplog.messages[0]


@pytest.mark.parametrize(
    "url",
    [
        "redis://:fake-hidden@valkey.internal:6379/0",
        "redis://fake-user:fake-hidden@10.0.0.1",
        "redis://valkey.internal?password=fake-hidden",
        "redis://:fake-hidden@localhost.internal",
        "valkey://:fake-hidden@valkey.internal",
        "redis://:fake-hidden@[2001:db8::1]:6379",
    ],
)
def test_a_password_does_not_travel_in_plain_text_to_another_host_unless_that_is_allowed(
    new_host: Hosts, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(ConfigError, match=r"not encrypted: use rediss://.*allow_plaintext=True") as caught:
        new_host(url)
    monkeypatch.setenv("GATEPASS_STORE", url)
    with pytest.raises(ConfigError, match="not encrypted: use rediss://"):
        Su("sandbox", client_id="fake", client_secret="fake")

    assert "fake-hidden" not in str(caught.value)
    new_host(url, allow_plaintext=True)


@pytest.mark.parametrize(
    "url",
    [
        "redis://valkey.internal:6379/0",
        "rediss://:fake-hidden@valkey.internal:6379/0",
        "unix://fake-user:fake-hidden@/run/valkey.sock",
        "redis://:fake-hidden@localhost",
        "redis://:fake-hidden@127.1.2.3:6379",
        "redis://:fake-hidden@[::1]:6379",
        "redis://:fake-hidden@",
        "valkeys://:fake-hidden@valkey.internal",
    ],
)
def test_a_url_without_a_password_or_with_an_encrypted_or_local_connection_is_taken(
    new_host: Hosts, url: str
) -> None:
    new_host(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis+cluster://:fake-hidden@127.0.0.1:7000",
        "rediss+cluster://:fake-hidden@127.0.0.1:7000",
        "valkey+sentinel://:fake-hidden@127.0.0.1:26379/primary",
        "redis-sentinel://:fake-hidden@127.0.0.1:26379",
        "sentinel://:fake-hidden@127.0.0.1:26379",
    ],
)
def test_a_cluster_or_sentinel_by_url_is_refused_and_the_error_says_what_to_give(
    new_host: Hosts, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    how = r"give a client: .*RedisCluster\.from_url\(URL\).*Sentinel\(HOSTS\)\.master_for\(NAME\)"
    with pytest.raises(ConfigError, match=how) as caught:
        new_host(url)
    monkeypatch.setenv("GATEPASS_STORE", url)
    with pytest.raises(ConfigError, match=how):
        open_store(None)

    assert "fake-hidden" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://fake-hidden", "redis://fake-hidden:port", ""])
def test_what_is_no_url(new_host: Hosts, url: str) -> None:
    with pytest.raises(ConfigError, match="not a URL of Redis") as caught:
        new_host(url)

    assert "fake-hidden" not in str(caught.value)


def test_what_is_no_client(new_host: Hosts) -> None:
    for wrong in redis.asyncio.Redis(), object(), None:
        with pytest.raises(ConfigError, match="a client of redis-py that is not asyncio's"):
            new_host(wrong)


def test_redis_py_is_missing(new_host: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(ConfigError, match=r"pip install 'gatepass\[redis\]'"):
        new_host(NOWHERE)


def test_the_urls_of_valkey(server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.url.replace("redis://", "valkey://")
    store = new_host(url)
    store.publish(leased(store), entry())
    monkeypatch.setenv("GATEPASS_STORE", url)
    named = open_store(None)

    assert got(new_host(server.url)) == "fake-token"
    assert repr(named) == repr(store)


def test_without_a_home_folder_the_error_names_what_works_with_redis(
    no_variables: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(
        ConfigError, match=r"XDG_CACHE_HOME .*host=FileStore\(FOLDER\)\), or host=False"
    ) as caught:
        RedisStore(NOWHERE, key=KEY)

    assert "GATEPASS_STORE=file:" not in str(caught.value)
    RedisStore(NOWHERE, key=KEY, host=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    RedisStore(NOWHERE, key=KEY)


def test_prefixes_do_not_mix(server: Server, new_host: Hosts) -> None:
    one, two = new_host(server.url, prefix="one"), new_host(server.url, prefix="two")

    one.publish(leased(one), entry())

    leased(two)
    with server.admin as admin:
        assert all(b":{%s}:" % WANTED.account.encode() in key for key in admin.scan_iter())
