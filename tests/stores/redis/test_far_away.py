"""A server whose responses take long, as from another continent."""

from __future__ import annotations

import pytest

from gatepass.stores import Lease, RedisStore, _redis_client

from .conftest import Hosts, Server, entry, leased
from .slow import far_away

DEFAULTS = {name: getattr(_redis_client, name) for name in ("CONNECT", "READ", "BOUND")}
ATTEMPTS = 20
"""A busy machine may be late several times; with too short a timeout the server would never be used."""


@pytest.fixture(autouse=True)
def default_timeouts(monkeypatch: pytest.MonkeyPatch, patient: None) -> None:
    for name, value in DEFAULTS.items():
        monkeypatch.setattr(_redis_client, name, value)


def is_used(store: RedisStore) -> bool:
    lease: Lease = leased(store)
    store.publish(lease, entry(lives=-1))
    return bool(lease.handle.fence > 0)


@pytest.mark.parametrize("seconds", [0.2, 0.4])
def test_a_server_far_away_is_used(server: Server, new_host: Hosts, seconds: float) -> None:
    with server.admin as admin:
        admin.execute_command("ACL", "SETUSER", "far", "on", ">fake-hidden", "~*", "+@all")
    with far_away(server, seconds) as url:
        url = url.replace("//", "//far:fake-hidden@").replace("/0", "/1")  # two more commands come first
        assert any(is_used(new_host(url)) for _ in range(ATTEMPTS))


def test_the_url_may_set_other_timeouts(server: Server, new_host: Hosts) -> None:
    with far_away(server, 0.4) as url:
        assert not is_used(new_host(f"{url}?socket_timeout=0.1"))

    client = new_host("rediss://valkey.invalid?socket_timeout=2.5&socket_connect_timeout=1.5")._redis._client
    options = client.get_connection_kwargs()
    assert (options["socket_connect_timeout"], options["socket_timeout"]) == (1.5, 2.5)
