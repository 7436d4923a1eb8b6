"""The Redis user of the docstring may run the commands that are needed, and no others."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace

import pytest

from gatepass import RateLimited, Rejected
from gatepass.stores import RedisStore

from ...timeouts import HANG_TIMEOUT
from ..helpers import LOOKUP, acquire_lease, cached_token, stored_token
from .conftest import NewHost
from .server import Server

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
