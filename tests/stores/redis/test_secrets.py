"""No token and no password where it could be read."""

from __future__ import annotations

import pytest

from gatepass import Su
from gatepass_emulator import Emulator

from .conftest import Hosts, Server, hurry


def test_neither_logs_nor_redis_have_a_token_or_a_password(
    emulator: Emulator,
    victim: Server,
    new_host: Hosts,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("DEBUG")
    with victim.admin as admin:
        admin.execute_command("ACL", "SETUSER", "fake-user", "on", ">fake-hidden", "~*", "+@all")
    url = victim.url.replace("//", "//fake-user:fake-hidden@")

    with victim.listened():
        shown = repr(new_host(url))
        token = Su("sandbox", store=new_host(url)).token().value
        with victim.admin as admin:
            for key in admin.scan_iter():
                shown += repr(admin.dump(key)) + repr(key)
        hurry(monkeypatch)
        victim.stall()
        Su("sandbox", store=new_host(url)).token()
        victim.go_on()

    assert "going on without the fleet" in caplog.text
    for hidden in token, "fake-hidden", "fake-su-hidden":
        assert hidden not in caplog.text + shown
