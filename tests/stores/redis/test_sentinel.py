"""After a failover by Sentinel the hosts find the promoted server."""

from __future__ import annotations

import contextlib
import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.sentinel import Sentinel

from gatepass import Setu, Su
from gatepass.stores import _store
from gatepass_emulator import Emulator

from ...snippets import blocks, run
from ...timeouts import HANG_TIMEOUT, wait_for
from ..helpers import all_at_once, always_new_tokens, assert_shared
from .conftest import NewHost, get_token_on_two_hosts
from .server import BINARIES, Server, started

NAME = "fake-primary"
CONFIG = """
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor {name} 127.0.0.1 {primary} 1
sentinel down-after-milliseconds {name} {milliseconds}
sentinel failover-timeout {name} 10000
"""


@contextlib.contextmanager
def sentinel_of(kind: str, primary: Server, folder: Path) -> Iterator[int]:
    """The port of a Sentinel that decides about a failover alone, once it has found the replica."""
    while True:
        port = random.randrange(10_000, 32_000)
        config = folder / f"{port}.conf"
        config.write_text(
            CONFIG.format(
                name=NAME,
                port=port,
                primary=primary.port,
                folder=folder,
                milliseconds=round(1000 * HANG_TIMEOUT),  # on a busy machine a server may be silent for long
            )
        )
        command = [str(BINARIES[kind]()), str(config), "--sentinel"]
        try:
            process = started(command, folder / f"{port}.log", "Sentinel ID is")
        except OSError:
            continue
        with process, contextlib.closing(redis.Redis(port=port, socket_timeout=HANG_TIMEOUT)) as admin:
            try:
                wait_for(lambda: admin.sentinel_slaves(NAME))
                yield port
            finally:
                process.kill()
        return


def _port_of_primary(sentinel: Any) -> int:
    """The port of the primary; 0 while there is none."""
    with contextlib.suppress(redis.RedisError):
        return int(sentinel.discover_master(NAME)[1])
    return 0


@contextlib.contextmanager
def impatient(port: int) -> Iterator[None]:
    """Inside, this Sentinel takes a silent server for dead after two seconds."""
    with contextlib.closing(redis.Redis(port=port, socket_timeout=HANG_TIMEOUT)) as admin:
        admin.sentinel_set(NAME, "down-after-milliseconds", 2000)
        yield
        admin.sentinel_set(NAME, "down-after-milliseconds", round(1000 * HANG_TIMEOUT))


@contextlib.contextmanager
def replicated(kind: str, folder: Path) -> Iterator[tuple[list[Server], int]]:
    """A primary and its replica, and the port of their Sentinel."""
    with contextlib.ExitStack() as stack:
        pair = [stack.enter_context(contextlib.closing(Server(kind))) for _ in range(2)]
        with pair[1].admin as admin:
            admin.replicaof("127.0.0.1", pair[0].port)
            wait_for(lambda: admin.info("replication")["master_link_status"] == "up")
        yield pair, stack.enter_context(sentinel_of(kind, pair[0], folder))


def _is_primary(server: Server) -> bool:
    with server.admin as admin:
        return bool(admin.role()[0] == b"master")


@pytest.mark.parametrize("kind", BINARIES)
def test_a_fleet_makes_one_request_before_and_one_after_a_failover(
    emulator: Emulator,
    new_host: NewHost,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    caplog.set_level("WARNING")
    with contextlib.ExitStack() as stack:
        pair, port = stack.enter_context(replicated(kind, tmp_path))
        make_sentinel: Callable[..., Any] = Sentinel  # it has no types
        sentinel = make_sentinel([("127.0.0.1", port)], socket_timeout=HANG_TIMEOUT)

        def new_client() -> Any:
            client = sentinel.master_for(NAME, socket_timeout=HANG_TIMEOUT)
            return stack.enter_context(contextlib.closing(client))

        url = f"redis+sentinel://127.0.0.1:{port}/{NAME}"
        hosts = [new_host(new_client()), new_host(new_client()), new_host(url)]
        fleet = [Su("sandbox", store=host) for host in hosts]
        before = {token.value for token in all_at_once(su.token for su in fleet)}
        assert len(before) == emulator.count("su") == 1
        assert {repr(host) for host in hosts} == {f"RedisStore('{NAME} of Sentinel 127.0.0.1:{port}')"}

        primary, replica = sorted(pair, key=lambda server: server.port != _port_of_primary(sentinel))
        with primary.admin as admin:
            assert admin.wait(1, 0) == 1
        primary.kill()
        with impatient(port):
            wait_for(lambda: _port_of_primary(sentinel) == replica.port and _is_primary(replica))

        late = [Su("sandbox", store=new_host(client)).token() for client in (new_client(), url)]
        assert {token.value for token in late} == before  # the promoted server has it
        for su in fleet:
            su.invalidate()
        after = {token.value for token in all_at_once(su.token for su in fleet)}
        assert len(after) == 1
        assert after != before
        assert emulator.count("su") == 2

    assert caplog.messages == []


@pytest.mark.parametrize("kind", BINARIES)
def test_no_request_fails_during_a_failover(
    emulator: Emulator, new_host: NewHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with replicated(kind, tmp_path) as (pair, port), contextlib.ExitStack() as stack:
        make_sentinel: Callable[..., Any] = Sentinel  # it has no types
        sentinel = make_sentinel([("127.0.0.1", port)], socket_timeout=HANG_TIMEOUT)
        clients = [
            stack.enter_context(contextlib.closing(sentinel.master_for(NAME, socket_timeout=HANG_TIMEOUT)))
            for _ in range(3)
        ]
        url = f"redis+sentinel://127.0.0.1:{port}/{NAME}"
        fleet = [Setu("sandbox", store=new_host(client)) for client in (*clients, url)]

        with monkeypatch.context() as shorter:
            # The new primary may have a lease that is never ended.
            shorter.setattr(_store, "LEASE_SECONDS", 3.0)
            with always_new_tokens(fleet) as counts:
                primary, replica = sorted(pair, key=lambda server: server.port != _port_of_primary(sentinel))
                primary.kill()
                before = list(counts)
                wait_for(lambda: all(now > then for now, then in zip(counts, before, strict=True)))
                with impatient(port):
                    wait_for(lambda: _port_of_primary(sentinel) == replica.port and _is_primary(replica))

        assert_shared(emulator, [Setu("sandbox", store=new_host(client)) for client in clients])


def test_the_documented_url_of_sentinel_shares_a_token_between_commands(
    emulator: Emulator, tmp_path: Path
) -> None:
    [setting] = [block.text for block in blocks("docs/fleets.md", "console") if "sentinel" in block.text]
    with replicated("valkey", tmp_path) as (_, port):
        setting = re.sub(r"//.*?/primary", f"//127.0.0.1:{port},127.0.0.1:1/{NAME}", setting)
        get_token_on_two_hosts(setting, tmp_path)

    assert emulator.count("setu") == 1


def test_the_documented_program_for_sentinel_shares_a_token(emulator: Emulator, tmp_path: Path) -> None:
    [program] = [block.text for block in blocks("docs/fleets.md", "python") if "Sentinel" in block.text]
    with replicated("valkey", tmp_path) as (_, port):
        program = re.sub(r"Sentinel\(\[.*?\]", f'Sentinel([("127.0.0.1", {port})]', program)
        program = program.replace('"primary"', f'"{NAME}"') + "setu.token()"
        for number in range(2):
            done = run([sys.executable, "-c", program], tmp_path, XDG_CACHE_HOME=str(tmp_path / str(number)))
            assert (done.returncode, done.stderr) == (0, "")

    assert emulator.count("setu") == 1
