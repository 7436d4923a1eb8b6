"""Builds the distributions in dist/: wheel, sdist, and the specs as an archive and as an npm package.

python scripts/dist.py [--out FOLDER]

Beside the archive and the npm package is a file with their SHA-256. Builds are reproducible on any machine
and at any time.
"""

import argparse
import glob
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import node
import overlays
import pages
import twins
from gatepass_spec import Spec, SpecError
from repository import ROOT, SPECS, load_specs

EPOCH = 1580601600
"""The date of all packed files: hatchling's own, so that a build from the sdist makes the same wheel."""
NPM = node.NODE.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
TEMPLATES = Path(__file__).resolve().parent / "templates"

LINK = re.compile(r"\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")
"""A link to another file."""

Files = dict[str, bytes]
"""Name, with slashes, to content."""


def read(folder: Path) -> Files:
    """Every file below a folder, except hidden files."""
    names = glob.glob("**", root_dir=folder, recursive=True)
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def mode(content: bytes) -> int:
    """The mode of a file: executable for programs, whatever the modes of this checkout are."""
    return 0o755 if content.startswith(b"#!") else 0o644


def write(files: Files, folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode(content))


def pack(files: Files, target: Path) -> None:
    """Write a `.tar.gz` with one folder of the same name, independent of the machine and the date."""
    top = target.name.removesuffix(".tar.gz")
    with (
        target.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mode, entry.mtime = len(content), mode(content), EPOCH
            archive.addfile(entry, io.BytesIO(content))


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command. Raises `CalledProcessError`, with its output, if it fails."""
    env = node.variables() | {"SOURCE_DATE_EPOCH": str(EPOCH)}
    arguments = [str(argument) for argument in command]
    subprocess.run(
        arguments, cwd=cwd, env=env, check=True, capture_output=True, encoding="utf-8", errors="replace"
    )


def python_packages(work: Path, out: Path) -> None:
    """Build the sdist, and the wheel from the sdist, as an installation from source does."""
    hatchling = (sys.executable, "-m", "hatchling", "build")
    run(*hatchling, "-t", "sdist", "-d", work, cwd=ROOT)
    packed = next(work.glob("*.tar.gz"))
    with tarfile.open(packed) as archive:
        members = {member.name.partition("/")[2]: archive.extractfile(member) for member in archive}
        source = {name: content.read() for name, content in members.items() if content}
    pack(source, out / packed.name)
    write(source, work / "source")
    run(*hatchling, "-t", "wheel", "-d", out, cwd=work / "source")


def as_json(spec: Spec) -> bytes:
    """The spec as JSON, with keys in their order and references unresolved."""
    return (json.dumps(spec.document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def derived(spec: Spec) -> Files:
    """What is made from a spec: JSON, its 3.0.3 twin, and its token extension as an overlay."""
    return {
        f"{spec.name}.json": as_json(spec),
        f"openapi-3.0/{spec.name}.yaml": twins.twin(spec).encode(),
        f"openapi-3.0/{spec.name}.json": twins.twin_json(spec),
        f"overlays/{spec.name}.overlay.yaml": overlays.overlay(spec).encode(),
    }


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def sums(files: Files) -> bytes:
    """The digests of files, as `sha256sum --check` reads them."""
    return "".join(f"{sha256(content)}  {name}\n" for name, content in sorted(files.items())).encode()


def linked(page: str, files: Files) -> bytes:
    """A page, with plain text in place of links to what is not among the files."""

    def link(match: re.Match[str]) -> str:
        target = match[2]
        return (
            match[0] if any(name == target or name.startswith(f"{target}/") for name in files) else match[1]
        )

    return LINK.sub(link, page).encode()


def archive_readme(specs: list[Spec], version: str) -> bytes:
    """The page that names every file of the archive."""
    template = (TEMPLATES / "archive" / "README.md").read_text(encoding="utf-8")
    names = ", ".join(f"`{spec.name}`" for spec in specs)
    return template.format(version=version, count=len(specs), names=names).encode()


def types(specs: list[Spec], work: Path) -> Files:
    """The TypeScript types of every provider and of the token extension."""
    apis = {
        spec.name: {"root": f"{spec.name}.yaml", "x-openapi-ts": {"output": f"{spec.name}.d.ts"}}
        for spec in specs
    }
    write({f"{spec.name}.yaml": spec.text.encode() for spec in specs}, work)
    (work / "redocly.yaml").write_text(json.dumps({"apis": apis}), encoding="utf-8")
    run(node.command("openapi-typescript"), cwd=work)
    schema = SPECS / "token-extension.schema.json"
    banner = f"--bannerComment=/* Made from {schema.name}. Do not edit. */"
    run(node.command("json2ts"), banner, schema, "token-extension.d.ts", cwd=work)
    return {
        name: (work / name).read_bytes()
        for name in ("token-extension.d.ts", *(f"{name}.d.ts" for name in apis))
    }


def index(specs: list[Spec]) -> Files:
    """What `import` of the npm package itself gives: each spec under its name, for ESM and CommonJS."""
    declared = "".join(f"export declare const {spec.name}: Spec;\n" for spec in specs)
    code = "".join(f'exports.{spec.name} = require("./{spec.name}.json");\n' for spec in specs)
    template = (TEMPLATES / "npm" / "index.d.ts").read_bytes()
    return {"index.d.ts": template + declared.encode(), "index.js": code.encode()}


def manifest(project: Mapping[str, Any]) -> dict[str, Any]:
    """The package.json, with the version and those links that `[project]` of pyproject.toml has."""
    template = json.loads((TEMPLATES / "npm" / "package.json").read_text(encoding="utf-8"))
    urls = {label.lower(): url for label, url in project.get("urls", {}).items()}
    links: dict[str, Any] = {}
    if "homepage" in urls:
        links["homepage"] = urls["homepage"]
    if "repository" in urls:
        links["repository"] = {"type": "git", "url": f"git+{urls['repository']}"}
    if "issues" in urls:
        links["bugs"] = {"url": urls["issues"]}
    return {**template, "version": project["version"], **links}


def npm_package(files: Files, project: Mapping[str, Any], work: Path, out: Path) -> None:
    """Build the npm package. npm keeps the modes of files and gives all of them the same date."""
    package = json.dumps(manifest(project), indent=2).encode() + b"\n"
    write(files | {"package.json": package}, work / "package")
    isolated = ("--offline", "--ignore-scripts", f"--cache={work / 'cache'}", f"--userconfig={os.devnull}")
    run(node.NODE / "node", NPM, "pack", *isolated, f"--pack-destination={out}", cwd=work / "package")


def build(work: Path, out: Path) -> None:
    """Build all files, into an empty folder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    version = project["version"]
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SpecError(
            f"{ROOT / 'pyproject.toml'}: version {version!r}: npm needs three numbers, as in 1.2.0"
        )
    specs = load_specs()
    described = read(SPECS)
    for spec in specs:
        described |= derived(spec)
    described |= {name: (ROOT / name).read_bytes() for name in ("LICENSE", "CHANGELOG.md")}
    page = described.pop("README.md").decode()
    python_packages(work / "python", out)
    pages.render(specs, work / "pages")
    archived = described | {f"reference/{name}": content for name, content in read(work / "pages").items()}
    archived["SPECS.md"] = linked(page, archived)
    archived["README.md"] = archive_readme(specs, version)
    archived["SHA256SUMS"] = sums(archived)
    pack(archived, out / f"gatepass-specs-{version}.tar.gz")
    # The npm package has no flows.
    packed = {name: content for name, content in described.items() if not name.startswith("flows/")}
    packed["SPECS.md"] = linked(page, packed)
    packed["README.md"] = (TEMPLATES / "npm" / "README.md").read_bytes()
    npm_package(packed | index(specs) | types(specs, work / "types"), project, work / "npm", out)
    for path in list(out.glob("gatepass-specs-*")):
        Path(f"{path}.sha256").write_bytes(sums({path.name: path.read_bytes()}))


def publish(built: Path, out: Path) -> None:
    """Replace each file by a rename, once all of them are complete."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=out) as staging:
        for path in [Path(shutil.copy(path, staging)) for path in sorted(built.iterdir())]:
            path.replace(out / path.name)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build wheel, sdist, and the packages of the specs.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder; other files in it are kept")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory(prefix="gatepass-dist-") as folder:
        built, work = Path(folder) / "built", Path(folder) / "work"
        built.mkdir()
        try:
            build(work, built)
        except (SpecError, subprocess.CalledProcessError) as error:
            message = f"{error}\n{getattr(error, 'stderr', '')}".strip()
            print(message, f"{out} is unchanged.", sep="\n", file=sys.stderr)
            return 1
        publish(built, out)
        for path in sorted(built.iterdir()):
            if path.suffix == ".sha256":
                continue
            content = path.read_bytes()
            print(f"{path.name:<36}{len(content):>9}  {sha256(content)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
