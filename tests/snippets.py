"""The code blocks of the Markdown pages, and how each is run as printed.

A `python` block is a program; one with a title, as in ```python title="app.py", is saved under that name for
the sessions of its page. A `console` block is a session: each line is a command of `bash -e`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

from gatepass_emulator import Emulator

from .timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)
INSTALL = re.compile(r"pip install '?gatepass(?:\[([\w,]+)\])?'?")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


class Block(NamedTuple):
    """A code block of a page."""

    page: str
    number: int
    language: str
    title: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.page.removesuffix('.md')}-{self.number}"


def blocks(page: str, language: str | None = None) -> list[Block]:
    """The blocks of a page, which is a path from the root; of one language if it is given."""
    content = (ROOT / page).read_text(encoding="utf-8")
    found = [Block(page, number, *match) for number, match in enumerate(FENCE.findall(content))]
    return [block for block in found if language in (None, block.language)]


def save_titled(page: str, folder: Path) -> None:
    """Write the programs with a title, and the README's, which other pages name too."""
    for block in [*blocks("README.md"), *blocks(page)]:
        if block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")


def commands(session: Block) -> str:
    """The commands of a session, without those that install gatepass: its extras must exist."""
    lines = session.text.splitlines()
    assert [line for line in lines if not line.startswith("$ ")] == []
    kept = []
    for line in lines:
        install = INSTALL.match(line[2:])
        if install is None:
            kept.append(line[2:])
        elif install[1]:
            assert set(install[1].split(",")) <= set(PYPROJECT["optional-dependencies"])
    return "\n".join(kept)


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with this Python and its scripts first on PATH."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )


def environment(**variables: str) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return os.environ | {"PATH": path} | variables


def assert_no_secret(emulator: Emulator, printed: str) -> None:
    secrets = {value for name, value in emulator.variables().items() if name.endswith(("SECRET", "PASSWORD"))}
    assert {secret for secret in secrets if secret in printed} == set()
