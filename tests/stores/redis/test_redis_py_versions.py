"""Versions of redis-py other than the one that all other tests use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ...timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[3]
VERSIONS = re.findall(r"redis==(\S+)", (ROOT / "scripts" / "redis-versions.txt").read_text())
RUN = "import sys, redis, pytest; print(redis.__version__); sys.exit(pytest.main(sys.argv[1:]))"


@pytest.mark.parametrize("version", VERSIONS)
def test_other_versions_of_redis_py_share_tokens_and_survive_a_frozen_server(
    version: str,
) -> None:
    folder = Path(sys.prefix) / "redis" / version
    assert folder.is_dir(), f"redis-py {version} is not installed: run make .venv/ready"
    tests = [
        "test_fleet.py::test_every_kind_of_client_shares_tokens_failures_and_the_quota",
        "test_cluster.py",
    ]
    tests += ["test_frozen_server.py"]

    result = subprocess.run(
        [sys.executable, "-c", RUN, "-n0", *(f"tests/stores/redis/{name}" for name in tests)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        stdout=subprocess.PIPE,
        text=True,
        timeout=2 * HANG_TIMEOUT,
    )

    assert result.stdout.startswith(f"{version}\n")
    assert result.returncode == 0, result.stdout[-5000:]
