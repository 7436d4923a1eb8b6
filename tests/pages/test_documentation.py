"""The site of `make docs`, in a browser and from files: complete, readable, and without other requests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import httpx
import pytest

import gatepass

from ..test_docs import LINKED
from .conftest import LAYOUT, Visitor
from .test_pages import COLOURS, PROVIDERS, ROOT

WINDOWS = [
    pytest.param(
        {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}, id=f"{width}-{scheme}"
    )
    for width in (1280, 390)
    for scheme in ("light", "dark")
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, str(ROOT / "scripts" / "docs.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def html_of(markdown: str) -> str:
    return markdown.replace("README.md", "index.html").replace(".md", ".html")


def test_the_site_has_every_page_and_the_pages_of_the_providers(site: Path) -> None:
    expected = {html_of(page) for page in LINKED} | {"CHANGELOG.html", "docs/api.html"}
    expected |= {f"reference/{name}.html" for name in ("index", "format", *PROVIDERS)}
    assert {path.relative_to(site).as_posix() for path in pages(site)} == expected


@pytest.mark.parametrize("window", WINDOWS)
def test_no_page_scrolls_sideways_and_no_word_is_broken(site: Path, visitor: Visitor, window: object) -> None:
    for path in pages(site):
        page = visitor.open(path.as_uri(), **window)  # type: ignore[arg-type]
        assert page.evaluate(LAYOUT) == {"sideways": False, "outside": 0, "broken": []}, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(site: Path, visitor: Visitor, scheme: str) -> None:
    for path in pages(site):
        page = visitor.open(path.as_uri(), color_scheme=scheme)
        measured = page.evaluate(COLOURS, "main")
        assert measured["worst"]["contrast"] >= 4.5, (path, measured["worst"])
        assert measured["ground"] < 0.05 if scheme == "dark" else measured["ground"] > 0.9


def test_pages_request_nothing_but_files_of_the_site(site: Path, visitor: Visitor) -> None:
    for path in pages(site):
        visitor.open(path.as_uri()).wait_for_load_state("networkidle")
    requested = {unquote(urlsplit(url).path) for url in visitor.requests if not url.startswith("data:")}
    assert [name for name in requested if not Path(name).is_relative_to(site)] == []
    assert [name for name in requested if not Path(name).exists()] == []


def test_every_link_leads_somewhere(site: Path, visitor: Visitor) -> None:
    anchors: dict[Path, set[str]] = {}
    links: dict[Path, set[str]] = {}
    for path in pages(site):
        page = visitor.open(path.as_uri())
        anchors[path] = set(page.eval_on_selector_all("[id]", "all => all.map(node => node.id)"))
        links[path] = set(page.eval_on_selector_all("a[href]", "all => all.map(link => link.href)"))
    dead = []
    for path, targets in links.items():
        for target in targets:
            url, anchor = urldefrag(target)
            if urlsplit(url).scheme != "file":
                continue
            file = Path(unquote(urlsplit(url).path))
            if not file.is_file() or (anchor and unquote(anchor) not in anchors.get(file, set())):
                dead.append((path.name, target))
    assert dead == []
    assert (site / "index.html").as_uri() in links[site / "reference" / "setu.html"]


def test_the_search_works_from_files(site: Path, visitor: Visitor) -> None:
    page = visitor.open((site / "docs" / "operations.html").as_uri())
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search").fill("noeviction")
    page.get_by_role("option").filter(has_text="Operations").click()
    page.wait_for_url("**/operations.html#redis")


def test_the_api_reference_has_every_public_name(site: Path, visitor: Visitor) -> None:
    page = visitor.open((site / "docs" / "api.html").as_uri())
    headings = page.eval_on_selector_all("main :is(h3, h4, h5)", "all => all.map(node => node.textContent)")
    methods = {name for name in dir(gatepass.Credential) if not name.startswith("_")} - set(dir(httpx.Auth))
    names = sorted({*gatepass.__all__, *methods})
    missing = [name for name in names if not any(name in heading for heading in headings)]
    assert missing == []
    assert "Hands out access tokens of one provider in one environment" in page.locator("main").inner_text()
