"""The command line explains itself."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from gatepass.cli import parser

from .shell import run, run_apart


def actions(of: argparse.ArgumentParser, path: str = "gatepass") -> Iterator[tuple[str, argparse.Action]]:
    """Every option and argument of every command."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield from actions(command, f"{path} {name}")
        else:
            yield f"{path} {action.dest}", action


def test_every_option_and_argument_has_a_help_string() -> None:
    found = dict(actions(parser()))

    assert len(found) > 20
    assert [name for name, action in found.items() if not action.help] == []


def test_every_command_has_a_line_in_the_help() -> None:
    shown = run("--help").stdout

    for name in ("token", "secret", "list", "cache", "emulator"):
        assert any(line.split()[0] == name and len(line.split()) > 2 for line in shown.splitlines() if line)


def test_the_version_is_that_of_the_package() -> None:
    done = run("--version")

    assert (done.returncode, done.stdout) == (0, f"gatepass {version('gatepass')}\n")


def test_the_package_runs_as_a_module() -> None:
    done = run_apart("--version")

    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "gatepass", "")


def test_the_version_is_looked_up_only_if_it_is_wanted() -> None:
    code = "import sys, gatepass.cli; print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path = {sys.path!r}; {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip

    assert done.stdout == "False\n"


def test_list_of_a_provider_shows_that_provider_alone(no_variables: None) -> None:
    shown = run("list", "su").stdout

    assert [line.split()[0] for line in shown.splitlines() if line[0] != " "] == ["su", "su"]
    assert "SU_PRODUCTION_CLIENT_SECRET" in shown
    assert "SETU" not in shown


def test_list_of_an_unknown_provider_is_wrong_usage() -> None:
    done = run("list", "acme")

    assert done.returncode == 2
    assert "setu" in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_a_port_that_is_none_is_wrong_usage(port: str) -> None:
    done = run("emulator", "--env", f"--port={port}")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--port" in done.stderr
