"""`gatepass credential-helper get`: the headers for a URI, as Bazel and uv ask for them."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from gatepass_emulator import Emulator

from .shell import run_in_subprocess


def helper(uri: object, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return run_in_subprocess("credential-helper", "get", input=text or json.dumps({"uri": uri}))


def test_the_headers_of_the_credential_for_the_uri_are_printed(emulator: Emulator) -> None:
    url = f"{emulator.url('setu', 'sandbox')}/echo"

    done = helper(url)

    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert answer.keys() == {"headers", "expires"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer["expires"])
    headers = {name: value for name, values in answer["headers"].items() for value in values}
    assert httpx.get(url, headers=headers).status_code == 200


def test_a_credential_is_chosen_by_the_host_of_its_apis(
    clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The provider is behind a proxy that does not exist, so its credential fails only if it was chosen."""
    monkeypatch.setenv("SETU_SANDBOX_CLIENT_ID", "fake-client")
    monkeypatch.setenv("SETU_SANDBOX_SECRET", "fake-hidden")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    assert helper("https://uat.setu.co/api/v2/payment-links").returncode == 5  # the proxy is not there
    assert helper("https://prod.setu.co/api/v2/payment-links").returncode == 1
    other = helper("https://other.example/")
    assert (other.returncode, other.stdout) == (1, "")
    assert other.stderr.startswith("gatepass: no credential is for this host: ")


def test_without_a_credential_it_says_what_is_missing(
    clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETU_SANDBOX_CLIENT_ID", "fake-client")

    done = helper("https://uat.setu.co/")

    assert (done.returncode, done.stdout) == (1, "")
    assert "set SETU_SANDBOX_SECRET" in done.stderr


def test_more_than_one_credential_is_an_error_that_names_them(emulator: Emulator) -> None:
    done = helper(emulator.url("sahamati", "sandbox"))

    assert (done.returncode, done.stdout) == (1, "")
    assert "more than one credential is for this host: sahamati sandbox and sahamati-user" in done.stderr


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"uri": 7}', '{"uri": "no url"}', "[" * 100_000])
def test_other_input_is_an_error_that_says_what_is_wanted(emulator: Emulator, text: str) -> None:
    done = helper("", text)

    assert (done.returncode, done.stdout) == (2, "")
    assert 'stdin must be JSON such as {"uri": "https://HOST/PATH"}' in done.stderr
