"""Writes typed clients, and credentials that use them."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from gatepass_spec import Spec, SpecError

from .credentials import index_module, provider_module

TEMPLATES = Path(__file__).resolve().parent / "templates"
PINS = {"openapi-python-client": "0.29.1", "ruff": "0.17.6", "Jinja2": "3.1.6", "markdown-it-py": "4.3.0"}
RUFF = ("--isolated", "--no-cache", "--quiet", "--line-length=120", "--target-version=py311")
EDITS = (
    ("\ndef _parse_response(", "\n@errors.hide_body\ndef _parse_response("),
    (
        "    return _build_response(",
        "    del kwargs  # tracebacks would show the secrets in it\n\n    return _build_response(",
    ),
    (
        "        httpx.TimeoutException:",
        "        errors.UnreadableResponse: If the response is not what is documented.\n"
        "        httpx.TimeoutException:",
    ),
)
"""Changes to every call of a client: a template of our own would repeat all of the generator's."""


def check_pins() -> None:
    """Raise SpecError unless the pinned versions are installed: others would generate other code."""
    for name, pinned in PINS.items():
        if version(name) != pinned:
            raise SpecError(
                f"{name} is {version(name)}, but code is generated with {pinned}: "
                "pip install 'gatepass[generate]'"
            )


CLIENTS_DOCSTRING = '"""Typed clients of the token requests. Do not edit."""\n'


class Layout(NamedTuple):
    """The names of the packages of generated code."""

    providers: str
    clients: str


def compile_specs(specs: list[Spec], target: Path, layout: Layout) -> None:
    """Write the typed clients and the credentials into an empty folder."""
    clients, providers = target.joinpath(*layout.clients.split(".")), target / layout.providers
    clients.mkdir(parents=True)
    providers.mkdir(exist_ok=True)
    (clients / "__init__.py").write_text(CLIENTS_DOCSTRING, encoding="utf-8")
    shutil.copyfile(TEMPLATES / "masking.py", clients / "masking.py")
    for package in (clients, providers):
        (package / "py.typed").touch()
    (providers / "__init__.py").write_text(index_module(specs), encoding="utf-8")
    jobs = [(spec, clients / spec.name, layout.clients) for spec in specs]
    # Forked, because importing the generator takes as long as compiling three specs.
    with ProcessPoolExecutor(min(len(specs), os.cpu_count() or 1), get_context("fork")) as pool:
        for spec, source in zip(specs, pool.map(compile_client, *zip(*jobs, strict=True)), strict=True):
            print(f"[{specs.index(spec) + 1}/{len(specs)}] {spec.name}", file=sys.stderr, flush=True)
            (providers / f"{spec.name}.py").write_text(source, encoding="utf-8")
            shutil.copyfile(spec.path, clients / spec.name / "openapi.yaml")


def format_code(target: Path) -> None:
    """Sort imports and lay out all code in a folder."""
    ruff("check", "--fix-only", "--select=I,F401", str(target))
    ruff("format", str(target))


def compile_client(spec: Spec, target: Path, clients: str) -> str:
    """Write a typed client of the package `clients` into an empty folder; returns its credentials' source."""
    return provider_module(spec, write_client(spec, target), clients)


def write_client(spec: Spec, target: Path) -> GeneratorData:
    """Write a typed client into an empty folder; returns what the generator knows about it."""
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source=spec.path,
        file_encoding="utf-8",
        overwrite=True,
        output_path=target,
    )
    data = GeneratorData.from_dict(dict(spec.document), config=config)
    if isinstance(data, GeneratorError):
        raise SpecError(f"{spec.path}:1: openapi-python-client: {data.header}: {data.detail}")
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the temporary folder
        errors = Project(openapi=data, config=config, custom_template_path=TEMPLATES).build()
    if errors:
        details = "; ".join(f"{error.header}: {error.detail}" for error in errors)
        raise SpecError(f"{spec.path}:1: openapi-python-client: {details}")
    for path in target.glob("api/*/[!_]*.py"):
        text = path.read_text(encoding="utf-8")
        for old, new in EDITS:
            if old not in text:
                raise SpecError(f"{spec.path}:1: openapi-python-client wrote a call without {old.strip()!r}")
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    return data


def ruff(*arguments: str) -> None:
    subprocess.run(  # noqa: S603 - its arguments are our own
        [sys.executable, "-m", "ruff", arguments[0], *RUFF, *arguments[1:]],
        check=True,
        cwd=arguments[-1],
    )
