"""Compiles specs/ into generated/: typed clients, credentials, the specs, and their pages.

python scripts/generate.py            replaces generated/ whole, or leaves it as it was
python scripts/generate.py --check    says what differs, and changes nothing
"""

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPECS, GENERATED = ROOT / "specs", ROOT / "generated"
SOURCES = ("scripts", "tests/languages", "specs")
OPTIONS = ("overlay/gatepass/__init__.py", "overlay/gatepass/_options.py")
"""Folders and files that decide the bytes, besides the folder of the specs."""


def differences(made: Path, kept: Path) -> Iterator[str]:
    """What a fresh compilation has and the committed folder has not, and the other way round."""
    made_files, kept_files = set(files(made)), set(files(kept))
    for name in sorted(made_files | kept_files):
        if name not in kept_files:
            yield f"missing: {name}"
        elif name not in made_files:
            yield f"stale: {name}"
        elif (made / name).read_bytes() != (kept / name).read_bytes():
            yield f"changed: {name}"


def files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


def fingerprint(specs: Path, out: Path) -> str:
    """A digest of all that goes in and of all that came out."""
    folders = [specs, *(ROOT / name for name in SOURCES), out]
    digest = hashlib.sha256(sys.version.encode())
    for folder in folders:
        for name in sorted(files(folder)) if folder.exists() else ():
            digest.update(f"{name}\0".encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    for name in OPTIONS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def replace(made: Path, kept: Path) -> None:
    """Swap the folder in one rename, so that no reader and no crash sees half of it."""
    new = kept.with_name(f".{kept.name}.new-{os.getpid()}")
    old = kept.with_name(f".{kept.name}.old-{os.getpid()}")
    try:
        shutil.copytree(made, new)
        if kept.exists():
            kept.rename(old)
        try:
            new.rename(kept)
        except OSError:
            if old.exists():
                old.rename(kept)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compile specs/ into generated/.")
    parser.add_argument("--check", action="store_true", help="only say what differs")
    parser.add_argument("--specs", type=Path, default=SPECS, help="folder of the specs")
    parser.add_argument("--out", type=Path, default=GENERATED, help="folder that is replaced")
    options = parser.parse_args()
    seal = options.out.with_name(f".{options.out.name}.sha256")
    if not options.check and seal.exists() and seal.read_text() == fingerprint(options.specs, options.out):
        print(f"{options.out.name}/: nothing changed", file=sys.stderr)
        return 0
    # Only now, because it takes longer to import than to see that nothing changed.
    from clients import check_pins, compile_specs
    from specs import SpecError, load_all

    with tempfile.TemporaryDirectory(prefix="gatepass-generate-") as folder:
        made = Path(folder) / "generated"
        try:
            check_pins()
            compile_specs(load_all(options.specs), made)
        except SpecError as error:
            print(error, file=sys.stderr)
            print(f"{options.out} is as it was.", file=sys.stderr)
            return 1
        found = list(differences(made, options.out))
        if options.check:
            for line in found:
                print(line, file=sys.stderr)
            if found:
                print("generated/ differs from specs/: run `make generate`.", file=sys.stderr)
            return 1 if found else 0
        if found:
            replace(made, options.out)
        seal.write_text(fingerprint(options.specs, options.out))
        print(f"{options.out.name}/: {len(found)} files changed", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
