"""The emulator limits its log and the bodies that it reads."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from gatepass_emulator import Emulator, _message, _server

from .conftest import SPECS, ProviderApis


@pytest.fixture
def short_log(monkeypatch: pytest.MonkeyPatch, client: httpx.Client) -> Iterator[ProviderApis]:
    monkeypatch.setattr(_server, "LOG_LIMIT", 3)
    with Emulator(specs=SPECS) as emulator:
        yield ProviderApis(emulator, client)


def environments_and_next(api: ProviderApis, after: int) -> tuple[list[str], int]:
    snapshot = api.client.get(f"{api.emulator.base_url}/_emulator/state", params={"after": after}).json()
    return [call["environment"] for call in snapshot["calls"]], snapshot["next"]


def test_the_log_keeps_the_newest_requests_while_the_snapshot_counts_all(short_log: ProviderApis) -> None:
    for _ in range(4):
        short_log.setu()
    assert environments_and_next(short_log, 0) == (["sandbox"] * 3, 4)
    short_log.setu("production")
    assert environments_and_next(short_log, 4) == (["production"], 5)
    assert environments_and_next(short_log, 5) == ([], 5)
    assert len(short_log.emulator.calls) == short_log.emulator.count("setu") == 3
    short_log.emulator.clear()
    assert environments_and_next(short_log, 0) == ([], 0)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_a_413_and_not_logged(
    chunked: bool, api: ProviderApis, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_message, "BODY_LIMIT", 10_000)
    content = b"x" * 10_001
    for url in (api.url("setu", "sandbox") + "/auth/token", f"{emulator.base_url}/_emulator/fault"):
        body = iter([content[:5_000], content[5_000:]]) if chunked else content
        assert api.client.post(url, content=body).status_code == 413
    assert emulator.calls == []
    assert api.setu().status_code == 200


def test_the_log_truncates_a_long_path_or_method(api: ProviderApis, emulator: Emulator) -> None:
    api.client.get(api.url("setu", "sandbox") + "/a" * 10_000)
    api.client.request("X" * 10_000, api.url("setu", "sandbox") + "/echo")
    assert [(len(call.path), len(call.method)) for call in emulator.calls] == [(200, 3), (5, 20)]
