"""The callers as texts, and those in curl and Python as programs; scripts/languages.py proves them all."""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from gatepass_emulator import Emulator

from .turns import CREDENTIALS, PROVIDERS, Turn, play, turns

HERE = Path(__file__).parent
ENDINGS = {
    "curl": "sh",
    "go": "go",
    "java": "java",
    "php": "php",
    "python": "py",
    "ruby": "rb",
    "typescript": "ts",
}
COMMENT = {"sh": "# ", "py": "# ", "rb": "# ", "php": "<?php // "}
PRINTS = re.compile(r"\s*(echo|print|puts|abort|raise|fwrite|log\.|fmt\.|console\.|System\.(out|err)\.)")
PROSE = re.compile(r"a token for|no token, code|no token in the reply")
ASKED = [
    pytest.param(cls, turn, id=f"{cls.facts.provider}-{turn.name}")
    for cls in CREDENTIALS
    for turn in turns(cls.facts)
    if turn.name in ("a token", "a wrong secret")
]


@pytest.fixture(params=[f"{name}/{one}.{end}" for name, end in ENDINGS.items() for one in PROVIDERS])
def caller(request: pytest.FixtureRequest) -> Path:
    return HERE / str(request.param)


def test_every_provider_is_called_in_every_language() -> None:
    there = {path for name in ENDINGS for path in (HERE / name).iterdir() if path.is_file()}
    assert {path.relative_to(HERE).as_posix() for path in there} == {
        f"{name}/{one}.{end}" for name, end in ENDINGS.items() for one in PROVIDERS
    }


def test_the_first_line_says_what_is_needed(caller: Path) -> None:
    first = caller.read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith(COMMENT.get(caller.suffix[1:], "// ") + "Needs ")
    if caller.parent.name not in ("curl", "python"):
        assert re.search(rf"made by: .*\b{caller.stem}\.yaml\b", first)


def test_no_address_and_no_secret_stands_in_a_caller(caller: Path, emulator: Emulator) -> None:
    text = caller.read_text(encoding="utf-8")
    assert not re.search(r"://|localhost|\d\.\d\.\d|fake", text)
    for value in emulator.credentials(caller.stem, "sandbox").values():
        assert value not in text


def test_no_caller_prints_its_token(caller: Path) -> None:
    prints = [one for one in caller.read_text(encoding="utf-8").splitlines() if PRINTS.match(one)]
    assert prints
    for one in prints:
        assert "token" not in PROSE.sub("", one).lower()


def test_the_default_life_is_that_of_the_spec(caller: Path) -> None:
    facts = next(cls.facts for cls in CREDENTIALS if cls.facts.provider == caller.stem)
    if caller.suffix != ".py":  # gatepass knows it
        assert re.search(rf"\b{facts.default_lifetime}\b", caller.read_text(encoding="utf-8"))


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="no `curl` or no `jq` on PATH")
@pytest.mark.parametrize(("cls", "turn"), ASKED)
def test_curl(emulator: Emulator, cls: Any, turn: Turn) -> None:
    assert play(emulator, "bash {p}.sh", cls, turn, HERE / "curl", os.environ) == ""


@pytest.mark.parametrize(("cls", "turn"), ASKED)
def test_python(emulator: Emulator, cls: Any, turn: Turn) -> None:
    run = f"{shlex.quote(sys.executable)} {{p}}.py"
    assert play(emulator, run, cls, turn, HERE / "python", os.environ) == ""
