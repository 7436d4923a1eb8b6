"""The flows in specs/flows get a token and use it in a third-party runner, and agree with the specs."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

import node
from gatepass_emulator import Emulator
from gatepass_generator.reader import read
from gatepass_spec import Spec, place_schema, places
from repository import SPECS

FLOWS = SPECS / "flows"
PROVIDERS = sorted(path.stem for path in FLOWS.glob("*.yaml") if path.stem != "echo")
REQUEST_FIELDS = {
    "timestamp": "2024-10-10T11:11:45.096Z",
    "txn_id": "00000000-0000-4000-8000-00000000face",
    "reference_id": "000000000000face",
}
"""Values of the inputs that are not credentials."""
NOT_RUN = ("decentro", "useToken")
"""A workflow that the runner cannot run, because it cannot send a GET with a body; a test shows it."""

Run = Callable[..., subprocess.CompletedProcess[str]]
Yaml = Any


def flow_of(provider: str, folder: Path = FLOWS) -> Yaml:
    return yaml.safe_load((folder / f"{provider}.yaml").read_text(encoding="utf-8"))


def workflow(flow: Yaml, name: str) -> Yaml:
    return next(workflow for workflow in flow["workflows"] if workflow["workflowId"] == name)


def inputs(flow: Yaml, definition: Yaml) -> Mapping[str, Mapping[str, str]]:
    schema = definition["inputs"]
    if "$ref" in schema:
        schema = flow["components"]["inputs"][schema["$ref"].rsplit("/", 1)[1]]
    assert schema["required"] == list(schema["properties"])
    return cast("Mapping[str, Mapping[str, str]]", schema["properties"])


def calls(flow: Yaml, name: str) -> Iterator[str]:
    """The operations of a workflow in order, those of the workflows that it calls included."""
    for step in workflow(flow, name)["steps"]:
        if "workflowId" in step:
            yield from calls(flow, step["workflowId"])
        else:
            yield step["operationId"].rsplit(".", 1)[1]


RUNS = [
    (provider, definition["workflowId"])
    for provider in PROVIDERS
    for definition in flow_of(provider)["workflows"]
    if (provider, definition["workflowId"]) != NOT_RUN
]
each_run = pytest.mark.parametrize(("provider", "name"), RUNS)


@pytest.fixture
def respect(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a workflow, by default with the emulator's account; no secret is an argument."""

    def run(
        provider: str, name: str, *options: str | Path, folder: Path = FLOWS, **overrides: str
    ) -> subprocess.CompletedProcess[str]:
        values = emulator.credentials(provider, "sandbox") | REQUEST_FIELDS | overrides
        flow = flow_of(provider, folder)
        sent_inputs = {
            key: base64.b64encode(values[key].encode()).decode()
            if "contentEncoding" in schema
            else values[key]
            for key, schema in inputs(flow, workflow(flow, name)).items()
        }
        url = emulator.url(provider, "sandbox")
        monkeypatch.setenv("REDOCLY_CLI_RESPECT_INPUT", json.dumps(sent_inputs))
        monkeypatch.setenv("REDOCLY_CLI_RESPECT_SERVER", f"{provider}={url},echo={url}")
        return node.run("redocly", "respect", folder / f"{provider}.yaml", "--workflow", name, *options)

    return run


@each_run
def test_a_flow_gets_a_token_and_uses_it(provider: str, name: str, respect: Run, emulator: Emulator) -> None:
    process = respect(provider, name)
    assert process.returncode == 0, process.stdout + process.stderr
    log, operations = emulator.calls, calls(flow_of(provider), name)
    assert [(call.operation, call.status) for call in log] == [(operation, 200) for operation in operations]
    assert [call.kind for call in log[-2:]] == ["token", "echo"]
    assert log[-1].token == log[-2].token


def test_the_secret_that_was_read_gets_the_entity_token(respect: Run, emulator: Emulator) -> None:
    respect("sahamati", "readSecret")
    user, read, entity, echo = emulator.calls
    assert read.token == user.token
    assert echo.token == entity.token != user.token


@each_run
def test_a_wrong_secret_stops_the_flow_at_its_first_request(
    provider: str, name: str, respect: Run, emulator: Emulator
) -> None:
    flow = flow_of(provider)
    secret = next(key for key, schema in inputs(flow, workflow(flow, name)).items() if "format" in schema)
    process = respect(provider, name, "--verbose", **{secret: "fake-wrong-hidden"})
    assert process.returncode == 1
    assert "fake-wrong-hidden" not in process.stdout + process.stderr
    assert [call.operation for call in emulator.calls] == [next(calls(flow, name))]
    assert emulator.count(provider, "sandbox", status=200) == 0


@pytest.mark.parametrize("provider", ["setu", "singleview", "su"])
def test_a_200_that_is_a_rejection_stops_the_flow(provider: str, respect: Run, emulator: Emulator) -> None:
    emulator.fault(provider, "sandbox", success=False)
    assert respect(provider, "useToken").returncode == 1
    assert [(call.kind, call.status) for call in emulator.calls] == [("token", 200)]


@pytest.mark.parametrize(
    ("provider", "name", "output"),
    [*((*run, "token") for run in RUNS), ("sahamati", "readSecret", "secret")],
)
def test_a_value_from_a_wrong_place_fails(
    provider: str, name: str, output: str, respect: Run, emulator: Emulator, tmp_path: Path
) -> None:
    fact = next(iter(read(SPECS / f"{provider}.yaml").tokens.values()))
    right = "$response.body#/secret" if output == "secret" else places(fact["access_token"])[0]
    other = places(fact.get("expires_in", "$statusCode"))[0]
    wrong = "$response.body#/txnId" if output == "secret" else other
    folder = Path(shutil.copytree(SPECS, tmp_path / "specs")) / "flows"
    file = folder / f"{provider}.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"{output}: {right}\n", f"{output}: {wrong}\n"), encoding="utf-8")
    assert respect(provider, name, folder=folder).returncode == 1
    assert emulator.calls[-1].status in (400, 401)
    assert emulator.count(provider, "sandbox", kind="echo", status=200) == 0


@each_run
def test_the_output_and_the_logs_of_the_runner_show_no_secret(
    provider: str, name: str, respect: Run, emulator: Emulator, tmp_path: Path
) -> None:
    emulator.fault(provider, "sandbox", token="fake-hidden+token/of=the-test")
    logs = [tmp_path / "log.json", tmp_path / "log.har"]
    process = respect(provider, name, "--verbose", "--json-output", logs[0], "--har-output", logs[1])
    assert process.returncode == 0, process.stdout + process.stderr
    for text in (process.stdout, process.stderr, *(file.read_text(encoding="utf-8") for file in logs)):
        assert "fake-sandbox-" not in text
        assert "fake-hidden" not in text
        assert "/echo" in text or text == process.stderr


def test_the_runner_cannot_send_a_get_with_a_body(respect: Run, emulator: Emulator) -> None:
    process = respect(*NOT_RUN)
    assert process.returncode == 1
    assert "Request with GET/HEAD method cannot have body" in process.stdout
    assert emulator.calls == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_flow_agrees_with_the_token_extension(provider: str) -> None:
    spec, flow = read(SPECS / f"{provider}.yaml"), flow_of(provider)
    sources = {source["name"]: (FLOWS / source["url"]).resolve() for source in flow["sourceDescriptions"]}
    assert sources == {provider: spec.path, "echo": FLOWS / "echo.yaml"}
    for definition in flow["workflows"]:
        declared = inputs(flow, definition)
        for step in definition["steps"]:
            if "workflowId" in step:
                child = workflow(flow, step["workflowId"])
                assert {parameter["name"] for parameter in step["parameters"]} == set(inputs(flow, child))
            elif step["operationId"] != "$sourceDescriptions.echo.echo":
                check_step(spec, step, declared)
    called = {id for definition in flow["workflows"] for id in calls(flow, definition["workflowId"])}
    operations = {
        id for token in spec.tokens.values() for id in (token["operation"], *token.get("alternatives", []))
    }
    assert operations <= called


def credential_places(description: Mapping[str, Any]) -> dict[str, str]:
    """Name to place of the credentials that the token request sends; none of them has several."""
    nodes = description["credentials"].items()
    named = {name: node.get("places") if isinstance(node, Mapping) else node for name, node in nodes}
    return {name: place for name, place in named.items() if place}


def check_step(spec: Spec, step: Yaml, declared: Mapping[str, Mapping[str, str]]) -> None:
    """A request to the provider: its inputs, its success criteria, and its outputs."""
    operation = spec.operations()[step["operationId"].removeprefix(f"$sourceDescriptions.{spec.name}.")]
    body = step.get("requestBody", {})
    assert set(operation.body.get("required", [])) <= set(body.get("payload", {}))
    assert {body["contentType"]} == set(operation.document["requestBody"]["content"]) if body else True
    values = {f"$request.body#/{name}": value for name, value in body.get("payload", {}).items()}
    parameters = step.get("parameters", [])
    values |= {f"$request.header.{parameter['name']}": parameter["value"] for parameter in parameters}
    tokens = [
        token
        for token in spec.tokens.values()
        if operation.id in (token["operation"], *token.get("alternatives", []))
    ]
    if tokens:
        description = tokens[0]
        credentials, output = credential_places(description), "token"
        for security in step.get("x-security", []):  # OpenAPI has no parameter for it, nor has Arazzo a word
            values |= {f"$request.basic.{part}": value for part, value in security["values"].items()}
        for place in description.get("generated", {}):  # Arazzo cannot generate
            assert values.pop(place).startswith("$inputs.")
        references = {place: f"$inputs.{name}" for name, place in credentials.items()}
        assert values == references | description.get("constants", {})
    else:
        description = operation.document["x-gatepass-secret"]
        credentials, output = description["id"], "secret"
        assert values["$request.header.Authorization"] == "Bearer {$steps.logIn.outputs.token}"
        assert {values[place] for place in credentials.values()} == {
            f"$inputs.{name}" for name in credentials
        }
    for name, place in credentials.items():
        if ".basic." in place:
            continue
        schema = place_schema(spec, operation, place)
        for key in ("type", "format", "contentEncoding"):
            assert declared[name].get(key) == schema.get(key), (name, key)
    field = "secret" if output == "secret" else "access_token"
    value = places(description[field])[0]
    flags = [f"{place} == true" for place in places(description.get("success", []))[:1]]
    assert step["outputs"] == {output: value}
    conditions = [criterion["condition"] for criterion in step["successCriteria"]]
    assert conditions == ["$statusCode == 200", *flags, f"{value} != null"]
