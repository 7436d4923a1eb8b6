"""`make` installs exactly the locked packages, and reports what it does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[1]
LOCKS = [f"scripts/{folder}requirements.txt" for folder in ("", "tools/", "bench/", "mutants/")]
IGNORED_PREFIXES = ("PIP_", "MAKE", "MFLAGS", "GNUMAKE", "VENV", "PYTHON", "TESTS")
"""Prefixes of variables that configure pip, and of those that a surrounding `make` passes on."""


def test_without_network_the_first_install_fails_with_one_reason_and_creates_no_ready_file(
    tmp_path: Path,
) -> None:
    for name in ("Makefile", "pyproject.toml", "scripts/requirements.txt", "scripts/redis-versions.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    variables = {
        name: value for name, value in os.environ.items() if not name.upper().startswith(IGNORED_PREFIXES)
    }
    variables |= {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:1", "PIP_RETRIES": "0"}
    python = Path(sys.base_prefix) / "bin" / "python3"

    for _ in range(2):
        process = subprocess.run(
            ["make", "test", f"PYTHON={python}"],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=HANG_TIMEOUT,
        )

        first, second, third = process.stderr.splitlines()
        assert re.fullmatch(
            r"installing \d+ packages from the Python registry into \.venv, once; about half a minute", first
        )
        assert second.startswith("cannot reach the Python registry; ")
        assert third.startswith("make: *** ")
        assert process.returncode != 0
        assert not (tmp_path / ".venv" / "ready").exists()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_locked_with_its_hashes_and_no_lock_file_contains_a_url(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.split(r"\n(?=\S)", text.strip())

    assert len(packages) > 10
    for package in packages:
        assert re.match(r"[a-z0-9-]+==\S+", package)
        assert "--hash=sha256:" in package
    assert "://" not in text


def test_every_lock_file_is_installed_with_its_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert set(re.findall(r"\$\(call install,[^,]*,([^,]*),", makefile)) == set(LOCKS)
    lines = makefile.replace("\\\n", " ").splitlines()
    installs = [line for line in lines if "pip install" in line and " -r " in line]
    assert len(installs) == 2  # the packages, and the other versions of redis-py
    assert all("--require-hashes" in line for line in installs)
