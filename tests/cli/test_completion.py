"""Completion in bash, as a user sets it up."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ..snippets import environment
from ..timeouts import HANG_TIMEOUT
from .shell import run

REGISTER = Path(sys.executable).with_name("register-python-argcomplete")


def completions(line: str) -> set[str]:
    """What bash offers at the end of a line."""
    words = [*line.split(), ""] if line.endswith(" ") else line.split()
    script = f"""
        eval "$({shlex.quote(str(REGISTER))} gatepass)"
        COMP_LINE={shlex.quote(line)} COMP_POINT=${{#COMP_LINE}} COMP_TYPE=9
        COMP_WORDS=({" ".join(shlex.quote(word) for word in words)}) COMP_CWORD={len(words) - 1}
        "$(complete -p gatepass | sed 's/.*-F \\([^ ]*\\).*/\\1/')" gatepass
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script], env=environment(), capture_output=True, text=True, timeout=HANG_TIMEOUT
    )
    assert done.returncode == 0, done.stderr
    return {offered.strip() for offered in done.stdout.splitlines()} - {""}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gatepass doc", {"doctor"}),
        ("gatepass token sahamati", {"sahamati", "sahamati-user"}),
        ("gatepass token sahamati ", {"sandbox", "uat", "production"}),
        ("gatepass doctor setu ", {"sandbox", "production"}),
        ("gatepass secret read sahamati u", {"uat"}),
        ("gatepass token setu sandbox --form", {"--format"}),
    ],
)
def test_bash_completes_commands_providers_environments_and_options(line: str, expected: set[str]) -> None:
    assert expected <= completions(line)


def test_environments_are_those_of_the_provider() -> None:
    assert "uat" not in completions("gatepass token setu ")


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_ARGCOMPLETE", "1")
    monkeypatch.setitem(sys.modules, "argcomplete", None)

    done = run("list")

    assert done.returncode == 2
    assert "pip install 'gatepass[cli]'" in done.stderr
