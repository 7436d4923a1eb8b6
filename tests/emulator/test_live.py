"""The emulator in a browser: the state for the live page, the pages, and nothing for other sites."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass_emulator import Emulator

from .conftest import SPECS, FakeClock, ProviderApis

PAGES = ["/", "/index.html", "/live", "/setu.html", "/setu.yaml", "/_emulator/state", "/_emulator/calls"]


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    shutil.copy(SPECS / "setu.yaml", tmp_path)
    return tmp_path


def state_of(emulator: Emulator, provider: str, environment: str) -> Any:
    environments = emulator.state()["environments"]
    return next(
        state
        for state in environments
        if (state["provider"], state["environment"]) == (provider, environment)
    )


def get_state(api: ProviderApis, after: object) -> Any:
    return api.client.get(f"{api.emulator.base_url}/_emulator/state", params={"after": str(after)}).json()


def test_the_state_has_only_new_requests(api: ProviderApis) -> None:
    api.setu()
    first = get_state(api, 0)
    api.setu("production")

    second = get_state(api, first["next"])

    assert [call["environment"] for call in first["calls"]] == ["sandbox"]
    assert [call["environment"] for call in second["calls"]] == ["production"]
    assert get_state(api, second["next"])["calls"] == []
    assert second["run"] == first["run"]


def test_the_state_has_at_most_200_requests_and_200_tokens(api: ProviderApis, emulator: Emulator) -> None:
    for _ in range(201):
        api.setu()

    state = get_state(api, 0)

    assert (len(state["calls"]), state["next"]) == (200, 201)
    setu = state_of(emulator, "setu", "sandbox")
    assert (len(setu["tokens"]), setu["valid_tokens"]) == (200, 201)
    assert setu["tokens"][-1]["token"] == state["calls"][-1]["token"]


def test_clearing_the_emulator_begins_another_run(api: ProviderApis, emulator: Emulator) -> None:
    api.setu()
    before = get_state(api, 0)
    emulator.clear()
    api.setu()

    assert get_state(api, before["next"])["run"] != before["run"]


@pytest.mark.parametrize("after", ["", "x", "1.5", "-1", "9" * 30])
def test_after_must_be_an_integer(api: ProviderApis, after: str) -> None:
    api.setu()
    url = f"{api.emulator.base_url}/_emulator/state"

    response = api.client.get(url, params={"after": after})

    assert response.status_code == (200 if after.lstrip("-").isdecimal() else 400)


def test_a_token_is_valid_until_it_expires_or_is_revoked(
    api: ProviderApis, emulator: Emulator, clock: FakeClock
) -> None:
    api.setu()
    clock.now += 799
    assert [token["expires_in"] for token in state_of(emulator, "setu", "sandbox")["tokens"]] == [1001]
    assert state_of(emulator, "setu", "production")["valid_tokens"] == 0
    clock.now += 1001
    assert state_of(emulator, "setu", "sandbox")["valid_tokens"] == 0
    api.setu()
    assert state_of(emulator, "setu", "sandbox")["valid_tokens"] == 1
    emulator.revoke()
    assert state_of(emulator, "setu", "sandbox")["valid_tokens"] == 0


def test_the_state_has_the_remaining_quota_of_the_window(
    api: ProviderApis, emulator: Emulator, clock: FakeClock
) -> None:
    assert state_of(emulator, "setu", "sandbox")["quotas"] == []
    api.su()
    quota = {"scheme": "suToken", "tokens": 30, "seconds": 3600, "remaining": 29}
    assert state_of(emulator, "su", "sandbox")["quotas"] == [quota]
    assert state_of(emulator, "su", "production")["quotas"] == [quota | {"remaining": 30}]
    clock.now += 3600
    assert state_of(emulator, "su", "sandbox")["quotas"] == [quota | {"remaining": 30}]


def test_the_state_has_the_faults_that_are_left(api: ProviderApis, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", status=503, times=2)
    emulator.fault("setu", "sandbox", operation="echo", latency=0.5, token="fake-hidden", body="fake-hidden")
    api.setu()

    assert state_of(emulator, "setu", "sandbox")["faults"] == [
        "status=503, 1 time",
        "latency=0.5, body, token, at echo, until cleared",
    ]
    assert "fake-hidden" not in api.client.get(f"{emulator.base_url}/_emulator/state").text
    emulator.clear_faults("setu", "sandbox")
    assert state_of(emulator, "setu", "sandbox")["faults"] == []


def test_the_state_has_no_secret_and_no_token(api: ProviderApis, emulator: Emulator) -> None:
    tokens = [api.setu().json()["data"]["token"], api.su().json()["data"]["token"]]
    response = api.decentro().json()
    api.echo("setu", "sandbox", tokens[0])
    api.client.get(f"{api.url('setu', 'sandbox')}/echo/{tokens[0]}")
    hidden = [*tokens, response["access_token"], response["refresh_token"]]
    hidden += [value for name, value in emulator.variables().items() if not name.endswith("_URL")]

    body = api.client.get(f"{emulator.base_url}/_emulator/state").text

    assert [value for value in hidden if value in body] == []


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_served_to_loopback_hosts_only(api: ProviderApis, path: str) -> None:
    url = api.emulator.base_url + path

    for host in (f"127.0.0.1:{api.emulator.port}", "localhost", "LOCALHOST:1", "[::1]:80"):
        assert api.client.get(url, headers={"Host": host}).status_code == 200, host
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "127.0.0.2",
        "",
        "[::1",
    ):
        assert api.client.get(url, headers={"Host": host}).status_code == 403, host


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"])
def test_another_site_cannot_make_a_browser_use_the_controls(
    api: ProviderApis, emulator: Emulator, origin: str
) -> None:
    api.setu()
    owner: dict[str, str | float] = {"provider": "setu", "environment": "sandbox"}
    bodies: dict[str, dict[str, str | float]] = {
        "clear": {},
        "revoke": {},
        "fault": {**owner, "status": 503},
        "clear_faults": owner,
        "lifetime": {**owner, "seconds": 1},
    }
    for name, body in bodies.items():
        url = f"{emulator.base_url}/_emulator/{name}"
        assert api.client.post(url, headers={"Origin": origin}, json=body).status_code == 403
        assert api.client.get(url, params=body).status_code == 404

    assert emulator.count("setu") == state_of(emulator, "setu", "sandbox")["valid_tokens"] == 1
    own = {"Origin": emulator.base_url}
    assert api.client.post(f"{emulator.base_url}/_emulator/clear", headers=own).status_code == 200
    assert emulator.count("setu") == 0


@pytest.mark.parametrize("path", ["/", "/live", "/setu.html"])
def test_the_content_security_policy_allows_only_inline_code_by_hash(api: ProviderApis, path: str) -> None:
    response = api.client.get(api.emulator.base_url + path)

    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/acme.html", "/..%2fpyproject.toml", "/__init__.py", "/%2e%2e", "/no"])
def test_other_files_are_not_served(api: ProviderApis, path: str) -> None:
    assert api.client.get(api.emulator.base_url + path).status_code == 404


def test_every_page_states_that_an_emulator_serves_it(api: ProviderApis) -> None:
    for path in ("/", "/format.html", *(f"/{name}.html" for name in api.emulator.environments)):
        assert "This is a running emulator" in api.client.get(api.emulator.base_url + path).text


def test_a_provider_without_a_page_is_listed_with_the_command_that_makes_it(
    specs: Path, client: httpx.Client
) -> None:
    (specs / "setu.yaml").rename(specs / "acme.yaml")
    shutil.copy(SPECS / "su.yaml", specs)
    with Emulator(specs=specs) as emulator:
        text = client.get(emulator.base_url + "/").text
        assert "<li>acme: no reference page; <code>make generate</code>" in text
        assert '<a href="su.html">' in text
        assert client.get(emulator.base_url + "/su.html").status_code == 200


def test_a_page_states_that_its_spec_has_changed(specs: Path, client: httpx.Client) -> None:
    with Emulator(specs=specs) as emulator:
        url = emulator.base_url + "/setu.html"
        assert "another version" not in client.get(url).text
        with (specs / "setu.yaml").open("a") as spec:
            spec.write("# changed\n")
        assert "another version of its spec" in client.get(url).text


@pytest.mark.parametrize("name", ["live", "index", "_emulator"])
def test_a_provider_may_have_the_name_of_a_page(specs: Path, client: httpx.Client, name: str) -> None:
    (specs / "setu.yaml").rename(specs / f"{name}.yaml")
    with Emulator(specs=specs) as emulator:
        assert client.get(emulator.url(name, "sandbox") + "/echo").status_code == 401
        assert client.get(emulator.base_url + "/live").text.count("<title>Live") == 1
        assert client.get(emulator.base_url + "/_emulator/count", params={"provider": name}).json() == 0


def loaded_modules(code: str) -> set[str]:
    script = f"{code}\nimport sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_serving_imports_no_client_and_nothing_that_makes_pages() -> None:
    loaded = loaded_modules("from gatepass_emulator import Emulator\nwith Emulator(): pass")

    assert not {"jinja2", "markdown_it", "markupsafe", "gatepass_clients", "gatepass_pages"} & loaded
    ours = {name for name in loaded if name.partition(".")[0] == "gatepass"}
    assert ours == {"gatepass", "gatepass._paths"}
