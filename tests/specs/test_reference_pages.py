"""The reference pages show every word of the token extension about what a request contains."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

import gatepass_providers
from gatepass_generator.reader import load
from gatepass_spec import JsonPath, SecretExtension, Spec, TokenExtension, decoded_pattern, provider_files
from pages import site
from repository import SPECS

ACME = Path(__file__).parents[1] / "generate" / "acme.yaml"
FILES = [*provider_files(SPECS), ACME]
GENERATED = {
    "now": "the time in UTC, in ISO 8601 with milliseconds and a Z",
    "datetime": "the time in UTC, in ISO 8601 to the second and without a zone",
    "uuid": "a random UUID",
    "id": "16 random letters and digits",
}


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
    """As the page has it, but for upper and lower case, which the name of a header does not have."""
    return f"header {path[1]}" if path[0] == "header" else ".".join(path[1:])


def assert_shows_fixed_values(text: str, extension: TokenExtension | SecretExtension) -> None:
    for path, constant in extension.constants.items():
        assert f"{shown(path)} = {constant}".lower() in text.lower()
    for path, what in extension.generated.items():
        assert f"{shown(path)}, {GENERATED[what]}".lower() in text.lower()
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
            overrides = f"{option} overrides {token.constants[path]} in {shown(path)}; in Python"
            assert overrides.lower() in text.lower()
            assert f'(…, {option}="…")' in text
        assert ("Options" in text) == bool(token.options)


def test_a_secret_request_has_its_constants_and_generated_values(spec: Spec, page: str) -> None:
    for operation in spec.operations().values():
        if secret := spec.secret_extension(operation):
            assert_shows_fixed_values(section(page, f'data-operation="{operation.id}"'), secret)


def test_a_page_has_shared_hosts_wrong_tokens_and_urls_to_try(spec: Spec, page: str) -> None:
    shared = {host for token in spec.token_extensions.values() for host in token.shared_hosts}
    assert ("All environments share" in page) == bool(shared)
    for host in shared:
        assert re.search(
            rf"All environments share</strong> [^.]*(\.[^.]*)*<code>{re.escape(host)}</code>", page
        )
    for name, token in spec.token_extensions.items():
        text = section(page, f'data-token="{name}"')
        assert ("takes the tokens of another description" in text) == (token.wrong_token is not None)
        if token.wrong_token is not None:
            assert f"use {' or '.join(token.wrong_token.use)}; a new token would not help" in text
        for environment, url in token.probe.items():
            assert f"GET {url} in {environment}" in text


def test_a_page_says_that_a_request_is_deprecated(spec: Spec, page: str) -> None:
    is_deprecated = any(operation.document.get("deprecated") for operation in spec.operations().values())
    assert page.count("Deprecated by the provider.") == (2 if is_deprecated else 0)


def test_a_base64_credential_has_the_pattern_of_its_unencoded_value(spec: Spec, page: str) -> None:
    for name, token in spec.token_extensions.items():
        text = section(page, f'data-token="{name}"')
        schemas = spec.operations()[token.operation].parameter_schemas
        for pattern in filter(None, map(decoded_pattern, schemas.values())):
            assert f"only the unencoded value matches {pattern}\n" in text


def test_a_page_says_what_authorizes_a_token_request(spec: Spec, page: str) -> None:
    for operation in spec.operations().values():
        text = section(page, f'data-operation="{operation.id}"')
        for scheme in (name for requirement in operation.security for name in requirement):
            is_token = scheme in spec.token_extensions
            assert (f"It needs the token {scheme} in Authorization." in text) == is_token
            assert ("It needs HTTP Basic in Authorization." in text) == (not is_token)
