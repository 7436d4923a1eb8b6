"""The helpers of the other tests."""

from __future__ import annotations

import json

import pytest

import gatepass
from gatepass_providers import CREDENTIALS

from .helpers import error_report
from .timeouts import HANG_TIMEOUT


def test_an_error_report_has_the_text_the_cause_and_the_frame_locals() -> None:
    def fail() -> None:
        try:
            json.loads('{"fake-in-a-frame"')
        except ValueError:
            raise KeyError("fake-in-the-text") from OSError("fake-in-the-cause")

    with pytest.raises(KeyError) as caught:
        fail()
    report = error_report(caught.value)
    assert "fake-in-the-text" in report
    assert "fake-in-the-cause" in report
    assert "fake-in-a-frame" in report


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_of_the_tests_waits_as_long_as_the_slowest_machine_needs(name: str) -> None:
    credential_class = getattr(gatepass, name)
    credential = credential_class("sandbox", **dict.fromkeys(CREDENTIALS[name], "fake"))
    assert credential._timeout == HANG_TIMEOUT
