"""A server that may evict what hosts share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import Hosts, Server, entry, got, leased

POLICY = "maxmemory-policy"


@pytest.fixture
def evicting(either: Server) -> Iterator[Server]:
    with either.admin as admin:
        admin.config_set(POLICY, "allkeys-lru")
    yield either
    with either.admin as admin:
        admin.config_set(POLICY, "noeviction")


def test_it_is_warned_about_once(evicting: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    store = new_host(evicting.url)
    for _ in range(2):
        store.publish(leased(store), entry(lives=-1))

    assert caplog.messages == [f"{store!r}: {POLICY} allkeys-lru may evict leases and quotas: use noeviction"]


def test_a_user_who_may_not_see_the_policy_gets_no_warning(
    evicting: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    with evicting.admin as admin:
        admin.execute_command("ACL", "SETUSER", "blind", "on", "nopass", "~*", "+@all", "-info", "-config")
    store = new_host(evicting.url.replace("//", "//blind:x@"))

    store.publish(leased(store), entry())

    assert got(new_host(evicting.url)) == "fake-token"
    assert caplog.messages == []


def test_a_server_that_evicts_nothing_is_not_warned_about(
    either: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_host(either.url)

    store.publish(leased(store), entry())

    assert caplog.messages == []
