"""Logs, reprs and Redis contain no token and no password."""

from __future__ import annotations

import pytest

from gatepass import Su
from gatepass_emulator import Emulator

from .conftest import NewHost, use_short_timeouts
from .server import Server


def test_neither_logs_nor_redis_contain_a_token_or_a_password(
    emulator: Emulator,
    own_server: Server,
    new_host: NewHost,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level("DEBUG")
    with own_server.admin as admin:
        admin.execute_command("ACL", "SETUSER", "fake-user", "on", ">fake-hidden", "~*", "+@all")
    url = own_server.url.replace("//", "//fake-user:fake-hidden@")

    with own_server.monitored():
        output = repr(new_host(url))
        token = Su("sandbox", store=new_host(url)).token().value
        with own_server.admin as admin:
            for key in admin.scan_iter():
                output += repr(admin.dump(key)) + repr(key)
        use_short_timeouts(monkeypatch)
        own_server.stall()
        Su("sandbox", store=new_host(url)).token()
        own_server.resume()

    assert "going on without the fleet" in caplog.text
    for hidden in token, "fake-hidden", "fake-su-hidden":
        assert hidden not in caplog.text + output
