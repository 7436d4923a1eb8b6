"""The reference pages, in a browser: complete, correct, readable, and without other requests."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from playwright.sync_api import Page

from gatepass_emulator import Emulator
from gatepass_spec import provider_files
from page import LANGUAGES

from ..helpers import load_spec
from ..languages.scenarios import credentials
from .conftest import LAYOUT, PAGES, SITE, Visitor

ROOT = Path(__file__).parents[2]
PROVIDERS = [path.stem for path in provider_files(ROOT / "specs")]
CALLERS = ROOT / "tests" / "languages"
FIRST = ["curl", "Python", "Go", "TypeScript", "Java"]
PHONE = {"viewport": {"width": 360, "height": 740}}
COLOURS = (Path(__file__).parent / "colours.js").read_text()
Served = Callable[[str], str]


@pytest.fixture(params=["served", "file"])
def address(request: pytest.FixtureRequest) -> Served:
    """The URL of a page, from the emulator and from a folder."""
    if request.param == "file":
        return lambda name: (SITE / name).as_uri()
    emulator: Emulator = request.getfixturevalue("emulator")
    return lambda name: f"{emulator.base_url}/{name}"


def callers(provider: str) -> list[Path]:
    """The callers in the languages of the pages, which are those of the most used client of each."""
    return [
        CALLERS / name / f"{provider}.{extension}"
        for name, (_, extension) in LANGUAGES.items()
        if provider in {credential_class.spec.provider for credential_class in credentials(name)}
    ]


def address_of(name: str) -> str:
    return (SITE / name).as_uri()


def test_there_is_a_page_for_each_provider() -> None:
    assert sorted(["format.html", "index.html", *(f"{name}.html" for name in PROVIDERS)]) == PAGES


def test_every_page_opens_without_other_requests(visitor: Visitor, address: Served) -> None:
    for name in PAGES:
        page = visitor.open(address(name))
        assert page.title() != ""
        assert page.locator("h1").count() == 1
    assert visitor.requests == [address(name) for name in PAGES]
    assert all((SITE / name).stat().st_size < 150_000 for name in PAGES)


def test_a_running_emulator_says_so(visitor: Visitor, emulator: Emulator) -> None:
    for name in ["", *PAGES]:
        page = visitor.open(f"{emulator.base_url}/{name}")
        assert "running emulator" in page.locator(".running").inner_text()
    page.click("text=Watch its requests live")
    assert page.url == f"{emulator.base_url}/live"
    assert visitor.open(address_of("index.html")).locator(".running").count() == 0


def test_every_link_leads_somewhere(visitor: Visitor) -> None:
    hrefs = "all => all.map(link => link.getAttribute('href'))"
    ids, links = {}, {}
    for name in PAGES:
        page = visitor.open(address_of(name))
        page_ids = page.eval_on_selector_all("[id]", "all => all.map(element => element.id)")
        assert sorted(page_ids) == sorted(set(page_ids)), name
        ids[name], links[name] = page_ids, page.eval_on_selector_all("a", hrefs)
    external, broken = set(), []
    for name, targets in links.items():
        for target in targets:
            parts = urlsplit(target)
            if parts.scheme:
                external.add(target)
                continue
            file = parts.path or name
            if not (SITE / file).is_file() or (parts.fragment and parts.fragment not in ids[file]):
                broken.append((name, target))
    assert broken == []
    assert external == {load_spec(name)["externalDocs"]["url"] for name in PROVIDERS}
    assert {f"{name}.html" for name in PROVIDERS} < set(links["index.html"])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_raw_description_is_beside_its_page(provider: str) -> None:
    assert (SITE / f"{provider}.yaml").read_bytes() == (ROOT / "specs" / f"{provider}.yaml").read_bytes()


def test_headings_do_not_skip_a_level(visitor: Visitor) -> None:
    for name in PAGES:
        page = visitor.open(address_of(name))
        tags = page.eval_on_selector_all(
            "h1, h2, h3, h4, h5", "all => all.map(heading => Number(heading.tagName[1]))"
        )
        assert tags[0] == 1
        assert all(below <= above + 1 for above, below in pairwise(tags)), name


def test_no_page_scrolls_sideways_and_no_word_is_broken_on_a_phone(visitor: Visitor) -> None:
    for name in PAGES:
        page = visitor.open(address_of(name), **PHONE)
        assert page.evaluate(LAYOUT) == {"sideways": False, "outside": 0, "broken": []}, name
        cut = "all => all.filter(box => box.scrollWidth > box.clientWidth && box.tabIndex < 0).length"
        assert page.eval_on_selector_all("pre, .scroll", cut) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(visitor: Visitor, scheme: str) -> None:
    for name in PAGES:
        page = visitor.open(address_of(name), color_scheme=scheme)
        measured = page.evaluate(COLOURS)
        assert measured["worst"]["contrast"] >= 4.5, (name, measured["worst"])
        assert measured["ground"] < 0.05 if scheme == "dark" else measured["ground"] > 0.9
        assert measured["texts"] > 50


@pytest.mark.parametrize("provider", PROVIDERS)
def test_examples_are_those_of_the_spec(visitor: Visitor, provider: str) -> None:
    page = visitor.open(address_of(f"{provider}.html"))
    document = load_spec(provider)
    for path, item in document["paths"].items():
        for method, call in item.items():
            section = f".operation[data-operation={call['operationId']}]"
            assert f"{method.upper()} {path}" in page.locator(f"{section} .line").inner_text()
            assert shown(page, f"{section} .request .example") == requests(call)
            responses = page.locator(f"{section} .response")
            on_page = [
                (
                    responses.nth(index).locator(".status").all_inner_texts(),
                    shown(page, f"{section} .response >> nth={index} >> .example"),
                )
                for index in range(responses.count())
            ]
            assert on_page == grouped(document, call)


def shown(page: Page, selector: str) -> list[Any]:
    """The examples on a page, parsed by their media type; headers have none."""
    parsed: list[Any] = []
    for example in page.locator(selector).all():
        content = example.locator("pre").text_content() or ""
        media = example.locator(".media").all_inner_texts()
        if media == ["application/json"]:
            parsed.append(json.loads(content))
        elif media == ["application/x-www-form-urlencoded"]:
            parsed.append(dict(parse_qsl(content)))
        else:
            parsed.append(dict(line.split(": ", 1) for line in content.splitlines()))
    return parsed


def examples(node: Any) -> list[Any]:
    return [
        value
        for content in node.get("content", {}).values()
        for value in (
            [content["example"]]
            if "example" in content
            else [e["value"] for e in content["examples"].values()]
        )
    ]


def requests(call: Any) -> list[Any]:
    headers = {parameter["name"]: parameter["example"] for parameter in call.get("parameters", [])}
    return [*([headers] if headers else []), *examples(call.get("requestBody", {}))]


def grouped(document: Any, call: Any) -> list[Any]:
    """Statuses and examples; those that share a response are grouped."""
    groups: dict[str, tuple[list[str], list[Any]]] = {}
    for status, response in call["responses"].items():
        name = response.get("$ref", status).rsplit("/", 1)[-1]
        resolved = document["components"]["responses"][name] if "$ref" in response else response
        groups.setdefault(name, ([], examples(resolved)))[0].append(status)
    return list(groups.values())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_token_is_explained_in_words(visitor: Visitor, provider: str) -> None:
    page = visitor.open(address_of(f"{provider}.html"))
    for name, scheme in load_spec(provider)["components"]["securitySchemes"].items():
        if "x-gatepass-token" not in scheme:
            continue
        token = scheme["x-gatepass-token"]
        section = page.locator(f"[data-token={name}]").inner_text()
        places = token["access_token"] if isinstance(token["access_token"], list) else [token["access_token"]]
        for place in places:
            assert place.partition("#/")[2].replace("/", ".") in section
        for word in (
            *token["credentials"],
            *token["rejected"],
            *token["unauthorized"],
            token["default_expires_in"],
        ):
            assert str(word) in section
        for word in (*token.get("prefix", {}).values(), *token.get("constants", {}).values()):
            assert word in section


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_programs_are_the_tested_files(visitor: Visitor, provider: str) -> None:
    page = visitor.open(address_of(f"{provider}.html"))
    panels = page.locator(".callers section")
    shown = {
        panels.nth(index).locator("figcaption").text_content(): panels.nth(index)
        .locator("pre")
        .text_content()
        for index in range(panels.count())
    }
    files = {path.name: path.read_text() for path in callers(provider)}

    assert shown == files
    assert page.locator(".callers [role=tab]").all_inner_texts()[:5] == FIRST


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_curl_program_copied_from_the_page_runs(
    visitor: Visitor, emulator: Emulator, provider: str, tmp_path: Path
) -> None:
    page = visitor.open(
        f"{emulator.base_url}/{provider}.html", permissions=["clipboard-read", "clipboard-write"]
    )
    page.locator(".callers .copy").first.click()
    page.locator(".callers .copy", has_text="Copied").wait_for()
    program = page.evaluate("navigator.clipboard.readText()")
    assert program == (CALLERS / "curl" / f"{provider}.sh").read_text()

    done = subprocess.run(
        ["bash", "-c", program], env={**os.environ, **emulator.variables()}, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert emulator.count(provider, "sandbox", status=200) == 1
    assert emulator.count(provider, "sandbox", kind="echo", status=200) == 1


def test_tabs_are_selected_with_the_keyboard(visitor: Visitor) -> None:
    page = visitor.open(address_of("setu.html"))
    page.locator("[role=tab]").first.focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "ArrowLeft", "Home"):
        page.keyboard.press(key)
        chosen = page.locator("[role=tab][aria-selected=true]")
        assert chosen.evaluate("tab => tab === document.activeElement && tab.tabIndex === 0")
        assert page.locator("[role=tabpanel]:visible h3").all_text_contents() == [chosen.inner_text()]
        seen.append(chosen.inner_text())
    last = page.locator("[role=tab]").last.inner_text()
    assert seen == ["Python", "Go", "Python", last, "curl", last, "curl"]


def test_without_scripts_and_on_paper_all_programs_are_visible(visitor: Visitor) -> None:
    count = len(callers("setu"))
    page = visitor.open(address_of("setu.html"), java_script_enabled=False)
    assert page.locator(".callers section:visible pre").count() == count
    page = visitor.open(address_of("setu.html"))
    assert page.locator(".callers section:visible pre").count() == 1
    page.emulate_media(media="print")
    assert page.locator(".callers section:visible pre").count() == count
    assert page.locator(".top:visible, .copy:visible").count() == 0


def test_pages_can_be_navigated_by_links_alone(visitor: Visitor, address: Served) -> None:
    page = visitor.open(address("index.html"))
    page.locator("table a", has_text="Setu").first.click()
    page.locator(".aside a", has_text="generateToken").click()
    assert page.url == urljoin(address("index.html"), "setu.html#generateToken")
    assert page.locator("#generateToken").is_visible()
