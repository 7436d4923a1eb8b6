"""A program starts: importing gatepass is cheap, and making a credential asks nobody."""

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


def test_import_over_httpx_alone() -> None:
    alone = modules_after("import httpx")

    assert len(alone) > 100
    assert len(modules_after("import httpx, gatepass") - alone) < 40


def test_a_credential_that_is_not_used_asks_nobody(emulator: Emulator, cls: Any) -> None:
    credential = cls("sandbox")
    repr(credential)
    credential.forget()
    credential.close()

    assert emulator.calls == []
