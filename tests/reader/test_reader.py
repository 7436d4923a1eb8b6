"""`gatepass_spec` reads specs for the emulator, the generator and the lint."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from gatepass_spec import (
    MISSING,
    Spec,
    SpecError,
    TokenExtension,
    decoded_pattern,
    example_values,
    get_path,
    is_base64,
    place_schema,
    provider_files,
    request_schema,
    split_place,
)

SPECS = Path(__file__).resolve().parents[2] / "specs"


def spec_of(document: dict[str, Any]) -> Spec:
    return Spec(Path("acme.yaml"), "", document)


@pytest.mark.parametrize(
    ("place", "expected", "path"),
    [
        ("$response.body#/data/token", ("response", "body", ("data", "token")), ("body", "data", "token")),
        ("$request.body#/a~1b/c~0d", ("request", "body", ("a/b", "c~d")), ("body", "a/b", "c~d")),
        ("$request.body#/Errors/0", ("request", "body", ("Errors", "0")), ("body", "Errors", "0")),
        ("$request.header.X-App", ("request", "header", ("X-App",)), ("header", "x-app")),
        ("$request.header.WM_SEC.ID", ("request", "header", ("WM_SEC.ID",)), ("header", "wm_sec.id")),
        ("$request.query.grantType", ("request", "query", ("grantType",)), ("query", "grantType")),
        ("$request.path.tenant", ("request", "path", ("tenant",)), ("path", "tenant")),
        ("$request.basic.username", ("request", "basic", ("username",)), ("basic", "username")),
        ("$response.body", ("response", "body", ()), ("body",)),
        ("$response.cookie.session", ("response", "cookie", ("session",)), ("cookie", "session")),
    ],
)
def test_a_place_is_a_runtime_expression(place: str, expected: object, path: object) -> None:
    assert split_place(place) == expected
    assert split_place(place).path == path


@pytest.mark.parametrize(
    "place",
    [
        "",
        "token",
        "$request.body",
        "$response.body#",
        "$response.body#/",
        "$request.query.",
        "$request.cookie.x",
        "$request.basic.token",
        "$response.query.x",
        "$url",
        "$request.header.",
    ],
)
def test_any_other_string_is_not_a_place(place: str) -> None:
    with pytest.raises(LookupError):
        split_place(place)


def test_a_lookup_distinguishes_null_from_a_missing_value() -> None:
    document = {"a": None, "b": [{"c": 1}]}

    assert get_path(document, (("a",),), MISSING) is None
    assert get_path(document, (("x",),), MISSING) is MISSING
    assert get_path(document, (("x",), ("b", "0", "c"))) == 1
    assert get_path(document, (("b", "1"), ("b", "²"), ("a", "c"), ())) == document


def test_a_reference_is_resolved_with_the_keys_beside_it() -> None:
    schema = {"type": "string", "description": "general"}
    spec = spec_of(
        {"components": {"schemas": {"Name": schema, "Alias": {"$ref": "#/components/schemas/Name"}}}}
    )

    assert spec.resolve({"$ref": "#/components/schemas/Alias"}) is schema
    assert spec.resolve({"$ref": "#/components/schemas/Alias", "description": "special"}) == {
        "type": "string",
        "description": "special",
    }


@pytest.mark.parametrize(
    "reference",
    [
        "#/nowhere",
        "#/components/Self",
        "other.yaml#/components/Name",
        "https://evil.example/a",
        "/components/Name",
        "",
    ],
)
def test_a_reference_leads_to_this_document_or_nowhere(reference: str) -> None:
    document: dict[str, Any] = {"components": {"Self": {"$ref": "#/components/Self"}, "Name": {}}}

    with pytest.raises(LookupError):
        spec_of(document).resolve({"$ref": reference})
    with pytest.raises(SpecError, match="this reference leads nowhere in the file"):
        spec_of(document | {"node": {"$ref": reference}}).inlined()


def test_a_recursive_schema_is_inlined_as_a_document_that_contains_itself() -> None:
    node = {
        "properties": {"child": {"$ref": "#/node", "description": "the next one"}, "twin": {"$ref": "#/node"}}
    }

    inlined = spec_of({"node": node}).inlined().document["node"]

    assert inlined["properties"]["twin"] is inlined
    assert inlined["properties"]["child"]["description"] == "the next one"
    assert inlined["properties"]["child"]["properties"] is inlined["properties"]
    assert node["properties"]["twin"] == {"$ref": "#/node"}


def test_nested_aliases_are_inlined_without_being_expanded(tmp_path: Path) -> None:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines))
    start = time.monotonic()

    document = Spec.read(tmp_path / "bomb.yaml").inlined().document

    assert document["a59"][0] is document["a58"]
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    "content", [b"paths: [", b"\xff", b"a: 2026-02-31", b"a: !!python/name:os.system", b"[" * 5000]
)
def test_a_file_that_is_not_yaml_is_a_spec_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "acme.yaml").write_bytes(content)
    with pytest.raises(SpecError, match=r"acme\.yaml: "):
        Spec.read(tmp_path / "acme.yaml")


def test_operations_need_an_id_of_their_own() -> None:
    operation = {"operationId": "getToken", "responses": {}}

    with pytest.raises(SpecError, match="#/paths//a/get: operationId is missing"):
        spec_of({"paths": {"/a": {"get": {"responses": {}}}}}).operations()
    with pytest.raises(SpecError, match="#/paths//a/put: another operation is called getToken"):
        spec_of({"paths": {"/a": {"get": operation, "put": operation}}}).operations()


def test_an_operation_has_the_parameters_and_the_security_that_it_inherits() -> None:
    parameters = [{"name": "tenant", "in": "header", "schema": {"type": "string"}, "example": "fake"}]
    security: list[Any] = [{"userToken": []}]
    item = {
        "parameters": parameters,
        "get": {"operationId": "inherits", "responses": {"204": {}}},
        "put": {"operationId": "overrides", "security": [], "responses": {}},
    }

    operations = spec_of({"security": security, "paths": {"/": item}}).operations()

    assert operations["inherits"].parameters == parameters
    assert operations["inherits"].request_examples == [{"header": {"tenant": "fake"}}]
    assert operations["inherits"].response_examples == {"204": {"": {"header": {}}}}
    assert [operations[id].security for id in ("inherits", "overrides")] == [security, []]


def test_extensions_are_read_with_their_places_as_paths() -> None:
    spec = Spec.read(SPECS / "sahamati.yaml")

    token = spec.token_extensions["entityToken"]
    read, reset = (
        spec.secret_extension(spec.operations()[id]) for id in ("readEntitySecret", "resetEntitySecret")
    )

    assert token.operations == ["generateEntityToken"]
    assert token.credential_places == {("body", "id"): "entity_id", ("body", "secret"): "secret"}
    assert token.access_token == (("body", "accessToken"),)
    assert read is not None
    assert reset is not None
    assert (read.scheme, read.credential, read.rotates, reset.rotates) == (
        "entityToken",
        "secret",
        False,
        True,
    )
    assert read.constants == {("body", "ver"): "1.0.0"}
    assert read.generated == {("body", "timestamp"): "now", ("body", "txnId"): "uuid"}
    assert spec.secret_extension(spec.operations()["generateEntityToken"]) is None


def test_kinds_options_and_generated_values_are_read() -> None:
    acme = Spec.read(Path(__file__).parents[1] / "generate" / "acme.yaml").token_extensions
    token, admin = acme["acmeToken"], acme["adminToken"]

    assert (token.kind, admin.kind) == ("", "admin")
    assert token.constants == {
        ("body", "request", "mode"): "exchange",
        ("body", "request", "level"): "basic",
    }
    assert token.options == {"level": ("body", "request", "level")}
    assert token.generated == {("body", "request", "time"): "now"}
    assert (admin.options, admin.generated) == ({}, {})


def test_a_header_is_read_in_lower_case_and_as_it_is_written() -> None:
    token = Spec.read(Path(__file__).parents[1] / "generate" / "acme.yaml").token_extensions["acmeToken"]

    assert token.alternative_headers["key"] == ("header", "x-acme-key")
    assert token.alternative_header_names == {"shop": "X-Acme-Shop", "key": "X-Acme-Key"}


def test_a_base64_field_has_a_pattern_of_its_unencoded_value() -> None:
    spec = Spec.read(SPECS / "su.yaml")
    operation, token = spec.operations()["generateAccessToken"], spec.token_extensions["suToken"]

    schemas = [request_schema(spec, operation, path) for path in token.credential_places]

    assert [is_base64(schema) for schema in schemas] == [True, False]
    assert [decoded_pattern(schema) for schema in schemas] == [r"\.", None]


def test_a_refresh_grant_is_an_operation_of_its_token() -> None:
    token = Spec.read(SPECS / "decentro.yaml").token_extensions["decentroToken"]

    assert token.refresh is not None
    assert token.refresh.operation in token.operations
    assert token.sent[token.refresh.token] == "refresh_token"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"version": 2}, "x-gatepass-token/version: 2 is not known: write version: 1"),
        ({"access_token": "token"}, "x-gatepass-token/access_token: 'token' is not a place"),
        (
            {"access_token": "$request.body#/token"},
            "x-gatepass-token/access_token: .* is not a place in a response",
        ),
        ({"credentials": {"id": 7}}, "x-gatepass-token/credentials/id: 7 is not a place"),
        (
            {"constants": {"$response.body#/a": "b"}},
            "x-gatepass-token/constants: .* is not a place in a request",
        ),
        (
            {"options": {"a": "$response.body#/a"}},
            "x-gatepass-token/options/a: .* is not a place in a request",
        ),
        (
            {"generated": {"$request.body#/a": "later"}},
            "x-gatepass-token/generated: 'later' is none of now, datetime, now_s, now_ms, uuid, id",
        ),
        ({"generated": {"a": "now"}}, "x-gatepass-token/generated: 'a' is not a place"),
        ({"refresh": []}, None),
        ({"refresh": {"token": "$request.body#/a"}}, "x-gatepass-token/refresh: from is missing"),
        ({"refresh": "yes"}, "x-gatepass-token/refresh: must be an object"),
    ],
)
def test_a_malformed_extension_names_the_field(fields: dict[str, Any], message: str | None) -> None:
    extension = {
        "version": 1,
        "operation": "getToken",
        "credentials": {"id": "$request.body#/id"},
        "access_token": "$response.body#/token",
        "default_expires_in": 60,
        "rejected": ["401"],
        "unauthorized": [401],
    }
    scheme = {"type": "http", "scheme": "bearer", "x-gatepass-token": extension | fields}
    if message is None:
        assert TokenExtension.parse("acme", scheme).refresh is None
        return
    with pytest.raises(SpecError, match=f"securitySchemes/acme/{message}"):
        TokenExtension.parse("acme", scheme)


@pytest.mark.parametrize("provider", [path.stem for path in provider_files(SPECS)])
def test_every_credential_and_token_of_the_specs_is_at_its_place(provider: str) -> None:
    spec = Spec.read(SPECS / f"{provider}.yaml")
    operations = spec.operations()
    for token in spec.tokens.values():
        operation = operations[token["operation"]]
        fields = [
            field if isinstance(field, dict) else {"places": field} for field in token["credentials"].values()
        ]
        written = [field["places"] for field in fields if "places" in field]  # APIs alone may want one
        for place in [place for place in written if not place.startswith("$request.basic.")]:
            assert place_schema(spec, operation, place)["type"] == "string"
            assert [type(value) for value in example_values(operation.request_examples[0], place)] == [str]
