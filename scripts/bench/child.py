"""Runs each contender in a process of its own, without the imports, threads and caches of the others."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).parents[1]
_HOME = tempfile.TemporaryDirectory(prefix="gatepass-bench-")
HOME = Path(_HOME.name)
"""A home folder without settings and caches."""


def variables() -> dict[str, str]:
    """The environment variables of this process, without those that would influence a measure."""
    excluded = ("GATEPASS_", "SETU_", "AZURE_", "AWS_", "GOOGLE_", "XDG_", "PYTHON")
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(excluded) and not name.upper().endswith("_PROXY")
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", "")])
    changes = {"HOME": str(HOME), "PATH": path, "PYTHONPATH": str(SCRIPTS), "PYTHONWARNINGS": "ignore"}
    return inherited | changes


def start(module: str, *arguments: object) -> subprocess.Popen[str]:
    """Start `python -m bench.MODULE ARGUMENTS`, with pipes."""
    command = [sys.executable, "-m", f"bench.{module}", *map(str, arguments)]
    return subprocess.Popen(
        command,
        env=variables(),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for_result(process: subprocess.Popen[str]) -> Any:
    """Wait for a process; returns the JSON in its last line."""
    output, errors = process.communicate()
    if process.returncode:
        arguments = process.args if isinstance(process.args, list) else []
        raise RuntimeError(f"{' '.join(map(str, arguments[2:]))} failed:\n{errors}")
    return json.loads(output.splitlines()[-1])


def run_child(module: str, *arguments: object) -> Any:
    """Run such a process; returns the JSON in its last line."""
    return wait_for_result(start(module, *arguments))
