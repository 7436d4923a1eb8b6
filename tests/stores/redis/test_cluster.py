"""A cluster: every key of a script is in one slot."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis.cluster import RedisCluster

from gatepass import Limited
from gatepass.stores import Entry

from ...patience import PATIENCE, wait_for
from .conftest import WANTED, Hosts, Server, entry, got, leased


@pytest.fixture
def cluster() -> Iterator[Server]:
    """A cluster of one, which is as strict about slots as a large one."""
    with contextlib.closing(Server("valkey", "--cluster-enabled", "yes")) as server:
        with server.admin as admin:
            admin.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            wait_for(
                lambda: (
                    "fail" not in str(admin.execute_command("CLUSTER", "INFO")).partition("cluster_slots")[0]
                )
            )
        yield server


def test_a_cluster_serves(cluster: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture) -> None:
    with contextlib.closing(RedisCluster.from_url(cluster.url, socket_timeout=PATIENCE)) as client:
        one, two = new_host(client), new_host(cluster.url)
        quota = replace(WANTED, quota=(1, 3600))
        lease = leased(two, quota)
        threading.Timer(0.1, lambda: two.publish(lease, entry())).start()

        assert isinstance(one.acquire(quota, PATIENCE), Entry)
        assert isinstance(one.acquire(replace(quota, key="fake-2"), PATIENCE), Limited)
        assert got(new_host(client)) == "fake-token"

    assert caplog.messages == []
