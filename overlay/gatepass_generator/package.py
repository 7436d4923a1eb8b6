"""A package of one's own: the typed clients and credentials of some specs, ready to install."""

import importlib.util
import keyword
import re
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from gatepass._providers import installed
from gatepass_spec import Spec, SpecError

from .clients import Layout, check_pins, compile_specs, format_code
from .credentials import credentials_of, hosts
from .files import files, replace
from .reader import load_all

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MARK = "Written by `gatepass generate`"
"""Without it in its README.md, a folder is not replaced."""
README = """\
# {package}

{mark} from {specs}; replaced whole each time. Do not edit: change the spec.

    pip install -e .
    gatepass list

    from {package} import {credential}

    token = {credential}({environment!r}).token()
"""
PYPROJECT = """\
# {mark}.
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{distribution}"
version = "{version}"
requires-python = ">=3.11"
dependencies = ["gatepass>={gatepass},<{next_minor}"]

[project.entry-points."gatepass.providers"]
{package} = "{package}"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""


def generate_package(paths: Sequence[Path], folder: Path, package: str | None = None) -> str:
    """Write a package with the providers of these specs to a folder; returns the name of the package.

    SpecError says what is wrong with a spec, the name or the folder; then nothing is replaced.
    """
    check_pins()
    specs = sorted(load_all(paths), key=lambda spec: spec.name)
    if package is None and len(specs) > 1:
        raise SpecError("several specs need a name for their package: --package NAME")
    package = package or f"gatepass_{specs[0].name}"
    _check_package(package, folder)
    _check_folder(folder, package)
    _check_providers(specs, package)
    with tempfile.TemporaryDirectory(prefix="gatepass-generate-") as temporary:
        target = Path(temporary) / "compiled"
        target.mkdir()
        compile_specs(specs, target, Layout(package, f"{package}.clients"))
        format_code(target)
        _write_project(specs, target, package)
        folder.parent.mkdir(parents=True, exist_ok=True)
        replace(target, folder)
    return package


def _write_project(specs: list[Spec], target: Path, package: str) -> None:
    credential = credentials_of(specs[0])[0]
    installed_version = version("gatepass")
    major, minor, *_ = installed_version.split(".")
    values = {
        "mark": MARK,
        "package": package,
        "distribution": package.replace("_", "-"),
        "specs": ", ".join(spec.path.name for spec in specs),
        "credential": credential.name,
        "environment": next(iter(specs[0].servers)),
        "version": str(specs[0].document["info"]["version"]),
        "gatepass": installed_version,
        "next_minor": f"{major}.{int(minor) + 1}",
    }
    (target / "README.md").write_text(README.format(**values), encoding="utf-8")
    (target / "pyproject.toml").write_text(PYPROJECT.format(**values), encoding="utf-8")


def _check_package(package: str, folder: Path) -> None:
    """Raise SpecError if the name is no name of a package, or the name of another one."""
    if not NAME.fullmatch(package) or keyword.iskeyword(package):
        raise SpecError(f"--package {package}: use lower case, digits and _, such as gatepass_acme")
    if package in sys.stdlib_module_names:
        raise SpecError(f"--package {package}: this is a module of Python; choose another name")
    found = importlib.util.find_spec(package)
    locations = found.submodule_search_locations if found else None
    if found and Path(folder, package).resolve() not in [Path(path).resolve() for path in locations or ()]:
        raise SpecError(f"--package {package}: another package with this name is installed; choose another")


def _check_folder(folder: Path, package: str) -> None:
    """Raise SpecError if the folder has anything in it that this command did not write."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise SpecError(f"--out {folder}: this is not a folder")
    present = {name.split("/")[0] for name in files(folder)}
    readme = folder / "README.md"
    is_ours = readme.is_file() and MARK in readme.read_text(encoding="utf-8", errors="replace")
    others = sorted(present - {"README.md", "pyproject.toml", package}) if is_ours else sorted(present)
    if others:
        raise SpecError(f"--out {folder}: it has other files in it ({others[0]}); name a new or empty folder")


def _check_providers(specs: Iterable[Spec], package: str) -> None:
    """Raise SpecError if another installed package has the provider, the class, the command or the host."""
    others = [other for other in installed().packages if other.__name__ != package]
    for spec in specs:
        taken = {spec.name, *(credential.name for credential in credentials_of(spec)), *hosts([spec])}
        if spec.name == "clients":
            raise SpecError(
                f"{spec.path}:1: gatepass/file-name: the name 'clients' is taken; rename the file"
            )
        for other in others:
            names = {*other.SERVERS, *other.MODULES, *other.HOSTS}
            if clash := sorted(taken & names):
                raise SpecError(f"{spec.path}:1: {other.__name__} has {' and '.join(clash)} already")


def lint(paths: Iterable[Path]) -> list[str]:
    """What breaks a rule in these specs, as `file:line: rule: what is wrong; why; how to fix it`."""
    try:
        load_all(paths)
    except SpecError as error:
        return str(error).splitlines()
    return []
