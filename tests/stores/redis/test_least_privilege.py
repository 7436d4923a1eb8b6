"""The user of Redis that the docstring describes: it may do what is needed, and no more."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace

import pytest

from gatepass import Limited, Rejected
from gatepass.stores import RedisStore

from ...patience import PATIENCE
from .conftest import WANTED, Hosts, Server, entry, got, leased

HANDSHAKE = {"auth", "hello", "client", "config", "acl"}
"""What redis-py sends by itself, and this test."""


def documented() -> list[str]:
    """What the docstring's ACL SETUSER is given."""
    assert RedisStore.__doc__ is not None
    found = re.search(r"ACL SETUSER (.*?)\n\s*\n|ACL SETUSER (.*)", RedisStore.__doc__, re.DOTALL)
    assert found is not None
    return (found[1] or found[2]).split()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("protocol", [2, 3])
def test_the_documented_user_can_do_all_that_is_done(
    either: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture, protocol: int
) -> None:
    with either.admin as admin:
        admin.execute_command("ACL", "SETUSER", *documented())
        admin.execute_command("ACL", "LOG", "RESET")
        admin.config_resetstat()
    url = either.url.replace("//", "//gatepass:PASSWORD@") + f"?protocol={protocol}"
    one, two = new_host(url), new_host(url)
    quota = replace(WANTED, key="fake-quota", quota=(1, 3600))

    lease = leased(one)

    def publish_when_the_other_waits() -> None:
        either.wait_for_waiters()
        one.publish(lease, entry())

    publisher = threading.Thread(target=publish_when_the_other_waits)
    publisher.start()
    assert got(two) == "fake-token"
    publisher.join()
    one.fail(leased(one, quota), None, sent=False)
    one.fail(leased(one, quota), Rejected("no", retry_at=time.time() + 600), sent=True)
    assert isinstance(two.acquire(quota, PATIENCE), Rejected)
    assert isinstance(two.acquire(replace(quota, key="fake-3"), PATIENCE), Limited)

    assert caplog.messages == []
    with either.admin as admin:
        used = {name.removeprefix("cmdstat_") for name in admin.info("commandstats")}
        denied = {one["object"] for one in admin.acl_log()}
    allowed = {word[1:] for word in documented() if word.startswith("+")}
    assert allowed == {name for name in used if name.partition("|")[0] not in HANDSHAKE}
    assert {name.partition("|")[0] for name in denied} <= {"client"}  # redis-py tells its name, in vain
