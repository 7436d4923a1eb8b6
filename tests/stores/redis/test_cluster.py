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

from gatepass import RateLimited, Su
from gatepass.stores import CachedToken
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT, wait_for
from ..helpers import LOOKUP, acquire_lease, all_at_once, cached_token, stored_token
from .conftest import NewHost
from .server import BINARIES, Server

SLOTS = 16384


@contextlib.contextmanager
def cluster_of(count: int, kind: str = "valkey") -> Iterator[list[Server]]:
    """A cluster of primaries that share the slots evenly."""
    with contextlib.ExitStack() as stack:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(round(1000 * HANG_TIMEOUT)))
        nodes = [stack.enter_context(contextlib.closing(Server(kind, *options))) for _ in range(count)]
        for number, node in enumerate(nodes):
            with node.admin as admin:
                admin.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
                slots = range(SLOTS * number // count, SLOTS * (number + 1) // count)
                admin.execute_command("CLUSTER", "ADDSLOTS", *slots)
                if number:
                    admin.execute_command("CLUSTER", "MEET", "127.0.0.1", nodes[0].port)
        for node in nodes:
            with node.admin as admin:
                wait_for(functools.partial(_is_complete, admin, count))
        yield nodes


def _is_complete(admin: Any, count: int) -> bool:
    info = str(admin.execute_command("CLUSTER", "INFO"))
    return all(word in info for word in ("cluster_state:ok", f"cluster_size:{count}", f"{SLOTS}"))


@pytest.fixture
def cluster() -> Iterator[Server]:
    """A cluster with one node, which is as strict about slots as a large one."""
    with cluster_of(1) as (server,):
        yield server


def test_a_cluster_shares_tokens_and_the_quota(
    cluster: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.closing(RedisCluster.from_url(cluster.url, socket_timeout=HANG_TIMEOUT)) as client:
        first, second = new_host(client), new_host(cluster.url)
        quota = replace(LOOKUP, quota=(1, 3600))
        lease = acquire_lease(second, quota)
        threading.Timer(0.1, lambda: second.publish(lease, cached_token())).start()

        assert isinstance(first.acquire(quota, HANG_TIMEOUT), CachedToken)
        assert isinstance(first.acquire(replace(quota, key="fake-2"), HANG_TIMEOUT), RateLimited)
        assert stored_token(new_host(client)) == "fake-token"

    assert caplog.messages == []


@pytest.mark.parametrize("kind", BINARIES)
def test_hosts_share_tokens_on_each_of_three_nodes(
    emulator: Emulator, new_host: NewHost, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level("WARNING")
    with cluster_of(3, kind) as nodes, contextlib.ExitStack() as stack:
        for node in nodes:
            with node.admin as admin:
                admin.config_resetstat()
        clients = [
            stack.enter_context(
                contextlib.closing(library.from_url(nodes[0].url, socket_timeout=HANG_TIMEOUT))
            )
            for library in (RedisCluster, ValkeyCluster, RedisCluster)
        ]
        hosts = [new_host(client) for client in clients]
        for number in range(24):
            account = replace(LOOKUP, account=f"fake-{number}", key=f"fake-{number}", quota=(1, 3600))
            hosts[0].publish(acquire_lease(hosts[0], account), cached_token(f"fake-token-{number}"))
            assert stored_token(hosts[1], account) == f"fake-token-{number}"
            assert isinstance(
                hosts[2].acquire(replace(account, key=f"other-{number}"), HANG_TIMEOUT), RateLimited
            )
        tokens = all_at_once(Su("sandbox", store=host).token for host in hosts)

        for node in nodes:
            with node.admin as admin:
                assert "cmdstat_hset" in admin.info("commandstats")
        assert repr(hosts[0]).count("127.0.0.1:") == 3

    assert len({token.value for token in tokens}) == emulator.count("su") == 1
    assert caplog.messages == []


def test_the_url_of_a_cluster_node_is_a_warning_that_says_what_to_use(
    new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    with cluster_of(3) as nodes:
        for number in range(24):
            acquire_lease(new_host(nodes[0].url), replace(LOOKUP, account=f"fake-{number}"))

    assert caplog.messages
    assert all("RedisStore(RedisCluster.from_url(URL))" in message for message in caplog.messages)
