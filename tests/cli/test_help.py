"""The help, version and usage messages of the command line."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from gatepass_cli._arguments import parser

from .shell import run, run_in_subprocess


def actions(
    argument_parser: argparse.ArgumentParser, path: str = "gatepass"
) -> Iterator[tuple[str, argparse.Action]]:
    """Every option and argument of every command."""
    for action in argument_parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield from actions(command, f"{path} {name}")
        else:
            yield f"{path} {action.dest}", action


def test_every_option_and_argument_has_a_help_string() -> None:
    arguments = dict(actions(parser()))

    assert len(arguments) > 20
    assert [name for name, action in arguments.items() if not action.help] == []


def test_every_command_has_a_description_in_the_help() -> None:
    printed = run("--help").stdout

    for name in ("token", "secret", "list", "cache", "emulator"):
        assert any(line.split()[0] == name and len(line.split()) > 2 for line in printed.splitlines() if line)


def test_version_prints_the_version_of_the_package() -> None:
    done = run("--version")

    assert (done.returncode, done.stdout) == (0, f"gatepass {version('gatepass')}\n")


def test_the_package_runs_as_a_module() -> None:
    done = run_in_subprocess("--version")

    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "gatepass", "")


def test_the_version_is_looked_up_only_when_needed() -> None:
    code = "import sys, gatepass_cli; print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path = {sys.path!r}; {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip

    assert done.stdout == "False\n"


def test_list_of_a_provider_shows_only_that_provider(clean_environment: None) -> None:
    printed = run("list", "su").stdout

    assert [line.split()[0] for line in printed.splitlines() if line[0] != " "] == ["su", "su"]
    assert "SU_PRODUCTION_CLIENT_SECRET" in printed
    assert "SETU" not in printed


def test_list_of_an_unknown_provider_is_wrong_usage() -> None:
    done = run("list", "acme")

    assert done.returncode == 2
    assert "setu" in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_an_invalid_port_is_wrong_usage(port: str) -> None:
    done = run("emulator", "--env", f"--port={port}")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--port" in done.stderr
