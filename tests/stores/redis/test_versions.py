"""Other versions of redis-py than the one that the rest of the tests use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ...patience import PATIENCE

ROOT = Path(__file__).parents[3]
VERSIONS = re.findall(r"redis==(\S+)", (ROOT / "scripts" / "redis-versions.txt").read_text())
RUN = "import sys, redis, pytest; print(redis.__version__); sys.exit(pytest.main(sys.argv[1:]))"


@pytest.mark.parametrize("version", VERSIONS)
def test_tokens_are_shared_and_a_frozen_server_is_harmless_with_another_version_of_redis_py(
    version: str,
) -> None:
    folder = Path(sys.prefix) / "redis" / version
    assert folder.is_dir(), f"redis-py {version} is not installed: run make .venv/ready"
    tests = [
        "test_fleet.py::test_every_kind_of_client_shares_tokens_failures_and_the_quota",
        "test_cluster.py",
    ]
    tests += ["test_frozen.py"]

    result = subprocess.run(
        [sys.executable, "-c", RUN, "-n0", *(f"tests/stores/redis/{name}" for name in tests)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=2 * PATIENCE,
    )

    assert result.stdout.startswith(f"{version}\n")
    assert result.returncode == 0, result.stdout[-5000:]
