"""Builds what others install, into dist/: wheel, sdist, and the specs as an archive and as an npm package.

python scripts/dist.py [--out FOLDER]

The same tree makes the same bytes, whoever builds it, where and when.
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
from pathlib import Path

import node
import pages
from specs import ROOT, SPECS, Spec, SpecError, load_all

EPOCH = 1580601600
"""The date of all that is packed: hatchling's own, so who builds from the sdist makes the same wheel."""
NPM = node.NODE.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
TEMPLATES = Path(__file__).resolve().parent / "templates" / "npm"

Files = dict[str, bytes]
"""Name, with slashes, to content."""


def read(folder: Path) -> Files:
    """Every file below a folder, but for hidden ones."""
    names = glob.glob("**", root_dir=folder, recursive=True)
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def mode(content: bytes) -> int:
    """A program can be run; it does not matter what modes this checkout has."""
    return 0o755 if content.startswith(b"#!") else 0o644


def write(files: Files, folder: Path) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode(content))


def pack(files: Files, target: Path) -> None:
    """One `.tar.gz` with one folder of the same name in it, and nothing of this machine or this day."""
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
    """CalledProcessError, with what the program said, if it fails."""
    env = node.variables() | {"SOURCE_DATE_EPOCH": str(EPOCH)}
    words = [str(word) for word in command]
    subprocess.run(
        words, cwd=cwd, env=env, check=True, capture_output=True, encoding="utf-8", errors="replace"
    )


def python_packages(work: Path, out: Path) -> None:
    """The sdist, and the wheel from what is in it, as whoever installs from source makes it."""
    hatchling = (sys.executable, "-m", "hatchling", "build")
    run(*hatchling, "-t", "sdist", "-d", work, cwd=ROOT)
    packed = next(work.glob("*.tar.gz"))
    with tarfile.open(packed) as archive:
        members = {one.name.partition("/")[2]: archive.extractfile(one) for one in archive}
        source = {name: content.read() for name, content in members.items() if content}
    pack(source, out / packed.name)
    write(source, work / "source")
    run(*hatchling, "-t", "wheel", "-d", out, cwd=work / "source")


def as_json(spec: Spec) -> bytes:
    """The same document, keys in their order and references as they are."""
    return (json.dumps(spec.document, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def types(specs: list[Spec], work: Path) -> Files:
    """TypeScript's types of every provider."""
    apis = {
        spec.name: {"root": f"{spec.name}.yaml", "x-openapi-ts": {"output": f"{spec.name}.d.ts"}}
        for spec in specs
    }
    write({f"{spec.name}.yaml": spec.text.encode() for spec in specs}, work)
    (work / "redocly.yaml").write_text(json.dumps({"apis": apis}), encoding="utf-8")
    run(node.command("openapi-typescript"), cwd=work)
    return {f"{name}.d.ts": (work / f"{name}.d.ts").read_bytes() for name in apis}


def npm_package(files: Files, version: str, work: Path, out: Path) -> None:
    """Packed by npm, which takes the modes as they are and dates everything to one day of 1985."""
    manifest = json.loads((TEMPLATES / "package.json").read_text(encoding="utf-8"))
    manifest["version"] = version
    write(files | {"package.json": json.dumps(manifest, indent=2).encode() + b"\n"}, work / "package")
    alone = ("--offline", "--ignore-scripts", f"--cache={work / 'cache'}", f"--userconfig={os.devnull}")
    run(node.NODE / "node", NPM, "pack", *alone, f"--pack-destination={out}", cwd=work / "package")


def build(work: Path, out: Path) -> None:
    """All files, into an empty folder."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise SpecError(
            f"{ROOT / 'pyproject.toml'}: version {version!r}: npm wants three numbers, as in 1.2.0"
        )
    specs = load_all()
    described = read(SPECS) | {f"{spec.name}.json": as_json(spec) for spec in specs}
    described |= {name: (ROOT / name).read_bytes() for name in ("LICENSE", "CHANGELOG.md")}
    python_packages(work / "python", out)
    pages.render(specs, work / "pages")
    archived = described | {f"reference/{name}": content for name, content in read(work / "pages").items()}
    sums = [f"{sha256(content)}  {name}\n" for name, content in sorted(archived.items())]
    archived["SHA256SUMS"] = "".join(sums).encode()
    pack(archived, out / f"gatepass-specs-{version}.tar.gz")
    described |= {"SPECS.md": described["README.md"], "README.md": (TEMPLATES / "README.md").read_bytes()}
    npm_package(described | types(specs, work / "types"), version, work / "npm", out)


def publish(made: Path, out: Path) -> None:
    """Each file is swapped in by one rename, after all of them are there."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=out) as near:
        for path in [Path(shutil.copy(path, near)) for path in sorted(made.iterdir())]:
            path.replace(out / path.name)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build wheel, sdist, and the specs for others.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="other files in it stay")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory(prefix="gatepass-dist-") as folder:
        made, work = Path(folder) / "made", Path(folder) / "work"
        made.mkdir()
        try:
            build(work, made)
        except (SpecError, subprocess.CalledProcessError) as error:
            said = f"{error}\n{getattr(error, 'stderr', '')}".strip()
            print(said, f"{out} is as it was.", sep="\n", file=sys.stderr)
            return 1
        publish(made, out)
        for path in sorted(made.iterdir()):
            content = path.read_bytes()
            print(f"{path.name:<36}{len(content):>9}  {sha256(content)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
