"""`make docs`: a site of any specs, or an error that names what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Visitor
from .test_pages import CALLERS, ROOT

SCRIPTS = ROOT / "scripts"
TAG = "<img src=x onerror=alert(1)>"


def render(folder: Path, callers: Path = CALLERS) -> subprocess.CompletedProcess[str]:
    """The specs of a folder as pages in its `out`."""
    arguments = ["pages", "--specs", str(folder), "--out", str(folder / "out")]
    code = (
        "import sys, page, pages; from pathlib import Path; "
        f"page.CALLERS = Path({str(callers)!r}); sys.argv = {arguments!r}; sys.exit(pages.main())"
    )
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "specs" / "setu.yaml", tmp_path)
    return tmp_path


def test_a_missing_caller_is_reported_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    callers = tmp_path / "languages"
    shutil.copytree(CALLERS, callers)
    (callers / "go" / "setu.go").unlink()

    made = render(folder, callers)

    assert made.returncode == 1
    assert made.stderr == f"{callers}/go/setu.go:1: no such file: its page needs this caller\n"
    assert not (folder / "out").exists()


def test_a_new_provider_has_a_page_before_it_has_callers(folder: Path) -> None:
    (folder / "setu.yaml").rename(folder / "acme.yaml")

    made = render(folder)

    assert made.returncode == 0, made.stderr
    assert 'id="programs"' not in (folder / "out" / "acme.html").read_text()


def test_a_tag_in_a_spec_is_escaped(visitor: Visitor, folder: Path) -> None:
    text = (folder / "setu.yaml").read_text()
    planted = ["Setu access tokens", "The token endpoint of", "The keys of the", "Generate an access"]
    planted += [
        "Exchanges the client",
        "fake-secret-of-the-documentation",
        "The secret that",
        "The client id or",
    ]
    for phrase in planted:
        assert phrase in text
        text = text.replace(phrase, f"{phrase} {TAG}", 1)
    (folder / "setu.yaml").unlink()
    (folder / "acme.yaml").write_text(text)
    made = render(folder)
    assert made.returncode == 0, made.stderr

    for name in ("index.html", "acme.html"):
        page = visitor.open((folder / "out" / name).as_uri())
        assert page.locator("img").count() == 0
        assert TAG in page.locator("main").inner_text()
    assert page.locator("body").inner_text().count(TAG) >= len(planted)
