"""Writes generated/: typed clients, credentials that use them, the specs themselves, and their pages."""

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

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from credentials import index_module, provider_module
from pages import render
from specs import Spec, SpecError

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
README = """\
# generated/

Written by `make generate` from `specs/`; replaced whole each time. Do not edit: change the spec.
"""


def check_pins() -> None:
    """Raise SpecError unless the pinned versions are installed: others would generate other code."""
    for name, pinned in PINS.items():
        if version(name) != pinned:
            raise SpecError(
                f"{name} is {version(name)}, but generated/ is written with {pinned}: "
                "run `make generate`, which installs it"
            )


def compile_specs(specs: list[Spec], target: Path) -> None:
    """Write all of generated/ into an empty folder."""
    package = target / "gatepass_clients"
    package.mkdir(parents=True)
    (target / "README.md").write_text(README, encoding="utf-8")
    (package / "__init__.py").write_text(
        '"""Typed clients of the token calls, compiled from specs/. Do not edit."""\n',
        encoding="utf-8",
    )
    (package / "py.typed").touch()
    shutil.copyfile(TEMPLATES / "masking.py", package / "masking.py")
    providers = target / "gatepass_providers"
    providers.mkdir()
    (providers / "py.typed").touch()
    (providers / "__init__.py").write_text(index_module(specs), encoding="utf-8")
    targets = [package / spec.name for spec in specs]
    # Forked, because importing the generator takes as long as compiling three specs.
    with ProcessPoolExecutor(min(len(specs), os.cpu_count() or 1), get_context("fork")) as pool:
        for spec, source in zip(specs, pool.map(compile_client, specs, targets), strict=True):
            print(f"[{specs.index(spec) + 1}/{len(specs)}] {spec.name}", file=sys.stderr, flush=True)
            (providers / f"{spec.name}.py").write_text(source, encoding="utf-8")
            shutil.copyfile(spec.path, package / spec.name / "openapi.yaml")
    pages = target / "gatepass_pages"
    render(specs, pages)
    (pages / "__init__.py").write_text(
        '"""The reference pages, made from specs/, for the emulator to serve. Do not edit."""\n',
        encoding="utf-8",
    )
    ruff("check", "--fix-only", "--select=I,F401", str(target))
    ruff("format", str(target))


def compile_client(spec: Spec, target: Path) -> str:
    """Write a typed client into an empty folder; returns the source of the credentials that use it."""
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
    return provider_module(spec, data)


def ruff(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "ruff", arguments[0], *RUFF, *arguments[1:]],
        check=True,
        cwd=arguments[-1],
    )
