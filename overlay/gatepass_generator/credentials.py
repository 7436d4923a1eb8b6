"""Writes gatepass_providers: a credential class for each kind of token, and the index of them all."""

import re
import textwrap
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from openapi_python_client.parser import GeneratorData
from openapi_python_client.strings import safe_for_docstring

import gatepass
from gatepass_spec import Spec, SpecError

from .credential import Credential, Parameter, set_source
from .exchanges import secret_requests, token_exchange

TEMPLATES = Path(__file__).resolve().parent / "templates"
WIDTH = 105


def credentials_of(spec: Spec) -> list[Credential]:
    """The kinds of token of a provider, in order of their class names, but those that others need first."""
    return sorted(
        (Credential(spec, scheme) for scheme in spec.tokens),
        key=lambda credential: (len(spec.logins(credential.scheme)), credential.name),
    )


def provider_module(spec: Spec, data: GeneratorData, clients: str) -> str:
    """The credential classes of one provider, whose typed client is in the package `clients`."""
    credentials = credentials_of(spec)
    exchanges = {credential.name: token_exchange(credential, data, clients) for credential in credentials}
    secrets = {
        credential.name: list(secret_requests(credential, data, clients)) for credential in credentials
    }
    return _rendered(
        "credential.py.jinja",
        spec=spec,
        clients=clients,
        credentials=credentials,
        exchanges=exchanges,
        secrets=secrets,
    )


def index_module(specs: list[Spec]) -> str:
    """All credential classes, for everything that lists or finds providers without importing them."""
    every = [credential for spec in specs for credential in credentials_of(spec)]
    secrets = {}
    for credential in every:
        for _, secret in credential.requests.values():
            secrets[Credential(credential.spec, secret.scheme).command] = credential.name
    for credential in every:
        if credential.name in gatepass._MODULES:
            raise credential.error(f"gatepass has something else that is called {credential.name}")
    return _rendered(
        "index.py.jinja",
        credentials=sorted(every, key=lambda credential: credential.name),
        specs=specs,
        secrets=secrets,
        hosts=hosts(specs),
    )


def hosts(specs: list[Spec]) -> dict[str, str]:
    """Host to the source of the providers and environments that it belongs to."""
    owners: dict[str, set[tuple[str, str]]] = {}
    for spec in specs:
        for environment, url in spec.servers.items():
            host = urlsplit(url).hostname if url else None
            if host:
                owners.setdefault(host, set()).add((spec.name, environment))
        for token in spec.token_extensions.values():
            for environment, names in token.hosts.items():
                for host in names:
                    owners.setdefault(host, set()).add((spec.name, environment))
            for host in token.shared_hosts:
                owners.setdefault(host, set()).update((spec.name, name) for name in spec.servers)
    for host, pairs in owners.items():
        _check_environments(specs, host, pairs)
    return {host: set_source(sorted(owners[host]), tuple) for host in sorted(owners)}


def _check_environments(specs: list[Spec], host: str, owners: set[tuple[str, str]]) -> None:
    """Raise SpecError if specs that share a host do not agree about its environments.

    A sandbox token of one would be allowed at a production host of another.
    """
    environments = {
        spec.name: sorted(environment for provider, environment in owners if provider == spec.name)
        for spec in specs
    }
    first, *others = [spec for spec in specs if environments[spec.name]]
    for other in others:
        if environments[other.name] != environments[first.name]:
            here, there = (f"{spec.name} ({', '.join(environments[spec.name])})" for spec in (other, first))
            raise SpecError(f"{other.path}:1: {here} and {there} have {host} in other environments")


def _rendered(name: str, **context: Any) -> str:
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(  # noqa: S701 - it writes Python, not HTML
        loader=loader, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters |= {"wrapped": _wrapped, "argument": _argument, "tuple": tuple}
    return environment.get_template(name).render(context)


def _wrapped(text: str, indent: int = 4) -> str:
    """Markdown as a part of a docstring, each paragraph in lines of its own."""
    margin = " " * indent
    paragraphs = re.split(r"\n\s*\n", safe_for_docstring(text).strip())
    return f"\n\n{margin}".join(
        f"\n{margin}".join(textwrap.wrap(" ".join(paragraph.split()), WIDTH - indent, break_on_hyphens=False))
        for paragraph in paragraphs
    )


def _argument(parameter: Parameter) -> str:
    """A parameter in the part `Args` of a docstring."""
    text = " ".join(safe_for_docstring(f"{parameter.name}: {parameter.text}").split())
    return textwrap.fill(
        text, WIDTH, initial_indent=" " * 12, subsequent_indent=" " * 16, break_on_hyphens=False
    ).lstrip()
