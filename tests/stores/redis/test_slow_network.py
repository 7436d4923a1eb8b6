"""A server whose responses are slow, as from another continent."""

from __future__ import annotations

import pytest

from gatepass.stores import RedisStore, _redis_client, _redis_url

from ..helpers import acquire_lease, cached_token
from .conftest import NewHost
from .server import Server
from .slow_network import slow_network

DEFAULTS = {
    (_redis_url, "CONNECT_TIMEOUT"): _redis_url.CONNECT_TIMEOUT,
    (_redis_url, "READ_TIMEOUT"): _redis_url.READ_TIMEOUT,
    (_redis_client, "COMMAND_TIMEOUT"): _redis_client.COMMAND_TIMEOUT,
}
ATTEMPTS = 20
"""A busy machine may miss the timeout several times; a timeout that is too short is always missed."""


@pytest.fixture(autouse=True)
def default_timeouts(monkeypatch: pytest.MonkeyPatch, long_timeouts: None) -> None:
    for (module, name), value in DEFAULTS.items():
        monkeypatch.setattr(module, name, value)


def is_used(store: RedisStore) -> bool:
    lease = acquire_lease(store)
    store.publish(lease, cached_token(expires_in=-1))
    return bool(lease.handle.fence > 0)


@pytest.mark.parametrize("seconds", [0.2, 0.4])
def test_a_server_on_a_slow_network_is_used(server: Server, new_host: NewHost, seconds: float) -> None:
    with server.admin as admin:
        admin.execute_command("ACL", "SETUSER", "far", "on", ">fake-hidden", "~*", "+@all")
    with slow_network(server, seconds) as url:
        url = url.replace("//", "//far:fake-hidden@").replace("/0", "/1")  # two more commands
        assert any(is_used(new_host(url)) for _ in range(ATTEMPTS))


def test_the_url_may_set_the_timeouts(server: Server, new_host: NewHost) -> None:
    with slow_network(server, 0.4) as url:
        assert not is_used(new_host(f"{url}?socket_timeout=0.1"))

    client = new_host("rediss://valkey.invalid?socket_timeout=2.5&socket_connect_timeout=1.5")._client._client
    options = client.get_connection_kwargs()
    assert (options["socket_connect_timeout"], options["socket_timeout"]) == (1.5, 2.5)
