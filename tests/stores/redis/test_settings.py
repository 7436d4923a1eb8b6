"""The arguments of a RedisStore, and the errors for wrong ones."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio

from gatepass import ConfigError, Su
from gatepass.stores import FileStore, RedisStore, _redis_store, open_store

from ..helpers import KEY, LOOKUP, acquire_lease, cached_token, stored_token
from .conftest import NewHost
from .server import Server

NOWHERE = "redis://fake-user:fake-hidden@127.0.0.1:1/0"


def test_without_a_key_the_error_says_how_to_make_one(clean_environment: None) -> None:
    with pytest.raises(ConfigError, match=r"GATEPASS_KEY .*urandom\(32\).* allow_plaintext=True") as caught:
        RedisStore(NOWHERE)

    assert "fake-hidden" not in str(caught.value)
    RedisStore(NOWHERE, allow_plaintext=True)
    RedisStore(NOWHERE, key=KEY)


@pytest.mark.parametrize(
    "url",
    [
        "redis://redis.invalid",
        "redis+cluster://redis.invalid,other.invalid:7000",
        "redis+sentinel://redis.invalid,other.invalid:26380/primary/1",
    ],
)
def test_the_constructor_does_no_io(
    new_host: NewHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, url: str
) -> None:
    def forbidden(*_args: Any, **_more: Any) -> None:
        raise AssertionError("no I/O")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)

    new_host(url)

    assert list(tmp_path.iterdir()) == []


def test_a_file_store_is_the_default_host_store(clean_environment: None) -> None:
    assert isinstance(RedisStore(NOWHERE, key=KEY)._host._store, FileStore)
    assert RedisStore(NOWHERE, key=KEY, host=False)._host._store is None


def test_the_variable_names_a_redis_store(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPASS_KEY", KEY)
    monkeypatch.setenv("GATEPASS_STORE", NOWHERE)

    assert isinstance(open_store(None), RedisStore)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (NOWHERE, "127.0.0.1:1"),
        ("rediss://:fake-hidden@127.0.0.1:1", "127.0.0.1:1"),
        ("valkeys://:fake-hidden@127.0.0.1:1", "127.0.0.1:1"),
        ("valkeys+cluster://fake:fake-hidden@a.internal,[::1]:1", "a.internal:6379,::1:1"),
        (
            "rediss+sentinel://:fake-hidden@localhost,127.0.0.1:1/p",
            "p of Sentinel localhost:26379,127.0.0.1:1",
        ),
    ],
)
def test_its_repr_contains_no_password(new_host: NewHost, url: str, shown: str) -> None:
    assert repr(new_host(url)) == f"RedisStore({shown!r})"


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_client_with_a_long_timeout_causes_one_warning(
    server: Server,
    new_host: NewHost,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    timeout: Any,
) -> None:
    monkeypatch.setattr(_redis_store, "SAFE_STALL", 2.0)
    with redis.Redis.from_url(server.url, socket_timeout=timeout) as client:
        store = new_host(client)
        store.publish(acquire_lease(store), cached_token())
        stored_token(store)

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
        "redis+cluster://:fake-hidden@127.0.0.1:7000,valkey.internal:7000",
        "valkey+cluster://fake-user:fake-hidden@valkey.internal",
        "redis+sentinel://:fake-hidden@10.0.0.1,10.0.0.2:26380/primary",
        "redis+sentinel://10.0.0.1/primary?sentinel_password=fake-hidden",
        "redis+cluster://:fake-hidden@127.0.0.1:7000,[::1]:7001",
        "redis+sentinel://:fake-hidden@localhost/primary",
    ],
)
def test_a_password_is_not_sent_to_another_host_unencrypted_unless_that_is_allowed(
    new_host: NewHost, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    tls = re.sub(r"redis|valkey", "rediss", url.partition("://")[0]).replace("+", r"\+")
    with pytest.raises(
        ConfigError, match=rf"without encryption: use {tls}://.*allow_plaintext=True"
    ) as caught:
        new_host(url)
    monkeypatch.setenv("GATEPASS_STORE", url)
    with pytest.raises(ConfigError, match=f"without encryption: use {tls}://"):
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
        "redis+cluster://valkey.internal/0",
        "rediss+sentinel://:fake-hidden@valkey.internal/primary?sentinel_password=fake-hidden",
        "valkeys+sentinel://:fake-hidden@valkey.internal/primary/2?ssl_cert_reqs=none",
    ],
)
def test_a_url_is_accepted_that_exposes_no_password(new_host: NewHost, url: str) -> None:
    new_host(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://fake-hidden",
        "redis://fake-hidden:port",
        "",
        "sentinel://:fake-hidden@127.0.0.1:26379",
        "redis-sentinel://:fake-hidden@127.0.0.1:26379/primary",
        "redis+sentinel://:fake-hidden@127.0.0.1:26379",
        "redis+sentinel://:fake-hidden@127.0.0.1:port/primary",
        "redis+sentinel://:fake-hidden@127.0.0.1/primary/one",
        "redis+sentinel://127.0.0.1/primary?fake-hidden=1",
        "redis+cluster://:fake-hidden@127.0.0.1:7000/1",
        "redis+cluster://127.0.0.1:7000?fake-hidden=1",
        "redis+cluster://:fake-hidden@127.0.0.1:7000,",
        "redis+cluster://:fake-hidden@",
        "redis+other://:fake-hidden@127.0.0.1",
    ],
)
def test_an_invalid_url_is_an_error_that_does_not_repeat_it(new_host: NewHost, url: str) -> None:
    with pytest.raises(ConfigError, match="not a URL of Redis") as caught:
        new_host(url)

    assert "fake-hidden" not in str(caught.value)


def test_an_object_that_is_not_a_client_is_an_error(new_host: NewHost) -> None:
    for wrong in redis.asyncio.Redis(), object(), None:
        with pytest.raises(ConfigError, match="a client of redis-py that is not asyncio's"):
            new_host(wrong)


def test_without_redis_py_the_error_names_the_extra(
    new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(ConfigError, match=r"pip install 'gatepass\[redis\]'"):
        new_host(NOWHERE)


def test_a_valkey_url_is_accepted(server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.url.replace("redis://", "valkey://")
    store = new_host(url)
    store.publish(acquire_lease(store), cached_token())
    monkeypatch.setenv("GATEPASS_STORE", url)
    named = open_store(None)

    assert stored_token(new_host(server.url)) == "fake-token"
    assert repr(named) == repr(store)


def test_without_a_home_folder_the_error_says_what_to_set(
    clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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


def test_stores_with_different_prefixes_share_nothing(server: Server, new_host: NewHost) -> None:
    first, second = new_host(server.url, prefix="one"), new_host(server.url, prefix="two")

    first.publish(acquire_lease(first), cached_token())

    acquire_lease(second)
    with server.admin as admin:
        assert all(b":{%s}:" % LOOKUP.account.encode() in key for key in admin.scan_iter())
