"""Clusters: every key of a script is in one slot."""

from __future__ import annotations

import contextlib
import functools
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis.cluster import RedisCluster
from valkey.cluster import ValkeyCluster

from gatepass import RateLimited, Setu, Su
from gatepass.stores import CachedToken, _store
from gatepass_emulator import Emulator

from ...snippets import blocks, run
from ...timeouts import HANG_TIMEOUT, wait_for
from ..helpers import (
    LOOKUP,
    acquire_lease,
    all_at_once,
    always_new_tokens,
    assert_shared,
    cached_token,
    stored_token,
)
from .conftest import NewHost, get_token_on_two_hosts
from .server import BINARIES, Server

SLOTS = 16384
NODE_TIMEOUT = "cluster-node-timeout"


def url_of(nodes: list[Server], user: str = "") -> str:
    return f"redis+cluster://{user}{','.join(f'127.0.0.1:{node.port}' for node in nodes)}"


def node_of(kind: str) -> contextlib.closing[Server]:
    """A node that takes no other for dead: on a busy machine one may be silent for long."""
    options = ["--cluster-enabled", "yes", f"--{NODE_TIMEOUT}", str(round(1000 * HANG_TIMEOUT))]
    options += ["--cluster-replica-validity-factor", "0"]  # a replica takes over, however late it is
    return contextlib.closing(Server(kind, *options))


@contextlib.contextmanager
def impatient(nodes: list[Server]) -> Iterator[None]:
    """Inside, these nodes take a silent one for dead after two seconds."""
    for node in nodes:
        _set_node_timeout(node, 2)
    yield
    for node in nodes:
        _set_node_timeout(node, HANG_TIMEOUT)


def _set_node_timeout(node: Server, seconds: float) -> None:
    with node.admin as admin:
        admin.config_set(NODE_TIMEOUT, round(1000 * seconds))


@contextlib.contextmanager
def cluster_of(count: int, kind: str = "valkey") -> Iterator[list[Server]]:
    """A cluster of primaries that share the slots evenly."""
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(node_of(kind)) for _ in range(count)]
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


@contextlib.contextmanager
def replica_of(primary: Server, kind: str) -> Iterator[Server]:
    """A node that replicates another one, and takes over if that dies."""
    with node_of(kind) as replica, primary.admin as other, replica.admin as admin:
        admin.execute_command("CLUSTER", "MEET", "127.0.0.1", primary.port)
        name = other.execute_command("CLUSTER", "MYID")
        wait_for(lambda: _knows(admin, name))
        admin.execute_command("CLUSTER", "REPLICATE", name)
        wait_for(lambda: admin.info("replication")["master_link_status"] == "up")
        yield replica


def _knows(admin: Any, name: bytes) -> bool:
    return name.decode() in str(admin.execute_command("CLUSTER", "NODES"))


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
            for library in (RedisCluster, ValkeyCluster)
        ]
        hosts = [new_host(client) for client in (*clients, url_of(nodes))]
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
        assert [repr(host).count("127.0.0.1:") for host in hosts] == [3, 3, 3]

    assert len({token.value for token in tokens}) == emulator.count("su") == 1
    assert caplog.messages == []


def test_the_url_of_a_cluster_node_is_a_warning_that_says_what_to_use(
    new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    with cluster_of(3) as nodes:
        for number in range(24):
            acquire_lease(new_host(nodes[0].url), replace(LOOKUP, account=f"fake-{number}"))

    assert caplog.messages
    assert all("write redis+cluster://HOST:PORT" in message for message in caplog.messages)


@pytest.mark.parametrize("kind", BINARIES)
def test_no_request_fails_when_a_node_dies_and_its_replica_takes_over(
    emulator: Emulator, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with contextlib.ExitStack() as stack:
        nodes = stack.enter_context(cluster_of(3, kind))
        clients = [
            stack.enter_context(
                contextlib.closing(RedisCluster.from_url(node.url, socket_timeout=HANG_TIMEOUT))
            )
            for node in nodes
        ]
        fleet = [Setu("sandbox", store=new_host(client)) for client in (*clients, url_of(nodes))]
        client: Any = clients[0]
        port = client.get_node_from_key(f"{{{fleet[0]._settings.account_key}}}").port
        [primary] = [node for node in nodes if node.port == port]
        replica = stack.enter_context(replica_of(primary, kind))
        for node in (*nodes, replica):
            wait_for(lambda node=node: _knows_all(node, primary))  # type: ignore[misc]

        with monkeypatch.context() as shorter:
            # The new primary may have a lease that is never ended.
            shorter.setattr(_store, "LEASE_SECONDS", 3.0)
            with always_new_tokens(fleet) as counts:
                primary.kill()
                before = list(counts)
                wait_for(lambda: all(now > then for now, then in zip(counts, before, strict=True)))
                others = [replica, *(node for node in nodes if node is not primary)]
                with impatient(others):
                    for node in others:
                        wait_for(lambda node=node: _is_complete_without_replicas(node))  # type: ignore[misc]

        assert_shared(emulator, [Setu("sandbox", store=new_host(client)) for client in clients])


@pytest.mark.parametrize("kind", BINARIES)
def test_a_cluster_that_was_down_as_a_whole_is_found_again(
    emulator: Emulator, new_host: NewHost, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level("WARNING")
    with cluster_of(3, kind) as nodes:
        fleet = [Setu("sandbox", store=new_host(url_of(nodes))) for _ in range(3)]
        assert_shared(emulator, fleet)
        assert caplog.messages == []
        for node in nodes:
            node.kill()
        for setu in fleet:
            setu.invalidate()
            assert setu.token()
        assert len(caplog.messages) == len(fleet)

        for node in nodes:
            node.start()
        for node in nodes:
            with node.admin as admin:
                wait_for(functools.partial(_is_complete, admin, 3))
        for setu in fleet:
            setu.invalidate()
            setu.token()  # the first command finds that an old connection is broken
        assert_shared(emulator, fleet)


def test_a_url_needs_one_node_that_responds(emulator: Emulator, new_host: NewHost) -> None:
    with cluster_of(3) as nodes:
        gone = Server("valkey")
        gone.close()

        assert_shared(emulator, [Setu("sandbox", store=new_host(url_of([gone, node]))) for node in nodes])


def _replicas_known_to(server: Server) -> list[int]:
    with server.admin as admin:
        nodes = admin.execute_command("CLUSTER", "NODES").decode().splitlines()
    addresses = [node.split()[1] for node in nodes if "slave" in node]
    return [int(address.partition("@")[0].rpartition(":")[2]) for address in addresses]


def _knows_all(server: Server, primary: Server) -> bool:
    """Whether it is connected to the three others, and knows all slots and the primary of the replica.

    A replica that knows only its primary when the primary dies cannot request votes from the others.
    """
    with primary.admin as admin:
        name = admin.execute_command("CLUSTER", "MYID").decode()
    with server.admin as admin:
        nodes = admin.execute_command("CLUSTER", "NODES").decode()
        return _is_complete(admin, 3) and f"slave {name}" in nodes and nodes.count(" connected") == 4


def _is_complete_without_replicas(server: Server) -> bool:
    with server.admin as admin:
        return _is_complete(admin, 3) and _replicas_known_to(server) == []


@pytest.mark.filterwarnings("ignore:.*read_from_replicas:DeprecationWarning")
@pytest.mark.parametrize("kind", BINARIES)
def test_a_client_that_reads_from_replicas_shares_tokens(
    emulator: Emulator, new_host: NewHost, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level("WARNING")
    with contextlib.ExitStack() as stack:
        [primary] = stack.enter_context(cluster_of(1, kind))
        stack.enter_context(replica_of(primary, kind))
        fleet = []
        for _ in range(4):
            client = RedisCluster.from_url(primary.url, socket_timeout=HANG_TIMEOUT, read_from_replicas=True)
            fleet.append(Setu("sandbox", store=new_host(stack.enter_context(contextlib.closing(client)))))

        assert_shared(emulator, fleet)

    assert caplog.messages == []


@pytest.mark.parametrize("kind", BINARIES)
def test_the_documented_user_of_a_cluster_is_denied_nothing(
    emulator: Emulator, new_host: NewHost, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level("WARNING")
    users = [block.text.removeprefix("ACL SETUSER ") for block in blocks("docs/fleets.md", "text")]
    with contextlib.ExitStack() as stack:
        nodes = stack.enter_context(cluster_of(3, kind))
        for node in nodes:
            with node.admin as admin:
                for user in users:
                    words = user.split()
                    if kind == "redis-6.2":  # it has no CLUSTER SHARDS
                        words = [word for word in words if word != "+cluster|shards"]
                    admin.execute_command("ACL", "SETUSER", *words)
        url = nodes[0].url.replace("//", "//gatepass:PASSWORD@")
        clients = [RedisCluster.from_url(url, socket_timeout=HANG_TIMEOUT) for _ in range(3)]
        hosts = [new_host(stack.enter_context(contextlib.closing(client))) for client in clients]
        hosts.append(new_host(url_of(nodes, "gatepass:PASSWORD@"), allow_plaintext=True))

        assert_shared(emulator, [Setu("sandbox", store=host) for host in hosts])
        for node in nodes:
            with node.admin as admin:
                assert {entry["object"].partition("|")[0] for entry in admin.acl_log()} <= {"client"}

    assert len(users) == 2
    assert caplog.messages == []


def test_the_documented_url_of_a_cluster_shares_a_token_between_commands(
    emulator: Emulator, tmp_path: Path
) -> None:
    [setting] = [block.text for block in blocks("docs/fleets.md", "console") if "cluster" in block.text]
    with cluster_of(3) as nodes:
        setting = re.sub(r"redis.*(?=')", url_of(nodes[1:]), setting)
        get_token_on_two_hosts(setting, tmp_path)

    assert emulator.count("setu") == 1


def test_the_documented_program_for_a_cluster_shares_a_token(emulator: Emulator, tmp_path: Path) -> None:
    [program] = [block.text for block in blocks("docs/fleets.md", "python") if "RedisCluster" in block.text]
    with cluster_of(3) as nodes:
        node = f'host="127.0.0.1", port={nodes[0].port}'
        program = program.replace('host="10.0.0.1", port=6379', node) + "setu.token()"
        for number in range(2):
            done = run([sys.executable, "-c", program], tmp_path, XDG_CACHE_HOME=str(tmp_path / str(number)))
            assert (done.returncode, done.stderr) == (0, "")

    assert emulator.count("setu") == 1
