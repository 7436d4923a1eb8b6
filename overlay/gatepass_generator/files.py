"""Comparing and replacing a folder of generated files."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path


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
