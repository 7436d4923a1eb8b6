"""The looking glass of the other tests sees what it should."""

from __future__ import annotations

import json

import pytest

from .shown import shown


def test_locals_of_frames_causes_and_contexts_are_seen() -> None:
    def fail() -> None:
        try:
            json.loads('{"fake-in-a-frame"')
        except ValueError:
            raise KeyError("fake-in-the-text") from OSError("fake-in-the-cause")

    with pytest.raises(KeyError) as failed:
        fail()
    text = shown(failed.value)
    assert "fake-in-the-text" in text
    assert "fake-in-the-cause" in text
    assert "fake-in-a-frame" in text
