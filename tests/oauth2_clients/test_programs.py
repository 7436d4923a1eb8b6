"""The source of all clients, and runs of the one in curl; scripts/oauth2_clients.py runs all of them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from oauth2_clients import CLIENTS

from ..languages.scenarios import BY_TOKEN_ALONE
from .client import Client, Setup, started
from .cold_start import start_cold
from .scenarios import call_api, wrong_key

FOLDER = Path(__file__).parent
FILES = {
    "go-oauth2": {"go.mod", "go.sum"},
    "nginx": {"nginx.conf"},
    "rust-oauth2": {"Cargo.toml", "Cargo.lock"},
    "spring-security": {"pom.xml"},
}
"""What a client has beside its program."""
COMMENT = re.compile(r"(?:# |// |<\?php // )Needs \S")
CURL = Client("curl", "bash client.sh", FOLDER / "curl", os.environ)


@pytest.fixture(params=list(CLIENTS))
def source(request: pytest.FixtureRequest) -> str:
    return program(str(request.param)).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def setup() -> Iterator[Setup]:
    if not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("no `curl` or no `jq` on PATH")
    with started() as setup:
        yield setup


def program(name: str) -> Path:
    java = CLIENTS[name].extension == "java"  # a file with the name of its class
    return FOLDER / name / f"{'Client' if java else 'client'}.{CLIENTS[name].extension}"


def test_every_folder_is_a_client() -> None:
    files = {path for path in FOLDER.glob("*/*") if path.parent.name != "__pycache__"}
    others = {FOLDER / name / file for name, names in FILES.items() for file in names}
    assert files == {program(name) for name in CLIENTS} | others


def test_the_first_line_states_the_requirements(source: str) -> None:
    assert COMMENT.match(source)


def test_a_client_has_at_most_25_lines_of_code(source: str) -> None:
    lines = [line.strip() for line in source.splitlines()]
    assert len([line for line in lines if line and not line.startswith(("#", "//", "<?php"))]) <= 25


def test_no_client_contains_an_address_or_a_secret(source: str) -> None:
    assert not re.search(r"127\.|8181|fake", source)
    assert "GATEPASS_SERVICE_URL" in source or "envsubst" in source


@pytest.mark.parametrize("provider", BY_TOKEN_ALONE)
def test_curl_calls_an_api(setup: Setup, provider: str) -> None:
    assert call_api(CURL, setup, provider) == ""
    assert setup.emulator.count(provider) == 1


def test_curl_shows_that_the_key_is_wrong(setup: Setup) -> None:
    assert wrong_key(CURL, setup) == ""


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo setu: 200; exit 1; :", "exit status 1"),
        ("echo setu: 201; :", "does not print setu: 200"),
        ("echo setu: 200; :", "not one API request"),
        ('cat "$GATEPASS_SERVICE_KEY_FILE"; :', "it prints a key or a token"),
        (
            'printf "gatepass:%s" "$(cat "$GATEPASS_SERVICE_KEY_FILE")" | base64; :',
            "it prints a key or a token",
        ),
    ],
)
def test_a_client_that_does_something_else_is_found(setup: Setup, script: str, problem: str) -> None:
    report = call_api(Client("other", f"bash -c '{script}'", FOLDER, os.environ), setup, "setu")

    assert problem in report
    assert setup.service.key not in report


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("exit 1; :", "it does not show error_description"),
        ("echo setu: 200; :", "exit status 0"),
        ('cat "$GATEPASS_SERVICE_KEY_FILE"; exit 1; :', "it prints a key or a token"),
        ('curl -s "$API_URL"; exit 1; :', "a request to the provider or its API"),
    ],
)
def test_a_client_that_hides_a_wrong_key_is_found(setup: Setup, script: str, problem: str) -> None:
    assert problem in wrong_key(Client("other", f"bash -c '{script}'", FOLDER, os.environ), setup)


def test_8_processes_of_curl_start_cold_at_once(setup: Setup) -> None:
    assert start_cold([CURL]) == ""


def test_a_cold_start_with_a_client_that_asks_twice_is_found(setup: Setup) -> None:
    script = 'bash client.sh "$1" > /dev/null && exec bash client.sh "$1"'
    twice = Client("twice", f"bash -c '{script}' twice", FOLDER / "curl", os.environ)

    assert start_cold([twice]) == "16 processes asked the service, not 8"
