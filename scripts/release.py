"""Checks that a tag, the version and the changelog agree, and prints the notes of the release.

python scripts/release.py v1.2.0

Exit status 1, with a line for each problem, if they do not.
"""

import argparse
import datetime
import re
import sys
import tomllib

from repository import ROOT

HEADINGS = ("Added", "Changed", "Fixed", "Security", "Specs")
"""What a section of the changelog may consist of. `make diff` looks for breaking changes under Specs."""
SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)


def newest(changelog: str) -> tuple[str, str]:
    """The heading and the text of the first section; both are empty if there is none."""
    section = SECTION.search(changelog)
    return (section[1], section[2].strip()) if section else ("", "")


def is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def problems(tag: str, version: str, changelog: str) -> list[str]:
    """What keeps a tag from being released."""
    found = []
    if tag != f"v{version}":
        found.append(f"pyproject.toml: the version is {version}, so the tag must be v{version}, not {tag}")
    heading, notes = newest(changelog)
    number, _, date = heading.partition(" - ")
    if number != version or not is_date(date):
        found.append(
            f"CHANGELOG.md: the first section must be '## {version} - YYYY-MM-DD', not '## {heading}'"
        )
    titles = re.findall(r"^### (.+)$", notes, re.MULTILINE)
    for title in titles:
        if title not in HEADINGS:
            found.append(f"CHANGELOG.md: '### {title}' is none of {', '.join(HEADINGS)}")
    if not titles:
        found.append(f"CHANGELOG.md: '## {heading}' says nothing under any of {', '.join(HEADINGS)}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Check that tag, version and changelog agree.")
    parser.add_argument("tag", help="as in v1.2.0")
    tag = parser.parse_args().tag
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if found := problems(tag, project["version"], changelog):
        print(*found, sep="\n", file=sys.stderr)
        return 1
    print(newest(changelog)[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
