"""The README and the pages of docs/ work as printed, against the emulator, and their links lead somewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from gatepass_emulator import Emulator

from .snippets import ROOT, Block, assert_no_secret, blocks, commands, run, save_titled

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
ELSEWHERE = {
    "docs/add-a-provider.md",
    "docs/fleets.md",
    "docs/oauth2-clients.md",
    "docs/secret-managers.md",
    "docs/token-service.md",
}
"""Pages that need more than this environment, so that tests of their own run them."""
HERE = [page for page in PAGES if page not in ELSEWHERE and not page.startswith("docs/recipes/")]
PROGRAMS = [block for page in HERE for block in blocks(page, "python")]
SESSIONS = [block for page in HERE for block in blocks(page, "console")]
LINKED = [*PAGES, *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("specs/**/*.md"))]


def test_every_block_is_run_or_is_an_illustration() -> None:
    languages = {(block.page, block.language) for page in HERE for block in blocks(page)}
    assert {language for _, language in languages} == {"python", "console", "text"}
    assert sum((ROOT / page).read_text(encoding="utf-8").count("\n```") for page in HERE) == 2 * sum(
        len(blocks(page)) for page in HERE
    )


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_program_runs(emulator: Emulator, tmp_path: Path, program: Block) -> None:
    (tmp_path / "program.py").write_text(program.text, encoding="utf-8")

    done = run([sys.executable, "program.py"], tmp_path)

    assert (done.returncode, done.stderr) == (0, "")
    assert_no_secret(emulator, done.stdout)


@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_the_commands_of_a_session_run(emulator: Emulator, tmp_path: Path, session: Block) -> None:
    """`make` is a dry run, because it would run this test."""
    save_titled(session.page, tmp_path)
    folder = ROOT if "make " in session.text else tmp_path

    done = run(["bash", "-e", "-c", commands(session)], folder, MAKEFLAGS="n")

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if "--env" not in session.text:
        assert_no_secret(emulator, done.stdout + done.stderr)


def test_the_readme_is_short() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 130
    assert len([line for line in blocks("README.md", "python")[0].text.splitlines() if line.strip()]) <= 10
    assert "make demo" in readme[:1500]
    assert "make test" in readme[:1500]


def test_every_page_of_docs_is_in_its_contents() -> None:
    contents = {target for _, target, _ in links("docs/README.md")}
    assert {page for page in PAGES if page.startswith("docs/")} - {"docs/README.md"} <= contents


@pytest.mark.parametrize("page", LINKED)
def test_no_link_of_a_page_is_dead(page: str) -> None:
    dead = []
    for written, target, anchor in links(page):
        path = ROOT / target
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(target)):
            dead.append(written)
    assert dead == []


def links(page: str) -> Iterator[tuple[str, str, str]]:
    """Yield the relative links and images of a page: as written, the path from the root, and the anchor."""
    for inline in MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text(encoding="utf-8")):
        for token in inline.children or ():
            written = str(token.attrs.get("href") or token.attrs.get("src") or "")
            if not written or re.match(r"[a-z]+:", written):
                continue
            name, _, anchor = unquote(written).partition("#")
            path = ((ROOT / page).parent / name).resolve() if name else ROOT / page
            yield written, path.relative_to(ROOT).as_posix(), anchor


def anchors(page: str) -> set[str]:
    """The anchors that a forge gives the headings of a page."""
    tokens = MarkdownIt("commonmark").parse((ROOT / page).read_text(encoding="utf-8"))
    headings = [tokens[index + 1] for index, token in enumerate(tokens) if token.type == "heading_open"]
    texts = ["".join(child.content for child in heading.children or ()) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}
