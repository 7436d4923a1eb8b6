"""A server that may evict what hosts share causes a warning."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..helpers import acquire_lease, cached_token, stored_token
from .conftest import NewHost
from .server import Server

POLICY = "maxmemory-policy"


@pytest.fixture
def evicting(each_server: Server) -> Iterator[Server]:
    with each_server.admin as admin:
        admin.config_set(POLICY, "allkeys-lru")
    yield each_server
    with each_server.admin as admin:
        admin.config_set(POLICY, "noeviction")


def test_an_evicting_server_causes_one_warning(
    evicting: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_host(evicting.url)
    for _ in range(2):
        store.publish(acquire_lease(store), cached_token(expires_in=-1))

    assert caplog.messages == [f"{store!r}: {POLICY} allkeys-lru may evict leases and quotas: use noeviction"]


def test_a_user_who_may_not_read_the_policy_gets_no_warning(
    evicting: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    with evicting.admin as admin:
        admin.execute_command("ACL", "SETUSER", "blind", "on", "nopass", "~*", "+@all", "-info", "-config")
    store = new_host(evicting.url.replace("//", "//blind:x@"))

    store.publish(acquire_lease(store), cached_token())

    assert stored_token(new_host(evicting.url)) == "fake-token"
    assert caplog.messages == []


def test_a_server_that_evicts_nothing_causes_no_warning(
    each_server: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_host(each_server.url)

    store.publish(acquire_lease(store), cached_token())

    assert caplog.messages == []
