"""The helpers of the other tests."""

from __future__ import annotations

import json

import pytest

from .helpers import error_report


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
