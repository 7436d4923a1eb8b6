"""Type checkers, and so editors, know each class with its arguments, and reject what is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).parent / "editor.py"
BINARIES = Path(sys.executable).parent


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_a_type_checker_finds_the_errors_that_are_marked_and_no_others(checker: str, tmp_path: Path) -> None:
    settings = {
        "include": [os.path.relpath(FILE, tmp_path)],
        "extraPaths": [str(ROOT / "overlay"), str(ROOT / "generated")],
        "pythonVersion": "3.11",
        "reportUnnecessaryTypeIgnoreComment": "error",
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    arguments = {"mypy": [str(FILE)], "pyright": ["--project", str(tmp_path), "--pythonpath", sys.executable]}
    done = subprocess.run(
        [str(BINARIES / checker), *arguments[checker]],
        cwd=ROOT,
        env=os.environ | {"PATH": os.pathsep.join([str(BINARIES), os.environ["PATH"]])},
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert FILE.read_text().count("type: ignore") > 10
