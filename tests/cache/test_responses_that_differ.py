"""A response that is not what the spec says is one log line and one event, without a value."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gatepass import Event, Rejected, Setu, TokenError, _differences
from gatepass_emulator import Emulator

from ..helpers import FakeClock, MockProvider, Runner

HIDDEN = "fake-hidden-value"


@pytest.fixture(autouse=True)
def nothing_was_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_differences, "_reported", set())


def reported(events: list[Event]) -> list[tuple[str, ...]]:
    return [event.differences for event in events if event.kind == "response_differs"]


@pytest.mark.parametrize(
    ("patch", "difference"),
    [
        ({"/data/expiresIn": "1800"}, "200 /data/expiresIn: string instead of integer"),
        ({"/data/expiresIn": None}, "200 /data/expiresIn: null instead of integer"),
        ({"/data/refresh": 7}, "200 /data/refresh: integer, which the spec does not have"),
        ({f"/data/{HIDDEN}-2026": 7}, "200 /data/…: integer, which the spec does not have"),
        ({"/status": 200.5}, "200 /status: number instead of integer"),
    ],
)
def test_a_difference_is_one_log_line_and_one_event(
    emulator: Emulator,
    clock: FakeClock,
    runner: Runner,
    caplog: pytest.LogCaptureFixture,
    patch: dict[str, Any],
    difference: str,
) -> None:
    caplog.set_level(logging.INFO, "gatepass")
    emulator.fault("setu", "sandbox", patch=patch)
    events: list[Event] = []
    credential = Setu("sandbox", clock=clock.clock, on_event=events.append)

    for _ in range(3):
        assert runner.token(credential).value
        credential.invalidate()

    assert emulator.count("setu") == 3
    assert reported(events) == [(difference,)]
    lines = [record for record in caplog.records if difference in record.getMessage()]
    assert [record.levelname for record in lines] == ["INFO" if "not have" in difference else "WARNING"]
    assert HIDDEN not in caplog.text


def test_a_field_that_is_called_like_a_secret_is_left_out(
    mock_provider: MockProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gatepass")
    body = mock_provider.example_response(Setu) | {HIDDEN: 1}

    assert mock_provider.credential(Setu, body, secret=HIDDEN).token().value
    assert HIDDEN not in caplog.text


def test_a_failure_may_differ_as_well(mock_provider: MockProvider) -> None:
    import httpx

    events: list[Event] = []
    body = {"success": False, "status": "401", "reason": HIDDEN}
    credential = mock_provider.credential(Setu, httpx.Response(401, json=body), on_event=events.append)

    with pytest.raises(Rejected):
        credential.token()

    assert reported(events) == [
        (
            "401 /status: string instead of integer",
            "401 /reason: string, which the spec does not have",
            "401 /error: absent instead of object",
        )
    ]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (418, "{}", [("418: a status that the spec does not have",)]),
        (502, "{}", []),
        (418, "<html>", []),
        (200, "<html>", []),
        (400, "<html>", []),
    ],
)
def test_what_a_balancer_responds_is_no_difference(
    emulator: Emulator, clock: FakeClock, status: int, body: str, expected: list[tuple[str, ...]]
) -> None:
    emulator.fault("setu", "sandbox", status=status, body=body)
    events: list[Event] = []

    with pytest.raises(TokenError):
        Setu("sandbox", clock=clock.clock, on_event=events.append).token()

    assert reported(events) == expected


def test_no_response_of_the_emulator_differs(
    emulator: Emulator, clock: FakeClock, credential_class: Any, runner: Runner
) -> None:
    events: list[Event] = []
    credential = credential_class("sandbox", clock=clock.clock, on_event=events.append)
    statuses = {int(status) for group in credential.spec.responses for status in group}

    runner.token(credential)
    for status in statuses - {200}:
        emulator.fault(credential.spec.provider, "sandbox", status=status)
        credential.invalidate()
        with pytest.raises(TokenError):
            runner.token(credential)
        emulator.clear_faults(credential.spec.provider, "sandbox")

    assert len(statuses) > 1
    assert reported(events) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"list": [{"code": "a"}, {"code": 1}, {"code": 2}]},
            ("200 /list/*/code: integer instead of string",),
        ),
        ({"list": [], "any": {"x": 1}}, ()),
        ({"list": [], "map": {"one": 1, "2026-11": "two"}}, ("200 /map/*: string instead of integer",)),
        ({"list": [], "either": 7}, ("200 /either: integer instead of string or null",)),
        ({"list": [], "either": None, "count": 7}, ()),
        ({}, ("200 /list: absent instead of array",)),
        ({"list": [], **{f"more{letter}": 1 for letter in "abcdefghijklmnopqrstuvwxyz"}}, 20),
    ],
)
def test_lists_maps_and_alternatives(document: Any, expected: Any) -> None:
    types = {
        "": "object",
        "/list": "array",
        "/list/*": "object",
        "/list/*/code": "string",
        "/any": "object?",
        "/map": "object?",
        "/map/*": "integer",
        "/either": "string|null?",
        "/count": "number?",
    }
    found = _differences.differences({("200",): types}, 200, document)
    assert found == expected if isinstance(expected, tuple) else len(found) == expected
