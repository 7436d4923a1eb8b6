"""Clusters: every key of a script is in one slot."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from redis.cluster import RedisCluster
from valkey.cluster import ValkeyCluster

from gatepass import Limited, Su
from gatepass.stores import Entry
from gatepass_emulator import Emulator

from ...patience import PATIENCE, wait_for
from .conftest import BINARIES, WANTED, Hosts, Server, entry, got, leased
from .crowd import all_at_once

SLOTS = 16384


@contextlib.contextmanager
def cluster_of(count: int, kind: str = "valkey") -> Iterator[list[Server]]:
    """Primaries that share the slots evenly."""
    with contextlib.ExitStack() as stack:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(round(1000 * PATIENCE)))
        nodes = [stack.enter_context(contextlib.closing(Server(kind, *options))) for _ in range(count)]
        for number, node in enumerate(nodes):
            with node.admin as admin:
                admin.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                ours = range(SLOTS * number // count, SLOTS * (number + 1) // count)
                admin.execute_command("CLUSTER", "ADDSLOTS", *ours)
                if number:
                    admin.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)
        for node in nodes:
            with node.admin as admin:
                wait_for(functools.partial(_is_whole, admin, count))
        yield nodes


def _is_whole(admin: Any, count: int) -> bool:
    info = str(admin.execute_command("CLUSTER", "INFO"))
    return all(word in info for word in ("cluster_state:ok", f"cluster_size:{count}", f"{SLOTS}"))


@pytest.fixture
def cluster() -> Iterator[Server]:
    """A cluster of one, which is as strict about slots as a large one."""
    with cluster_of(1) as (server,):
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


@pytest.mark.parametrize("kind", BINARIES)
def test_hosts_share_tokens_on_each_of_three_nodes(
    emulator: Emulator, new_host: Hosts, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level("WARNING")
    with cluster_of(3, kind) as nodes, contextlib.ExitStack() as stack:
        for node in nodes:
            with node.admin as admin:
                admin.config_resetstat()
        clients = [
            stack.enter_context(contextlib.closing(library.from_url(nodes[0].url, socket_timeout=PATIENCE)))
            for library in (RedisCluster, ValkeyCluster, RedisCluster)
        ]
        hosts = [new_host(client) for client in clients]
        for number in range(24):
            account = replace(WANTED, account=f"fake-{number}", key=f"fake-{number}", quota=(1, 3600))
            hosts[0].publish(leased(hosts[0], account), entry(f"fake-token-{number}"))
            assert got(hosts[1], account) == f"fake-token-{number}"
            assert isinstance(hosts[2].acquire(replace(account, key=f"other-{number}"), PATIENCE), Limited)
        tokens = all_at_once(Su("sandbox", store=host).token for host in hosts)

        for node in nodes:
            with node.admin as admin:
                assert "cmdstat_hset" in admin.info("commandstats")
        assert repr(hosts[0]).count("127.0.0.1:") == 3

    assert len({token.value for token in tokens}) == emulator.count("su") == 1
    assert caplog.messages == []


def test_the_url_of_a_node_is_not_enough_and_the_warning_says_what_is(
    new_host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    with cluster_of(3) as nodes:
        for number in range(24):
            leased(new_host(nodes[0].url), replace(WANTED, account=f"fake-{number}"))

    assert caplog.messages
    assert all("RedisStore(RedisCluster.from_url(URL))" in message for message in caplog.messages)
