"""The vectors and the descriptions agree, and nothing that a description says is without a vector."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ..conftest import spec
from .vector import FILES, Exchange, Vector, operation, read, token_of, vectors

ALL = list(vectors())
EXCHANGES = [(vector, exchange) for vector in ALL for exchange in vector.exchanges]
CALLS = [(file.stem, name, call) for file in FILES for name, call in read(file)["calls"].items()]
OURS = [one for one in CALLS if one[2]["kind"] != "api"]
PROVIDERS = [file.stem for file in FILES]
SCHEMES = [
    (provider, name)
    for provider in PROVIDERS
    for name, one in spec(provider)["components"]["securitySchemes"].items()
    if "x-token" in one
]
CONCLUSIONS = {"refused": "refused", "limited": "limited", "stale_on": "stale"}
"""The lists of statuses in `x-token`, and what is concluded from them."""

each_provider = pytest.mark.parametrize("provider", PROVIDERS)
each_scheme = pytest.mark.parametrize(("provider", "scheme"), SCHEMES)


def errors(provider: str, content: Any, value: object) -> list[str]:
    """What a schema of the description has against a value."""
    schema = {**content["schema"], "components": spec(provider)["components"]}
    return [error.message for error in Draft202012Validator(schema).iter_errors(value)]


def concluded(provider: str, scheme: str, verdict: str) -> set[int]:
    """The statuses from which a vector about a kind of token concludes that."""
    about = [one for one in ALL if (one.provider, one.verdict) == (provider, verdict)]
    lasts = [one.exchanges[-1] for one in about]
    return {one.reply["status"] for one in lasts if one.call["scheme"] == scheme and "status" in one.reply}


# What the vectors say is in the descriptions.


@pytest.mark.parametrize(("provider", "name", "call"), OURS, ids=[f"{one[0]}: {one[1]}" for one in OURS])
def test_a_request_is_as_the_description_says(provider: str, name: str, call: dict[str, Any]) -> None:
    request = call["request"]
    told = operation(provider, request)
    assert told is not None
    assert call["kind"] == ("secret" if "x-secret" in told else "token")
    for one in told.get("parameters", []):
        assert errors(provider, one, request["headers"][one["name"]]) == []
    if "requestBody" in told:
        content = told["requestBody"]["content"][request["media_type"]]
        form = request["media_type"] == "application/x-www-form-urlencoded"
        assert errors(provider, content, request["form" if form else "json"]) == []


def test_an_api_is_no_call_of_a_description() -> None:
    paths = {path for provider in PROVIDERS for path in spec(provider)["paths"]}
    assert paths & {call["request"]["path"] for _, _, call in CALLS if call["kind"] == "api"} == set()


def test_a_documented_reply_is_as_the_description_says() -> None:
    documented = [one for one in EXCHANGES if "documented" in one[1].reply]
    found = {str(vector): reply_errors(vector, exchange) for vector, exchange in documented}
    assert {name: errors for name, errors in found.items() if errors} == {}


def reply_errors(vector: Vector, exchange: Exchange) -> list[str]:
    told = operation(vector.provider, exchange.call["request"])
    response = told["responses"][str(exchange.reply["status"])]
    if "$ref" in response:
        name = response["$ref"].removeprefix("#/components/responses/")
        response = spec(vector.provider)["components"]["responses"][name]
    return errors(vector.provider, response["content"]["application/json"], exchange.reply["json"])


@each_scheme
def test_a_refusal_and_a_limit_are_told_apart_by_the_description(provider: str, scheme: str) -> None:
    told = token_of(provider, scheme)
    limited = {429, *map(int, told.get("limited", []))}
    assert concluded(provider, scheme, "limited") <= limited
    assert not concluded(provider, scheme, "refused") & {*limited, 408, 425}
    assert concluded(provider, scheme, "stale") <= set(told["stale_on"])


# What the descriptions say is in the vectors.


@each_provider
def test_every_documented_status_of_every_call_occurs_in_its_documented_shape(provider: str) -> None:
    described = {
        (path, method.upper(), status)
        for path, item in spec(provider)["paths"].items()
        for method, told in item.items()
        for status in told["responses"]
    }
    occurring = {
        (one.call["request"]["path"], one.call["request"]["method"], str(one.reply["status"]))
        for vector, one in EXCHANGES
        if vector.provider == provider and "documented" in one.reply
    }
    assert described - occurring == set()


@each_scheme
def test_every_status_that_a_description_names_has_its_conclusion(provider: str, scheme: str) -> None:
    for key, verdict in CONCLUSIONS.items():
        named = {int(status) for status in token_of(provider, scheme).get(key, [])}
        assert named - concluded(provider, scheme, verdict) == set(), key


@each_provider
def test_every_environment_occurs(provider: str) -> None:
    environments = {server["x-oai-name"] for server in spec(provider)["servers"]}
    assert {call["environment"] for name, _, call in CALLS if name == provider} == environments


@each_scheme
def test_every_kind_of_token_is_got_and_used(provider: str, scheme: str) -> None:
    kinds = {call["kind"] for name, _, call in CALLS if (name, call["scheme"]) == (provider, scheme)}
    assert kinds >= {"token", "api"}


@each_scheme
def test_what_only_some_descriptions_say_occurs(provider: str, scheme: str) -> None:
    about = [one for one in ALL if (one.provider, one.exchanges[0].call["scheme"]) == (provider, scheme)]
    found = {"notice" for one in about if one.verdict == "token" and "notice" in one.verdict_of}
    found |= {"refresh" for one in about if "refresh_token" in one.verdict_of}
    found |= {"instead" for one in about if "send" in one.exchanges[0].call.get("settings", {})}
    assert found == {"notice", "refresh", "instead"} & token_of(provider, scheme).keys()
