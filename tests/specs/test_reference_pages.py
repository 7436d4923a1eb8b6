"""The reference pages show every word of the token extension about what a request contains."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

import gatepass_providers
from gatepass_generator.reader import load
from gatepass_spec import JsonPath, SecretExtension, Spec, TokenExtension, decoded_pattern
from pages import site
from repository import SPECS

ACME = Path(__file__).parents[1] / "generate" / "acme.yaml"
FILES = [*sorted(SPECS.glob("*.yaml")), ACME]
GENERATED = {"now": "the time in UTC, in ISO 8601 with milliseconds and a Z", "uuid": "a random UUID"}


@pytest.fixture(scope="module", params=FILES, ids=lambda file: file.stem)
def spec(request: pytest.FixtureRequest) -> Spec:
    return load(request.param)


@pytest.fixture(scope="module")
def page(spec: Spec) -> str:
    return site([spec])[f"{spec.name}.html"]


def section(page: str, attribute: str) -> str:
    """The text of the section with this attribute."""
    match = re.search(rf"<section[^>]* {attribute}[ >].*?</section>", page, re.DOTALL)
    assert match is not None
    return html.unescape(re.sub("<[^>]+>", "", match[0]))


def shown(path: JsonPath) -> str:
    return ".".join(path[1:])


def assert_shows_fixed_values(text: str, extension: TokenExtension | SecretExtension) -> None:
    for path, constant in extension.constants.items():
        assert f"{shown(path)} = {constant}" in text
    for path, what in extension.generated.items():
        assert f"{shown(path)}, {GENERATED[what]}" in text
    assert ("A client generates for each request" in text) == bool(extension.generated)


def test_a_token_has_its_kind_and_its_class(spec: Spec, page: str) -> None:
    classes = {}
    for name, token in spec.token_extensions.items():
        match = re.search(r"Kind\n(.+); in Python the class (\w+)\n", section(page, f'data-token="{name}"'))
        assert match is not None
        assert match[1] == (token.kind or ("without a name", "the only kind")[len(spec.tokens) == 1])
        classes[match[2]] = spec.name
    if spec.path != ACME:
        modules = gatepass_providers.MODULES.items()
        assert classes == {name: provider for name, provider in modules if provider == spec.name}


def test_a_token_has_its_constants_options_and_generated_values(spec: Spec, page: str) -> None:
    for name, token in spec.token_extensions.items():
        text = section(page, f'data-token="{name}"')
        assert_shows_fixed_values(text, token)
        for option, path in token.options.items():
            assert f"{option} overrides {token.constants[path]} in {shown(path)}; in Python" in text
            assert f'(…, {option}="…")' in text
        assert ("Options" in text) == bool(token.options)


def test_a_secret_request_has_its_constants_and_generated_values(spec: Spec, page: str) -> None:
    for operation in spec.operations().values():
        if secret := spec.secret_extension(operation):
            assert_shows_fixed_values(section(page, f'data-operation="{operation.id}"'), secret)


def test_a_base64_credential_has_the_pattern_of_its_unencoded_value(spec: Spec, page: str) -> None:
    for name, token in spec.token_extensions.items():
        text = section(page, f'data-token="{name}"')
        schemas = spec.operations()[token.operation].parameter_schemas
        for pattern in filter(None, map(decoded_pattern, schemas.values())):
            assert f"only the unencoded value matches {pattern}\n" in text
