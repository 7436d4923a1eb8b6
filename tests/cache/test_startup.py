"""Importing gatepass is cheap, and constructing a credential sends nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from gatepass_emulator import Emulator


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_importing_gatepass_adds_fewer_than_40_modules_to_httpx() -> None:
    alone = modules_after("import httpx")

    assert len(alone) > 100
    assert len(modules_after("import httpx, gatepass") - alone) < 40


def test_constructing_and_closing_a_credential_sends_no_request(
    emulator: Emulator, credential_class: Any
) -> None:
    credential = credential_class("sandbox")
    repr(credential)
    credential.invalidate()
    credential.close()

    assert emulator.calls == []
