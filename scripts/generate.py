"""Compiles specs/ into generated/: typed clients, credentials, the specs, and their pages.

python scripts/generate.py            replaces all of generated/, or none of it
python scripts/generate.py --check    prints the differences, and changes nothing
"""

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from gatepass_generator.files import differences, files, replace
from gatepass_spec import SERVICE_FILE, SERVICE_PACKAGE, SpecError

ROOT = Path(__file__).resolve().parent.parent
SPECS, GENERATED = ROOT / "specs", ROOT / "generated"
SOURCES = ("scripts", "tests/languages", "specs", "overlay/gatepass_generator", "overlay/gatepass_spec")
OPTIONS = ("overlay/gatepass/__init__.py", "overlay/gatepass/_options.py")
"""Folders and files that the generated code depends on, besides the folder of the specs."""
README = """\
# generated/

Written by `make generate` from `specs/`; replaced whole each time. Do not edit: change the spec.
"""


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


def compile_all(specs: Path, target: Path) -> None:
    """Write all of generated/ into an empty folder."""
    # Imported here, because the import takes longer than to see that nothing has changed.
    from gatepass_generator.clients import Layout, check_pins, compile_specs, format_code, write_client
    from gatepass_generator.reader import load_service
    from pages import render
    from repository import load_specs

    check_pins()
    loaded = load_specs(specs)
    (target / "README.md").write_text(README, encoding="utf-8")
    compile_specs(loaded, target, Layout("gatepass_providers", "gatepass_clients"))
    if (specs / SERVICE_FILE).exists():
        client = target / "gatepass_clients" / SERVICE_PACKAGE
        write_client(load_service(specs / SERVICE_FILE), client)
        shutil.copyfile(specs / SERVICE_FILE, client / "openapi.yaml")
    pages = target / "gatepass_pages"
    render(loaded, pages)
    (pages / "__init__.py").write_text(
        '"""The reference pages, made from specs/, for the emulator to serve. Do not edit."""\n',
        encoding="utf-8",
    )
    format_code(target)


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
    with tempfile.TemporaryDirectory(prefix="gatepass-generate-") as folder:
        compiled = Path(folder) / "generated"
        compiled.mkdir()
        try:
            compile_all(options.specs, compiled)
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
