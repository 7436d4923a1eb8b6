"""Builds the documentation, as one offline site: the guides, the API reference, and a page for each provider.

python scripts/docs.py [--out FOLDER]    replaces dist/site, or the folder

The site has the layout of the repository, so that the links between pages are the same on both.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import gatepass_providers
import node
import pages
from gatepass_spec import SpecError
from repository import ROOT, load_specs

TEMPLATES = Path(__file__).resolve().parent / "templates" / "site"
SHIM = node.MODULES / "iframe-worker" / "shim" / "index.js"
CONTENTS = "docs/README.md"
"""The page whose sections and lists of links are the navigation."""
API = "docs/api.md"
SOURCES = (
    "README.md",
    "CHANGELOG.md",
    "docs/**/*.md",
    "specs/*.md",
    "specs/vectors/*.md",
    "scripts/bench/results/*.svg",
)
FOR_SERVERS = ("404.html", "sitemap.xml")
"""What zensical writes for sites on the web: the links in it do not work in a folder."""
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")


def stage(folder: Path) -> None:
    """Copy all sources into a folder, and write the pages that only the site has."""
    names = [path.relative_to(ROOT) for pattern in SOURCES for path in ROOT.glob(pattern)]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for page in folder.rglob("*.md"):
        page.write_text(without_dead_links(page), encoding="utf-8")
    template = (TEMPLATES / "api.md").read_text(encoding="utf-8")
    (folder / API).write_text(template.format(credentials=credentials()), encoding="utf-8")
    pages.render(load_specs(), folder / "reference", documentation="../index.html")
    assets = folder / "assets"
    assets.mkdir()
    for file in (TEMPLATES / "extra.css", TEMPLATES / "favicon.svg"):
        shutil.copy(file, assets)
    shutil.copy(SHIM, assets / "iframe-worker.js")


def without_dead_links(page: Path) -> str:
    """The text of a page, where a link to a file that the site does not have is its text alone."""

    def keep_or_drop(match: re.Match[str]) -> str:
        return match[0] if (page.parent / match[2]).is_file() else match[1]

    return LINK.sub(keep_or_drop, page.read_text(encoding="utf-8"))


def credentials() -> str:
    """The reference of each provider's classes: the constructor, and the methods that `Credential` lacks."""
    block = "::: gatepass_providers.{}.{}\n    options:\n      inherited_members: [{}]\n      members: [{}]\n"
    secrets = "read_secret, aread_secret, reset_secret, areset_secret"
    blocks = []
    for name, module in gatepass_providers.MODULES.items():
        own = secrets if hasattr(getattr(gatepass_providers, name), "read_secret") else ""
        blocks.append(block.format(module, name, own, own))
    return "\n".join(blocks)


def navigation(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the sections of the contents page, each with the pages of its list that the site has."""
    contents = (folder / CONTENTS).read_text(encoding="utf-8")
    for section in contents.split("\n## ")[1:]:
        targets = [match[2] for match in LINK.finditer(section)]
        paths = [os.path.normpath(Path(CONTENTS).parent / target) for target in targets]
        yield section.partition("\n")[0], paths


def configuration(folder: Path) -> str:
    """The configuration of zensical, with the navigation and the folders of the packages."""
    sections = [f"{{ {json.dumps(name)} = {json.dumps(paths)} }}" for name, paths in navigation(folder)]
    extra = '{ "Reference" = [{ "API" = "docs/api.md" }, { "Providers" = "reference/index.html" }] }'
    entries = ",\n  ".join(['{ "gatepass" = "README.md" }', *sections, extra])
    packages = json.dumps([str(ROOT / "overlay"), str(ROOT / "generated")])
    text = (TEMPLATES / "zensical.toml").read_text(encoding="utf-8")
    text = text.replace("[project]\n", f"[project]\nnav = [\n  {entries},\n]\n", 1)
    return text.replace("inventories = []", f"inventories = []\npaths = {packages}", 1)


def build(work: Path) -> Path:
    """Build the site in an empty folder. Raises `CalledProcessError` if zensical warns or fails."""
    stage(work / "pages")
    (work / "zensical.toml").write_text(configuration(work / "pages"), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    subprocess.run(command, cwd=work, check=True, capture_output=True, encoding="utf-8")
    for name in FOR_SERVERS:
        (work / "site" / name).unlink()
    return work / "site"


def replace(built: Path, out: Path) -> None:
    """Replace a folder by another, which may be on another disk."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=out.parent) as staging:
        shutil.copytree(built, Path(staging) / "site")
        if out.exists():
            out.rename(Path(staging) / "old")
        (Path(staging) / "site").rename(out)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the documentation.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "site", help="folder that is replaced")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory(prefix="gatepass-docs-") as folder:
        try:
            built = build(Path(folder).resolve())
        except SpecError as error:
            print(error, file=sys.stderr)
            return 1
        except subprocess.CalledProcessError as error:
            print(error.stdout, error.stderr, f"{out} is unchanged.", sep="\n", file=sys.stderr)
            return 1
        replace(built, out)
    print(f"{out}: open index.html", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
