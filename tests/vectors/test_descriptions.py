"""The vectors agree with the descriptions, and every part of a description has a vector."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from ..helpers import load_spec
from .vector import FILES, Exchange, Vector, operation, read, token_extension, vectors

ALL = list(vectors())
EXCHANGES = [(vector, exchange) for vector in ALL for exchange in vector.exchanges]
CALLS = [(file.stem, name, call) for file in FILES for name, call in read(file)["calls"].items()]
CALLS_OF_SPECS = [call for call in CALLS if call[2]["kind"] != "api"]
PROVIDERS = [file.stem for file in FILES]
SCHEMES = [
    (provider, name)
    for provider in PROVIDERS
    for name, scheme in load_spec(provider)["components"]["securitySchemes"].items()
    if "x-gatepass-token" in scheme
]
CONCLUSIONS = {"rejected": "rejected", "rate_limited": "rate_limited", "unauthorized": "stale"}
"""The conclusion from each list of statuses in `x-gatepass-token`."""

each_provider = pytest.mark.parametrize("provider", PROVIDERS)
each_scheme = pytest.mark.parametrize(("provider", "scheme"), SCHEMES)


def errors(provider: str, content: Any, value: object) -> list[str]:
    """The errors of a value according to a schema of the description."""
    schema = {**content["schema"], "components": load_spec(provider)["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def statuses_with(provider: str, scheme: str, conclusion: str) -> set[int]:
    """The final statuses of the vectors of a security scheme that have this conclusion."""
    matching = [vector for vector in ALL if (vector.provider, vector.conclusion) == (provider, conclusion)]
    # Many calls end with one that sends nothing.
    last_exchanges = [vector.exchanges[-1] for vector in matching if not vector.is_repeated]
    return {
        exchange.reply["status"]
        for exchange in last_exchanges
        if exchange.call["scheme"] == scheme and "status" in exchange.reply
    }


# What the vectors state is in the descriptions


@pytest.mark.parametrize(
    ("provider", "name", "call"), CALLS_OF_SPECS, ids=[f"{call[0]}: {call[1]}" for call in CALLS_OF_SPECS]
)
def test_a_request_matches_its_description(provider: str, name: str, call: dict[str, Any]) -> None:
    request = call["request"]
    described = operation(provider, request)
    assert described is not None
    assert call["kind"] == ("secret" if "x-gatepass-secret" in described else "token")
    for parameter in described.get("parameters", []):
        assert errors(provider, parameter, request["headers"][parameter["name"].lower()]) == []
    if "requestBody" in described:
        content = described["requestBody"]["content"][request["media_type"]]
        form = request["media_type"] == "application/x-www-form-urlencoded"
        assert errors(provider, content, request["form" if form else "json"]) == []


def test_api_requests_are_not_operations_of_a_description() -> None:
    paths = {path for provider in PROVIDERS for path in load_spec(provider)["paths"]}
    assert paths & {call["request"].get("path") for _, _, call in CALLS if call["kind"] == "api"} == set()


def test_a_documented_response_matches_its_description() -> None:
    documented = [(vector, exchange) for vector, exchange in EXCHANGES if "documented" in exchange.reply]
    all_errors = {str(vector): reply_errors(vector, exchange) for vector, exchange in documented}
    assert {name: errors for name, errors in all_errors.items() if errors} == {}


def reply_errors(vector: Vector, exchange: Exchange) -> list[str]:
    described = operation(vector.provider, exchange.call["request"])
    response = described["responses"][str(exchange.reply["status"])]
    if "$ref" in response:
        name = response["$ref"].removeprefix("#/components/responses/")
        response = load_spec(vector.provider)["components"]["responses"][name]
    return errors(vector.provider, response["content"]["application/json"], exchange.reply["json"])


@each_scheme
def test_rejections_and_rate_limits_are_distinguished_as_in_the_description(
    provider: str, scheme: str
) -> None:
    extension = token_extension(provider, scheme)
    rate_limited = {429, *map(int, extension.get("rate_limited", []))}
    assert statuses_with(provider, scheme, "rate_limited") <= rate_limited
    assert not statuses_with(provider, scheme, "rejected") & {*rate_limited, 408, 425}
    assert statuses_with(provider, scheme, "stale") <= set(extension["unauthorized"])


REFUSED = [vector for vector in ALL if vector.conclusion == "refused"]


@pytest.mark.parametrize("vector", REFUSED, ids=str)
def test_what_is_refused_would_go_to_no_host_of_the_environment(vector: Vector) -> None:
    call = vector.exchanges[0].call
    environment, settings = call["environment"], call.get("settings", {})
    servers = load_spec(vector.provider)["servers"]
    own = [s["url"] for s in servers if s["x-oai-name"] == environment and "variables" not in s]
    extension = token_extension(vector.provider, call["scheme"])
    hosts = {*(httpx.URL(url).host for url in own), *extension.get("hosts", {}).get(environment, [])}
    hosts |= set(extension.get("shared_hosts", []))
    urls = [call["request"].get("url"), settings.get("base_url"), *own]
    url = next((url for url in urls if url), None)
    assert url is None or httpx.URL(url).host not in hosts


# What the descriptions state is in the vectors


@each_provider
def test_every_documented_status_of_every_operation_has_a_vector(provider: str) -> None:
    described = {
        (path, method.upper(), status)
        for path, item in load_spec(provider)["paths"].items()
        for method, described in item.items()
        for status in described["responses"]
    }
    occurring = {
        (exchange.call["request"]["path"], exchange.call["request"]["method"], str(exchange.reply["status"]))
        for vector, exchange in EXCHANGES
        if vector.provider == provider and "documented" in exchange.reply
    }
    assert described - occurring == set()


@each_scheme
def test_every_status_listed_in_the_token_extension_has_a_vector(provider: str, scheme: str) -> None:
    for key, conclusion in CONCLUSIONS.items():
        named = {int(status) for status in token_extension(provider, scheme).get(key, [])}
        assert named - statuses_with(provider, scheme, conclusion) == set(), key


@each_provider
def test_every_environment_has_a_vector(provider: str) -> None:
    tested = {
        exchange.call["environment"]
        for vector, exchange in EXCHANGES
        if vector.provider == provider and vector.conclusion != "refused"
    }
    assert tested == {server["x-oai-name"] for server in load_spec(provider)["servers"]}


@each_scheme
def test_every_kind_of_token_is_fetched_and_used(provider: str, scheme: str) -> None:
    kinds = {call["kind"] for name, _, call in CALLS if (name, call["scheme"]) == (provider, scheme)}
    assert kinds >= {"token", "api"}


@each_scheme
def test_every_optional_part_of_the_token_extension_has_a_vector(provider: str, scheme: str) -> None:
    matching = [
        vector
        for vector in ALL
        if (vector.provider, vector.exchanges[0].call["scheme"]) == (provider, scheme)
    ]
    parts = {"warning" for vector in matching if vector.conclusion == "token" and "warning" in vector.details}
    parts |= {"refresh" for vector in matching if "refresh_token" in vector.details}
    parts |= {
        "alternative_headers"
        for vector in matching
        if "authenticate_with" in vector.exchanges[0].call.get("settings", {})
    }
    assert parts == {"warning", "refresh", "alternative_headers"} & token_extension(provider, scheme).keys()
