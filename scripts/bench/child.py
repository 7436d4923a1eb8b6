"""Processes that measure one contender, so that no other one's imports, threads or caches are in the way."""

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
"""A home folder without anybody's settings and caches."""


def variables() -> dict[str, str]:
    """Those of this process, without what would change what is measured."""
    foreign = ("GATEPASS_", "SETU_", "AZURE_", "AWS_", "GOOGLE_", "XDG_", "PYTHON")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.upper().endswith("_PROXY")
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])
    mine = {"HOME": str(HOME), "PATH": path, "PYTHONPATH": str(SCRIPTS), "PYTHONWARNINGS": "ignore"}
    return kept | mine


def start(module: str, *arguments: object) -> subprocess.Popen[str]:
    """`python -m bench.MODULE ARGUMENTS`, to be talked to by pipes."""
    command = [sys.executable, "-m", f"bench.{module}", *map(str, arguments)]
    return subprocess.Popen(
        command,
        env=variables(),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def end(process: subprocess.Popen[str]) -> Any:
    """The JSON that it leaves."""
    said, complaints = process.communicate()
    if process.returncode:
        arguments = process.args if isinstance(process.args, list) else []
        raise RuntimeError(f"{' '.join(map(str, arguments[2:]))} failed:\n{complaints}")
    return json.loads(said.splitlines()[-1])


def ask(module: str, *arguments: object) -> Any:
    """The JSON that such a process leaves."""
    return end(start(module, *arguments))
