"""The workflows and the issue form, beyond what their schemas and zizmor check in `make check`."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from repository import ROOT, load_specs

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> Any:
    return read(request.param)


def test_every_command_of_a_workflow_is_a_target_of_the_makefile(workflow: Any) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    commands = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]

    called = {target for command in commands for target in re.findall(r"^make (\w+)", command, re.MULTILINE)}

    assert called
    assert called <= targets


def test_the_tests_that_windows_runs_exist() -> None:
    selected = shlex.split(read(GITHUB / "workflows" / "test.yml")["jobs"]["windows"]["env"]["TESTS"])

    assert selected[:2] == ["-m", "not posix"]
    assert [path for path in selected[2:] if not (ROOT / path).exists()] == []


def test_every_system_has_every_python_from_the_oldest_supported_one() -> None:
    jobs = read(GITHUB / "workflows" / "test.yml")["jobs"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    pythons = jobs["test"]["strategy"]["matrix"]["python"]

    assert jobs["windows"]["strategy"]["matrix"]["python"] == pythons
    assert project["requires-python"] == f">={pythons[0]}"


def test_the_issue_form_asks_what_a_spec_needs() -> None:
    form = read(GITHUB / "ISSUE_TEMPLATE" / "provider-response.yml")
    fields = {field["id"]: field for field in form["body"] if "id" in field}

    optional = {name for name, field in fields.items() if not field.get("validations", {}).get("required")}

    assert set(fields) - optional == {"provider", "environment", "request", "differences", "version"}
    assert optional == {"values"}
    assert [option["required"] for option in fields["values"]["attributes"]["options"]] == [True]


def test_the_environments_of_the_issue_form_are_those_of_the_specs() -> None:
    form = read(GITHUB / "ISSUE_TEMPLATE" / "provider-response.yml")
    [environment] = [field for field in form["body"] if field.get("id") == "environment"]

    names = {server["x-oai-name"] for spec in load_specs() for server in spec.document["servers"]}

    assert set(environment["attributes"]["options"]) == names


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_a_link_between_documents_leads_to_a_file(name: str) -> None:
    text = (GITHUB / name).read_text(encoding="utf-8")

    links = re.findall(r"\]\(([^)]+)\)", text)

    assert links
    assert [link for link in links if not (GITHUB / link).exists()] == []
