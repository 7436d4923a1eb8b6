"""A warning of a provider is shown to people, unless it repeats a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatepass import Sahamati, SahamatiUser

if TYPE_CHECKING:
    from tests.helpers import MockProvider, Runner

SECRET, TOKEN = "fake-entity-hidden", "fake.sahamati.token"


@pytest.mark.parametrize(
    ("warning", "expected"),
    [
        ("Your period of grace ends.", "Your period of grace ends."),
        (f"The value {SECRET} has expired.", None),
        ("The value FAKE-ENTITY-H… has expired.", None),
        (f"You have got {TOKEN}.", None),
        (["Your period of grace ends."], None),
        (None, None),
        ("", None),
    ],
)
def test_a_warning_beside_a_token(
    warning: object, expected: str | None, runner: Runner, mock_provider: MockProvider
) -> None:
    response = {"accessToken": TOKEN, "expiresIn": 600, "message": warning}
    entity = mock_provider.credential(Sahamati, response, secret=SECRET)
    assert runner.token(entity).warning == expected


@pytest.mark.parametrize(
    ("warning", "expected"),
    [
        ("It lives for 180 days.", "It lives for 180 days."),
        (f"You sent {TOKEN}.", None),
        ("It begins with fake-new-s…", None),
        (5, None),
    ],
)
def test_a_warning_beside_a_secret(
    warning: object, expected: str | None, runner: Runner, mock_provider: MockProvider
) -> None:
    login = {"accessToken": TOKEN, "expiresIn": 600}
    user = mock_provider.credential(SahamatiUser, login, {"secret": "fake-new-secret", "message": warning})
    assert runner.read_secret(user, "fake-aa-1").warning == expected
