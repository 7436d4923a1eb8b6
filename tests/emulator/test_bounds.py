"""The emulator keeps and reads only so much, however long it runs and whatever it is sent."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from gatepass_emulator import Emulator, _message, _server

from .conftest import SPECS, Desk


@pytest.fixture
def short_log(monkeypatch: pytest.MonkeyPatch, client: httpx.Client) -> Iterator[Desk]:
    monkeypatch.setattr(_server, "LOG_LIMIT", 3)
    with Emulator(specs=SPECS) as emulator:
        yield Desk(emulator, client)


def state(desk: Desk, after: int) -> tuple[list[str], int]:
    found = desk.client.get(f"{desk.emulator.base_url}/_emulator/state", params={"after": after}).json()
    return [call["environment"] for call in found["calls"]], found["next"]


def test_the_log_keeps_the_newest_requests_and_the_live_page_counts_on(short_log: Desk) -> None:
    for _ in range(4):
        short_log.setu()
    assert state(short_log, 0) == (["sandbox"] * 3, 4)
    short_log.setu("production")
    assert state(short_log, 4) == (["production"], 5)
    assert state(short_log, 5) == ([], 5)
    assert len(short_log.emulator.calls) == short_log.emulator.count("setu") == 3
    short_log.emulator.clear()
    assert state(short_log, 0) == ([], 0)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_refused_and_not_kept(
    chunked: bool, desk: Desk, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_message, "BODY_LIMIT", 10_000)
    content = b"x" * 10_001
    for url in (desk.url("setu", "sandbox") + "/auth/token", f"{emulator.base_url}/_emulator/fault"):
        body = iter([content[:5_000], content[5_000:]]) if chunked else content
        assert desk.client.post(url, content=body).status_code == 413
    assert emulator.calls == []
    assert desk.setu().status_code == 200


def test_a_log_entry_is_short_however_long_the_path_or_method_is(desk: Desk, emulator: Emulator) -> None:
    desk.client.get(desk.url("setu", "sandbox") + "/a" * 10_000)
    desk.client.request("X" * 10_000, desk.url("setu", "sandbox") + "/echo")
    assert [(len(call.path), len(call.method)) for call in emulator.calls] == [(200, 3), (5, 20)]
