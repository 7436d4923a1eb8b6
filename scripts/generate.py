"""Compiles specs/ into generated/: typed clients, credentials, the specs, and their pages.

python scripts/generate.py            replaces all of generated/, or none of it
python scripts/generate.py --check    prints the differences, and changes nothing
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
"""Folders and files that the generated code depends on, besides the folder of the specs."""


def differences(compiled: Path, current: Path) -> Iterator[str]:
    """Compare the files of a fresh compilation with those of the committed folder."""
    compiled_files, current_files = set(files(compiled)), set(files(current))
    for name in sorted(compiled_files | current_files):
        if name not in current_files:
            yield f"missing: {name}"
        elif name not in compiled_files:
            yield f"stale: {name}"
        elif (compiled / name).read_bytes() != (current / name).read_bytes():
            yield f"changed: {name}"


def files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


def fingerprint(specs: Path, out: Path) -> str:
    """A digest of all sources and of all generated files."""
    folders = [specs, *(ROOT / name for name in SOURCES), out]
    digest = hashlib.sha256(sys.version.encode())
    for folder in folders:
        for name in sorted(files(folder)) if folder.exists() else ():
            digest.update(f"{name}\0".encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    for name in OPTIONS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def replace(compiled: Path, current: Path) -> None:
    """Replace the folder by renaming, so that neither a reader nor a crash leaves it incomplete."""
    new = current.with_name(f".{current.name}.new-{os.getpid()}")
    old = current.with_name(f".{current.name}.old-{os.getpid()}")
    try:
        shutil.copytree(compiled, new)
        if current.exists():
            current.rename(old)
        try:
            new.rename(current)
        except OSError:
            if old.exists():
                old.rename(current)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Compile specs/ into generated/.")
    parser.add_argument("--check", action="store_true", help="only print the differences")
    parser.add_argument("--specs", type=Path, default=SPECS, help="folder of the specs")
    parser.add_argument("--out", type=Path, default=GENERATED, help="folder that is replaced")
    options = parser.parse_args()
    digest_file = options.out.with_name(f".{options.out.name}.sha256")
    if (
        not options.check
        and digest_file.exists()
        and digest_file.read_text() == fingerprint(options.specs, options.out)
    ):
        print(f"{options.out.name}/: nothing changed", file=sys.stderr)
        return 0
    # Imported here, because the import takes longer than the check above.
    from clients import check_pins, compile_specs
    from specs import SpecError, load_all

    with tempfile.TemporaryDirectory(prefix="gatepass-generate-") as folder:
        compiled = Path(folder) / "generated"
        try:
            check_pins()
            compile_specs(load_all(options.specs), compiled)
        except SpecError as error:
            print(error, file=sys.stderr)
            print(f"{options.out} is unchanged.", file=sys.stderr)
            return 1
        changes = list(differences(compiled, options.out))
        if options.check:
            for line in changes:
                print(line, file=sys.stderr)
            if changes:
                print("generated/ differs from specs/: run `make generate`.", file=sys.stderr)
            return 1 if changes else 0
        if changes:
            replace(compiled, options.out)
        digest_file.write_text(fingerprint(options.specs, options.out))
        print(f"{options.out.name}/: {len(changes)} files changed", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
