"""Renders the reference pages: an offline site, from specs/ and the programs in tests/languages/.

python scripts/pages.py [--out FOLDER]    writes to dist/site, or to the folder
"""

import argparse
import base64
import hashlib
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from gatepass_spec import Spec, SpecError, decoded_pattern, places, split_place
from page import MARK, MARKS, Page
from repository import ROOT, SPECS, load_specs

TEMPLATES = Path(__file__).resolve().parent / "templates" / "pages"
RELATIVE_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)[^)]+\)")
"""A link to another file of the repository, which the site does not contain."""


def section(heading: str, file_name: str = "README.md") -> str:
    """The section of a file in specs/ below a heading, up to the next one.

    Raises `SpecError` if there is no such heading.
    """
    file = SPECS / file_name
    markdown = file.read_text(encoding="utf-8")
    match = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", markdown, re.MULTILINE | re.DOTALL)
    if not match:
        raise SpecError(f"{file}:1: no heading {heading!r}, which scripts/templates/pages/ needs")
    return RELATIVE_LINK.sub(r"\1", match[1])


def prose(links: Mapping[str, str]) -> MarkdownIt:
    """A renderer from Markdown to HTML that shows marks as badges, and links the names in `links`."""

    def plain(_: Any, tokens: list[Token], index: int, *_others: Any) -> str:
        return MARK.sub(lambda match: badge(match[1]), str(escape(tokens[index].content)))

    def code(_: Any, tokens: list[Token], index: int, *_others: Any) -> str:
        name = tokens[index].content
        element = f"<code>{escape(name)}</code>"
        return f'<a href="{escape(links[name])}">{element}</a>' if name in links else element

    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    renderer.add_render_rule("text", plain)
    renderer.add_render_rule("code_inline", code)
    renderer.add_render_rule("table_open", lambda *_: '<div class="scroll"><table>')
    renderer.add_render_rule("table_close", lambda *_: "</table></div>")
    return renderer


NAMES = {"header": "header", "query": "query parameter", "path": "path parameter", "cookie": "cookie"}
"""What a name in each part of a message is."""


def html(safe: str) -> Markup:
    """Mark a string as safe HTML: a file of our own, or rendered Markdown, which escapes foreign HTML."""
    return Markup(safe)  # noqa: S704


def badge(mark: str) -> Markup:
    """The HTML of a mark."""
    return html(f'<span class="mark mark-{mark}" title="{escape(MARKS[mark])}">{mark}</span>')


def place(expression: str) -> Markup:
    """The HTML of a place: `$response.body#/Errors/0/Code` as Errors[0].Code."""
    _, kind, parts = split_place(expression)
    if kind == "basic":
        return Markup("the {} of HTTP Basic").format("user name" if parts[0] == "username" else parts[0])
    if kind in NAMES:
        return Markup("{} <code>{}</code>").format(NAMES[kind], parts[0])
    if not parts:
        return Markup("the whole body")
    path = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in parts)
    return Markup("<code>{}</code>").format(path.removeprefix("."))


def span(seconds: int | str) -> str:
    """A duration in words: 1800 as "30 minutes"."""
    if isinstance(seconds, str):
        return "until an API rejects it"
    for size, word in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            return f"{seconds // size} {word}{'s' if seconds != size else ''}"
    raise ValueError(seconds)


def listed_places(credential: Any) -> list[str]:
    """The places of a credential, which may be part of a composed value alone."""
    return places(credential.get("places", []) if isinstance(credential, Mapping) else credential)


def breakable(path: str) -> Markup:
    """A path or a URL that a narrow page breaks after a slash, and not inside a word."""
    return Markup("/<wbr>").join(path.split("/"))


def api_words(scheme: Mapping[str, Any]) -> Markup:
    """How APIs take the token of a security scheme."""
    if scheme["type"] == "http":
        word = "Bearer" if scheme["scheme"].lower() == "bearer" else scheme["scheme"]
        return Markup("<code>Authorization: {} …</code>").format(word)
    if scheme["in"] == "header":
        prefix = scheme["x-gatepass-token"].get("header_prefix", "")
        return Markup("<code>{}: {}…</code>").format(scheme["name"], prefix)
    return Markup("{} <code>{}</code>").format(NAMES[scheme["in"]], scheme["name"])


def policy(*inline: tuple[str, str]) -> str:
    """A content security policy that allows these inline styles and scripts, and no requests."""
    allowed = [
        f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
        for kind, source in inline
    ]
    rest = ("img-src data:", "base-uri 'none'", "form-action 'none'")
    return "; ".join(["default-src 'none'", *allowed, *rest])


def site(specs: list[Spec], documentation: str | None = None) -> dict[str, str]:
    """Every file of the site, by name, with a link to the documentation if it is beside the pages."""
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("pages.css", "pages.js"))
    pages = [Page(spec) for spec in specs]
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"place": place, "places": places, "span": span, "badge": badge}
    templates.filters |= {"listed": listed_places, "api": api_words}
    templates.filters |= {"decoded_pattern": decoded_pattern, "breakable": breakable}
    templates.globals |= {
        "documentation": documentation,
        "pages": pages,
        "section": section,
        "style": html(style),
        "script": html(script),
        "policy": policy(("style", style), ("script", script)),
    }

    def render(template: str, file: str, **values: Any) -> str:
        page = values.get("page")
        markdown = prose({name: f"#{name}" for name in (*page.operations, *page.schemes)} if page else {})
        return templates.get_template(template).render(
            file=file,
            md=lambda source: html(markdown.render(source)),
            mdi=lambda source: html(markdown.renderInline(source)),
            **values,
        )

    files = {name: render(f"{name}.jinja", name) for name in ("index.html", "format.html")}
    for page in pages:
        files[f"{page.name}.html"] = render("provider.html.jinja", f"{page.name}.html", page=page)
        files[f"{page.name}.yaml"] = page.spec.text
    files["token-extension.schema.json"] = (SPECS / "token-extension.schema.json").read_text(encoding="utf-8")
    return files


def render(specs: list[Spec], out: Path, documentation: str | None = None) -> None:
    """Write the site into a folder. Raises `SpecError` if a program is missing, and then writes nothing."""
    files = site(specs, documentation)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content.encode())


def main() -> int:
    parser = argparse.ArgumentParser(description="Render the reference pages.")
    parser.add_argument("--specs", type=Path, default=SPECS, help="folder of the specs")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "site", help="folder to write to")
    options = parser.parse_args()
    try:
        render(load_specs(options.specs), options.out)
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.out}: open index.html", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
