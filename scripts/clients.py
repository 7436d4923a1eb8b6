"""Writes generated/: typed clients, the facts they cannot express, the specs themselves, and their pages."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from pages import render
from specs import Spec, SpecError, place_schema, places, split_place

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
    """Other versions would write other bytes."""
    for name, wanted in PINS.items():
        if version(name) != wanted:
            raise SpecError(
                f"{name} is {version(name)}, but generated/ is written with {wanted}: "
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
    # Apart from the clients: who needs a fact must not pay for the import of a client.
    (package / "facts").mkdir()
    shutil.copyfile(TEMPLATES / "facts.py", package / "facts" / "__init__.py")
    shutil.copyfile(TEMPLATES / "masking.py", package / "masking.py")
    (package / "hosts.py").write_text(hosts_module(specs), encoding="utf-8")
    targets = [package / spec.name for spec in specs]
    # Forked, because importing the generator takes as long as compiling three specs.
    with ProcessPoolExecutor(min(len(specs), os.cpu_count() or 1), get_context("fork")) as pool:
        for number, spec in enumerate(pool.map(compile_client, specs, targets), 1):
            print(f"[{number}/{len(specs)}] {spec.name}", file=sys.stderr, flush=True)
            (package / "facts" / f"{spec.name}.py").write_text(facts_module(spec), encoding="utf-8")
            shutil.copyfile(spec.path, package / spec.name / "openapi.yaml")
    pages = target / "gatepass_pages"
    render(specs, pages)
    (pages / "__init__.py").write_text(
        '"""The reference pages, made from specs/, for the emulator to serve. Do not edit."""\n',
        encoding="utf-8",
    )
    ruff("check", "--fix-only", "--select=I,F401", str(target))
    ruff("format", str(target))


def compile_client(spec: Spec, target: Path) -> Spec:
    """Write one typed client into an empty folder."""
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source=spec.path,
        file_encoding="utf-8",
        overwrite=True,
        output_path=target,
    )
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the temporary folder
        errors = generate(config=config, custom_template_path=TEMPLATES)
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
    return spec


def ruff(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "ruff", arguments[0], *RUFF, *arguments[1:]],
        check=True,
        cwd=arguments[-1],
    )


def facts_module(spec: Spec) -> str:
    """Constants of one provider: what the generator drops, as typed Python."""
    servers = spec.servers
    lines = [
        f'"""What specs/{spec.name}.yaml says beyond the calls. Do not edit."""',
        "from typing import Final, Literal",
        "from . import TokenFacts",
        f"Environment = Literal[{', '.join(map(repr, servers))}]",
        '"""The environments of this provider."""',
        f"SERVERS: Final[dict[str, str | None]] = {servers!r}",
        '"""Environment to base URL; None where only the user knows the host."""',
    ]
    for scheme, token in spec.tokens.items():
        facts = token_facts(spec, scheme, token)
        arguments = ",\n".join(f"{name}={value}" for name, value in facts.items())
        lines.append(f"{constant_name(scheme)}: Final = TokenFacts({arguments},)")
    return "\n".join(lines) + "\n"


def token_facts(spec: Spec, scheme: str, token: Mapping[str, Any]) -> dict[str, str]:
    """Arguments of TokenFacts as Python source."""
    operation = spec.operations()[token["operation"]]
    secrets = [
        name
        for name, place in token["credentials"].items()
        if place_schema(spec, operation, place).get("format") == "password"
    ]
    in_headers = [name for name, place in token["credentials"].items() if split_place(place)[1] == "header"]
    error = token.get("error", {})
    quota = token.get("quota")

    def body_ways(value: str | list[str] | None) -> str:
        return repr(tuple(split_place(place)[2] for place in places(value or [])))

    def a_set(values: list[str] | list[int]) -> str:
        return f"frozenset({{{', '.join(map(repr, values))}}})" if values else "frozenset()"

    def statuses(key: str) -> str:
        return a_set([int(value) for value in token.get(key, [])])

    def last_parts(items: dict[str, str]) -> str:
        return repr({split_place(place)[2][-1]: text for place, text in items.items()})

    return {
        "provider": repr(spec.name),
        "scheme": repr(scheme),
        "servers": "SERVERS",
        "path": repr(operation.path),
        "credentials": repr(tuple(token["credentials"])),
        "secrets": a_set(secrets),
        "headers": a_set(in_headers),
        "constants": last_parts(token.get("constants", {})),
        "jwt": repr(spec.schemes[scheme].get("bearerFormat") == "JWT"),
        "default_lifetime": repr(token["default_lifetime"]),
        "refused": statuses("refused"),
        "limited": statuses("limited"),
        "stale_on": statuses("stale_on"),
        "success": body_ways(token.get("success")),
        "error_code": body_ways(error.get("code")),
        "error_trace": body_ways(error.get("trace")),
        "quota": repr((quota["tokens"], quota["seconds"]) if quota else None),
        "prefix": repr(dict(token.get("prefix", {}))),
        "instead": repr({name: split_place(place)[2][0] for name, place in token.get("instead", {}).items()}),
    }


def constant_name(scheme: str) -> str:
    """`entityToken` as `ENTITY_TOKEN`."""
    return "".join(f"_{one}" if one.isupper() else one for one in scheme).upper()


def hosts_module(specs: list[Spec]) -> str:
    """Which provider and environment every known host belongs to."""
    owners: dict[str, set[tuple[str, str]]] = {}
    for spec in specs:
        for environment, url in spec.servers.items():
            host = urlsplit(url).hostname if url else None
            if host:
                owners.setdefault(host, set()).add((spec.name, environment))
        for token in spec.tokens.values():
            for environment, hosts in token.get("hosts", {}).items():
                for host in hosts:
                    owners.setdefault(host, set()).add((spec.name, environment))
    table = ",\n".join(
        f"{host!r}: frozenset({{{', '.join(map(repr, sorted(owners[host])))}}})" for host in sorted(owners)
    )
    return (
        '"""The hosts that the specs list, and whose they are. Do not edit."""\n'
        "from typing import Final\n"
        f"HOSTS: Final[dict[str, frozenset[tuple[str, str]]]] = {{{table},}}\n"
        '"""Host to the provider and environment it serves."""\n'
    )
