"""The Redis user of the docstring may run the commands that are needed, and no others."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from dataclasses import replace

import pytest

from gatepass import RateLimited, Rejected, Su
from gatepass.stores import RedisStore
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT
from ..helpers import LOOKUP, acquire_lease, cached_token, stored_token
from .conftest import NewHost
from .server import BINARIES, SYSTEM, Server, needs_system_redis

HANDSHAKE = {"auth", "hello", "client", "config", "acl"}
"""Commands that redis-py sends itself, and those of this test."""


def documented() -> list[str]:
    """The arguments of ACL SETUSER in the docstring."""
    assert RedisStore.__doc__ is not None
    match = re.search(r"ACL SETUSER (.*?)\n\s*\n|ACL SETUSER (.*)", RedisStore.__doc__, re.DOTALL)
    assert match is not None
    return (match[1] or match[2]).split()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("protocol", [2, 3])
def test_the_documented_user_may_run_exactly_the_commands_that_are_sent(
    each_server: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture, protocol: int
) -> None:
    with each_server.admin as admin:
        admin.execute_command("ACL", "SETUSER", *documented())
        admin.execute_command("ACL", "LOG", "RESET")
        admin.config_resetstat()
    url = each_server.url.replace("//", "//gatepass:PASSWORD@") + f"?protocol={protocol}"
    first, second = new_host(url), new_host(url)
    quota = replace(LOOKUP, key="fake-quota", quota=(1, 3600))

    lease = acquire_lease(first)

    def publish_when_the_other_waits() -> None:
        each_server.wait_for_waiters()
        first.publish(lease, cached_token())

    publisher = threading.Thread(target=publish_when_the_other_waits)
    publisher.start()
    assert stored_token(second) == "fake-token"
    publisher.join()
    first.fail(acquire_lease(first, quota), None, sent=False)
    first.fail(acquire_lease(first, quota), Rejected("no", retry_at=time.time() + 600), sent=True)
    assert isinstance(second.acquire(quota, HANG_TIMEOUT), Rejected)
    assert isinstance(second.acquire(replace(quota, key="fake-3"), HANG_TIMEOUT), RateLimited)

    assert caplog.messages == []
    with each_server.admin as admin:
        used = {name.removeprefix("cmdstat_") for name in admin.info("commandstats")}
        denied = {entry["object"] for entry in admin.acl_log()}
    allowed = {word[1:] for word in documented() if word.startswith("+")}
    assert allowed == {name for name in used if name.partition("|")[0] not in HANDSHAKE}
    assert {name.partition("|")[0] for name in denied} <= {"client"}  # redis-py tries to send its name


@pytest.mark.parametrize("kind", [*BINARIES, pytest.param(SYSTEM, marks=needs_system_redis)])
def test_the_warning_names_the_one_command_that_is_not_allowed(
    emulator: Emulator, new_host: NewHost, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    commands = [word[1:] for word in documented() if word.startswith("+")]
    named = set()
    with contextlib.closing(Server(kind)) as server, server.admin as admin:
        url = server.url.replace("//", "//gatepass:PASSWORD@")
        for command in commands:
            admin.flushall()
            admin.execute_command("ACL", "SETUSER", *documented(), f"-{command}")
            emulator.clear()
            caplog.clear()
            exercise(new_host(url), new_host(url))

            assert Su("sandbox", store=new_host(url)).token().value
            if caplog.messages:
                assert f"its user may not run {command.upper()}; " in caplog.messages[0]
                named.add(command)
    assert set(commands) - named == {"info"}  # which is only for a warning


def exercise(first: RedisStore, second: RedisStore) -> None:
    """Send each command at least once, if all are allowed."""
    quota = replace(LOOKUP, key="fake-quota", quota=(1, 3600))
    lease = acquire_lease(first)
    second._client.wait_for_entry(first._leases._keys(LOOKUP)[2], "0-0", 0.001)
    second.acquire(LOOKUP, 0.001)
    first.publish(lease, cached_token())
    lease = acquire_lease(first, quota)
    first.fail(lease, None, sent=False)
    second.acquire(replace(quota, key="fake-3"), HANG_TIMEOUT)
    second.acquire(replace(quota, key="fake-4"), HANG_TIMEOUT)


def test_the_warning_says_that_the_user_may_not_use_the_keys(
    each_server: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    with each_server.admin as admin:
        admin.execute_command("ACL", "SETUSER", *documented(), "resetkeys", "~other:*")
    store = new_host(each_server.url.replace("//", "//gatepass:PASSWORD@"))

    store.publish(acquire_lease(store), cached_token())

    assert len(caplog.messages) == 1
    assert "its user may not use the keys of this prefix" in caplog.messages[0]
