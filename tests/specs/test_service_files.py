"""The files of docs/token-service are what systemd and Kubernetes accept."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from repository import ROOT

from ..timeouts import HANG_TIMEOUT

FILES = ROOT / "docs" / "token-service"
KUBERNETES_VALIDATE = Path(sys.executable).with_name("kubernetes-validate")


def verify_units(folder: Path, old: str = "", new: str = "") -> tuple[int, list[str]]:
    """What systemd says of the units, with the gatepass of this environment in place of /opt/gatepass."""
    assert shutil.which("systemd-analyze"), "install it: apt-get install systemd"
    (folder / "bin").symlink_to(Path(sys.executable).parent)  # whose own path may have spaces
    for path in FILES.glob("gatepass.*"):
        text = path.read_text(encoding="utf-8").replace("/opt/gatepass/bin", str(folder / "bin"))
        (folder / path.name).write_text(text.replace(old, new) if old else text)
    units = sorted(folder.glob("gatepass.*"))
    assert [unit.name for unit in units] == ["gatepass.service", "gatepass.socket"]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=HANG_TIMEOUT
    )
    return done.returncode, [line for line in done.stderr.splitlines() if "gatepass" in line]


def validate(manifest: Path) -> subprocess.CompletedProcess[str]:
    assert KUBERNETES_VALIDATE.exists(), "install it: make tools"
    command = [str(KUBERNETES_VALIDATE), "--strict", "--quiet", str(manifest)]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG_TIMEOUT)


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    assert verify_units(tmp_path) == (0, [])


def test_a_mistake_in_a_unit_is_found(tmp_path: Path) -> None:
    _, complaints = verify_units(tmp_path, "ProtectHome=", "ProtectHouse=")

    assert any("ProtectHouse" in line for line in complaints)


def test_kubernetes_accepts_the_manifest() -> None:
    done = validate(FILES / "sidecar.yaml")

    assert (done.returncode, done.stdout) == (0, "")


def test_a_mistake_in_the_manifest_is_found(tmp_path: Path) -> None:
    text = (FILES / "sidecar.yaml").read_text(encoding="utf-8")
    (tmp_path / "sidecar.yaml").write_text(text.replace("readinessProbe:", "readyProbe:"))

    assert validate(tmp_path / "sidecar.yaml").returncode != 0
