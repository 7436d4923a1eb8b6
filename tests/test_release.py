"""A release needs a tag, a version and a changelog that agree."""

import subprocess
import sys
from pathlib import Path

import pytest

import release
from repository import ROOT

CHANGELOG = """# Changelog

## 1.2.0 - 2026-12-31

### Added

- Setu has more fields.

## 1.1.0 - 2026-11-30

### Anything

- An older section.
"""


def test_a_tag_that_agrees_has_no_problems_and_the_newest_section_as_its_notes() -> None:
    assert release.problems("v1.2.0", "1.2.0", CHANGELOG) == []
    assert release.newest(CHANGELOG)[1] == "### Added\n\n- Setu has more fields."


@pytest.mark.parametrize("tag", ["1.2.0", "v1.2", "v1.1.0", "v1.2.0-rc1", ""])
def test_another_tag_is_a_problem(tag: str) -> None:
    [problem] = release.problems(tag, "1.2.0", CHANGELOG)

    assert problem == f"pyproject.toml: the version is 1.2.0, so the tag must be v1.2.0, not {tag}"


@pytest.mark.parametrize(
    "heading", ["Unreleased", "1.2.0", "1.2.0 - 2026-13-01", "1.2.0 - 20261231", "1.2.1 - 2026-12-31"]
)
def test_another_first_section_is_a_problem(heading: str) -> None:
    changelog = CHANGELOG.replace("1.2.0 - 2026-12-31", heading)

    [problem] = release.problems("v1.2.0", "1.2.0", changelog)

    assert problem == f"CHANGELOG.md: the first section must be '## 1.2.0 - YYYY-MM-DD', not '## {heading}'"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("### Added", "### gatepass", "'### gatepass' is none of Added, Changed, Fixed, Security, Specs"),
        ("### Added\n\n- Setu has more fields.\n", "", "'## 1.2.0 - 2026-12-31' says nothing under any of "),
    ],
)
def test_a_first_section_without_the_usual_headings_is_a_problem(old: str, new: str, problem: str) -> None:
    [found] = release.problems("v1.2.0", "1.2.0", CHANGELOG.replace(old, new))

    assert found.startswith(f"CHANGELOG.md: {problem}")


def test_a_changelog_without_sections_is_a_problem() -> None:
    assert release.problems("v1.2.0", "1.2.0", "# Changelog\n") != []


def test_the_command_prints_the_problems_of_this_repository_and_fails() -> None:
    script = Path(release.__file__)

    process = subprocess.run([sys.executable, script, "v0.0.0"], capture_output=True, text=True)

    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr.startswith("pyproject.toml: the version is ")


def test_the_changelog_has_the_headings_of_a_release() -> None:
    """Its first section is checked when it is written, and not first when it is released."""
    heading, notes = release.newest((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))

    titles = {line.removeprefix("### ") for line in notes.splitlines() if line.startswith("### ")}
    assert titles <= set(release.HEADINGS), f"in the section {heading}"
    assert titles
