"""The guide to a provider of one's own works as printed, in an environment of its own."""

import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from .snippets import blocks, commands
from .timeouts import HANG_TIMEOUT

GUIDE = "docs/add-a-provider.md"


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The scripts of a virtual environment that has what this one has, and is no harm to it."""
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    folder = next((tmp_path / "venv").glob("lib/*/site-packages"))
    lines = [f"import site; site.addsitedir({path!r})" for path in site.getsitepackages()]
    (folder / "others.pth").write_text("\n".join(lines), encoding="utf-8")
    scripts = tmp_path / "venv" / "bin"
    for module in ("pip", "gatepass"):
        script = scripts / module
        script.write_text(f'#!/bin/sh\nexec "{scripts}/python" -m {module} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return scripts


def test_a_provider_is_added_as_the_guide_says(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "parcels.yaml").write_text(blocks(GUIDE, "yaml")[0].text, encoding="utf-8")
    (tmp_path / "program.py").write_text(blocks(GUIDE, "python")[0].text, encoding="utf-8")
    script = "\n".join(map(commands, blocks(GUIDE, "console")))
    variables = {"PATH": os.pathsep.join([str(scripts), os.environ["PATH"]]), "HOME": str(tmp_path)}

    done = subprocess.run(
        ["sh", "-e", "-c", script.replace("install -e", "install --no-build-isolation -e")],
        cwd=tmp_path,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "gatepass: 0 findings in 1 spec\n" in done.stderr
    assert done.stdout.splitlines()[-1] == "200"
    program = "import gatepass_parcels; print(gatepass_parcels.__file__)"
    found = subprocess.run([scripts / "python", "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(tmp_path / "my-tokens/gatepass_parcels/__init__.py")
    assert sys.prefix not in found.stdout
