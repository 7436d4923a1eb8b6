"""The README's Python runs as it stands there."""

import asyncio
import gc
import re
import textwrap
import warnings
from pathlib import Path
from typing import Any

import pytest

import gatepass
from gatepass_emulator import Emulator

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.S)


def test_the_readme_has_its_blocks() -> None:
    assert len(BLOCKS) == 5


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_a_block_runs(emulator: Emulator, capsys: pytest.CaptureFixture[str], block: str) -> None:
    entity = emulator.credentials("sahamati", "uat", "entityToken")["entity_id"]
    names: dict[str, Any] = {name: getattr(gatepass, name) for name in gatepass.__all__}
    names["setu"] = gatepass.Setu("sandbox")
    before = "import httpx\nasync def main():\n"
    exec(before + textwrap.indent(block.replace("aa-1", entity), "    "), names)

    with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # brevity: it closes nothing
        asyncio.run(names["main"]())
        del names
        gc.collect()

    assert not set(emulator.variables().values()) & set(capsys.readouterr().out.split())
