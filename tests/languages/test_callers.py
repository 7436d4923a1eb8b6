"""The source of all callers, and runs of those in curl and Python; scripts/languages.py runs all of them."""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from gatepass_emulator import Emulator
from toolchains import LANGUAGES

from .scenarios import CREDENTIALS, OTHERS, Scenario, credentials, run_caller, scenarios

FOLDER = Path(__file__).parent
EXTENSIONS = {name: language.extension for name, language in LANGUAGES.items()}
LOCKS = {"rust/Cargo.toml", "rust/Cargo.lock", "go-oapi-codegen/go.mod", "go-oapi-codegen/go.sum"}
COMMENT = {"sh": "# ", "py": "# ", "rb": "# ", "php": "<?php // "}
PRINTS = re.compile(r"\s*(echo|e?print|puts|abort|raise|fwrite|log\.|fmt\.|console\.|System\.(out|err)\.)")
PROSE = re.compile(r"a token for|no token, (code|status)|no token in the response")
SCENARIOS = [
    pytest.param(credential_class, scenario, id=f"{credential_class.spec.provider}-{scenario.name}")
    for credential_class in CREDENTIALS + OTHERS
    for scenario in scenarios(credential_class.spec)
    if scenario.name in ("a token", "a wrong secret")
]
CALLERS = [
    f"{name}/{credential_class.spec.provider}.{ext}"
    for name, ext in EXTENSIONS.items()
    for credential_class in credentials(name)
]


@pytest.fixture(params=CALLERS)
def caller(request: pytest.FixtureRequest) -> Path:
    return FOLDER / str(request.param)


def test_there_is_a_caller_for_every_provider_in_every_language() -> None:
    files = {path for name in EXTENSIONS for path in (FOLDER / name).iterdir() if path.is_file()}
    limits = {f"{name}/limits.{LANGUAGES[name].extension}" for name in LANGUAGES if LANGUAGES[name].limits}
    assert {path.relative_to(FOLDER).as_posix() for path in files} == {*CALLERS} | limits | LOCKS


def test_the_first_line_states_the_requirements(caller: Path) -> None:
    first = caller.read_text(encoding="utf-8").partition("\n")[0]
    assert first.startswith(COMMENT.get(caller.suffix[1:], "// ") + "Needs ")
    if caller.parent.name not in ("curl", "python"):
        assert re.search(rf"made by: .*\b{caller.stem}\.yaml\b", first)


def test_no_caller_contains_an_address_or_a_secret(caller: Path, emulator: Emulator) -> None:
    source = caller.read_text(encoding="utf-8")
    assert not re.search(r"://|localhost|\d\.\d+\.\d+\.\d|fake", source)
    for value in emulator.credentials(caller.stem, "sandbox").values():
        assert value not in source


def test_no_caller_prints_its_token(caller: Path) -> None:
    prints = [line for line in caller.read_text(encoding="utf-8").splitlines() if PRINTS.match(line)]
    assert prints
    for line in prints:
        assert "token" not in PROSE.sub("", line).lower()


def test_the_default_lifetime_is_that_of_the_spec(caller: Path) -> None:
    spec = next(
        credential_class.spec
        for credential_class in CREDENTIALS + OTHERS
        if credential_class.spec.provider == caller.stem
    )
    if caller.suffix != ".py":  # gatepass knows it
        assert re.search(rf"\b{spec.default_lifetime}\b", caller.read_text(encoding="utf-8"))


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="no `curl` or no `jq` on PATH")
@pytest.mark.parametrize(("credential_class", "scenario"), SCENARIOS)
def test_curl(emulator: Emulator, credential_class: Any, scenario: Scenario) -> None:
    assert run_caller(emulator, "bash {p}.sh", credential_class, scenario, FOLDER / "curl", os.environ) == ""


@pytest.mark.parametrize(("credential_class", "scenario"), SCENARIOS)
def test_python(emulator: Emulator, credential_class: Any, scenario: Scenario) -> None:
    command = f"{shlex.quote(sys.executable)} {{p}}.py"
    assert run_caller(emulator, command, credential_class, scenario, FOLDER / "python", os.environ) == ""
