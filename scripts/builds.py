"""Runs the commands of `make languages`: their environment, what must be installed, and rows of a table."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import node
from repository import ROOT
from toolchains import JARS, Language

POM = ROOT / "tests" / "languages" / "pom.xml"
MAX_LINES = 60
"""Lines of a compiler's output that are shown."""


def build_environment(folder: Path) -> dict[str, str]:
    """The environment variables for all commands: our tools come first, and caches are those of the user."""
    inherited = {
        name: value for name, value in node.variables().items() if not name.upper().startswith("GATEPASS_")
    }
    ours = [str(node.MODULES / ".bin"), str(Path(sys.executable).parent)]
    path = [*ours, inherited["PATH"], "/usr/sbin"]  # where Debian has nginx
    return inherited | {
        "HOME": inherited.get("HOME") or str(folder),
        "PATH": os.pathsep.join(path),
        "MODULES": str(node.MODULES),
        "POM": str(POM),
        "CLASSPATH": os.pathsep.join(["classes", *map(str, JARS)]),
        "JAVA_OPTS": "-XX:TieredStopAtLevel=1",
        "MAVEN_OPTS": "-XX:TieredStopAtLevel=1",
        "CARGO_TARGET_DIR": str(folder / "cargo"),
        "GOFLAGS": "",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def without_proxy(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables for programs that talk to the emulator, which a proxy cannot reach."""
    return {name: value for name, value in variables.items() if not name.upper().endswith("_PROXY")}


def missing(language: Language, variables: Mapping[str, str]) -> str:
    """What is not installed for the language, and how to install it; empty if everything is installed."""
    for requirement in language.requirements:
        if shell(requirement.probe, ROOT, variables).returncode:
            return f"no {requirement.name}: {requirement.install}"
    return ""


def run_commands(commands: Iterable[str], folder: Path, variables: Mapping[str, str]) -> str:
    """Run commands until one fails; returns that command and its output, or an empty string."""
    for command in commands:
        process = shell(command, folder, variables)
        if process.returncode:
            output = f"{process.stdout}{process.stderr}".splitlines()
            return "\n".join([command, *output[:MAX_LINES], *["..."][: len(output) > MAX_LINES]])
    return ""


def shell(command: str, folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, timeout=1800
    )


def line(columns: Sequence[str], *cells: str) -> str:
    """A row of a table: the first cell is a name, and the others are below the headings of these columns."""
    widths = (20, *(max(len(column), len("not run")) + 2 for column in columns))
    return "".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()
