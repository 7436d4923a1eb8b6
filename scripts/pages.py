"""Renders the reference pages: one offline site from specs/ and from the callers in tests/languages/.

python scripts/pages.py [--out FOLDER]    writes it to dist/site, or to the folder
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

from page import MARK, MARKS, Page
from specs import ROOT, SPECS, Spec, SpecError, load_all, places, split_place

TEMPLATES = Path(__file__).resolve().parent / "templates" / "pages"
NEIGHBOUR = re.compile(r"\[([^\]]+)\]\((?!https?:|#)[^)]+\)")
"""A link to another file of the repository, which the site has not."""


def section(heading: str) -> str:
    """What specs/README.md says below a heading, up to the next one; SpecError if it has none such."""
    file = SPECS / "README.md"
    text = file.read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise SpecError(f"{file}:1: no heading {heading!r}, which scripts/templates/pages/ asks for")
    return NEIGHBOUR.sub(r"\1", found[1])


def prose(links: Mapping[str, str]) -> MarkdownIt:
    """Markdown to HTML, with the marks as badges, and the names of calls and tokens as links to them."""

    def text(_: Any, tokens: list[Token], index: int, *_others: Any) -> str:
        return MARK.sub(lambda found: badge(found[1]), str(escape(tokens[index].content)))

    def code(_: Any, tokens: list[Token], index: int, *_others: Any) -> str:
        name = tokens[index].content
        shown = f"<code>{escape(name)}</code>"
        return f'<a href="{escape(links[name])}">{shown}</a>' if name in links else shown

    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("text", text)
    made.add_render_rule("code_inline", code)
    made.add_render_rule("table_open", lambda *_: '<div class="scroll"><table>')
    made.add_render_rule("table_close", lambda *_: "</table></div>")
    return made


def html(text: str) -> Markup:
    """What is HTML already: files of our own, or Markdown that was rendered, all foreign HTML escaped."""
    return Markup(text)  # noqa: S704


def badge(mark: str) -> Markup:
    """A mark as it is shown."""
    return html(f'<span class="mark mark-{mark}" title="{escape(MARKS[mark])}">{mark}</span>')


def place(expression: str) -> Markup:
    """`$response.body#/Errors/0/Code` as a reader has it: Errors[0].Code."""
    _, kind, parts = split_place(expression)
    if kind == "header":
        return Markup("header <code>{}</code>").format(parts[0])
    way = "".join(f"[{one}]" if one.isdigit() else f".{one}" for one in parts)
    return Markup("<code>{}</code>").format(way.removeprefix("."))


def span(seconds: int) -> str:
    """1800 as "30 minutes"."""
    for size, word in ((3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            return f"{seconds // size} {word}{'s' if seconds != size else ''}"
    raise ValueError(seconds)


def policy(*inline: tuple[str, str]) -> str:
    """A content security policy that allows these inline styles and scripts, and no request at all."""
    allowed = [
        f"{kind}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for kind, text in inline
    ]
    rest = ("img-src data:", "base-uri 'none'", "form-action 'none'")
    return "; ".join(["default-src 'none'", *allowed, *rest])


def site(specs: list[Spec]) -> dict[str, str]:
    """Every file of the site by name."""
    style, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("pages.css", "pages.js"))
    pages = [Page(spec) for spec in specs]
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"place": place, "places": places, "span": span, "badge": badge}
    templates.globals |= {
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
            md=lambda text: html(markdown.render(text)),
            mdi=lambda text: html(markdown.renderInline(text)),
            **values,
        )

    files = {name: render(f"{name}.jinja", name) for name in ("index.html", "format.html")}
    for page in pages:
        files[f"{page.name}.html"] = render("provider.html.jinja", f"{page.name}.html", page=page)
        files[f"{page.name}.yaml"] = page.spec.text
    files["x-token.schema.json"] = (SPECS / "x-token.schema.json").read_text(encoding="utf-8")
    return files


def render(specs: list[Spec], out: Path) -> None:
    """Write the site into a folder; SpecError if a caller is missing, and then nothing is written."""
    files = site(specs)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_bytes(text.encode())


def main() -> int:
    parser = argparse.ArgumentParser(description="Render the reference pages.")
    parser.add_argument("--specs", type=Path, default=SPECS, help="folder of the specs")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "site", help="folder to write to")
    options = parser.parse_args()
    try:
        render(load_all(options.specs), options.out)
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.out}: open index.html", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
