"""Versions of redis-py other than the one that all other tests use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from ...timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[3]
VERSIONS = re.findall(r"redis==(\S+)", (ROOT / "scripts" / "redis-versions.txt").read_text())
RUN = "import sys, redis, pytest; print(redis.__version__); sys.exit(pytest.main(sys.argv[1:]))"
TESTS = [
    "test_fleet.py::test_every_kind_of_client_shares_tokens_failures_and_the_quota",
    "test_cluster.py",
    "test_sentinel.py",
    "test_tls.py",
    "test_frozen_server.py",
]


def test_other_versions_of_redis_py_share_tokens_and_survive_failures() -> None:
    assert len(VERSIONS) == 3
    # All at once, because they mostly wait for a failover.
    runs = {version: start(version) for version in VERSIONS}
    try:
        printed = {version: run.communicate(timeout=2 * HANG_TIMEOUT)[0] for version, run in runs.items()}
    finally:
        for run in runs.values():
            run.kill()  # those that hang

    for version, run in runs.items():
        assert printed[version].startswith(f"{version}\n")
        assert run.returncode == 0, printed[version][-5000:]


def start(version: str) -> subprocess.Popen[str]:
    """The tests with a version of redis-py, in a process."""
    folder = Path(sys.prefix) / "redis" / version
    assert folder.is_dir(), f"redis-py {version} is not installed: run make .venv/ready"
    return subprocess.Popen(
        [sys.executable, "-c", RUN, "-n0", *(f"tests/stores/redis/{name}" for name in TESTS)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        stdout=subprocess.PIPE,
        text=True,
    )
