"""What the emulator gives to a browser: the live page's figures, the pages, and nothing to other sites."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass_emulator import Emulator

from .conftest import SPECS, Clock, Desk

OURS = ["/", "/index.html", "/live", "/setu.html", "/setu.yaml", "/_emulator/state", "/_emulator/calls"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(SPECS / "setu.yaml", tmp_path)
    return tmp_path


def here(emulator: Emulator, provider: str, environment: str) -> Any:
    found = emulator.state()["environments"]
    return next(one for one in found if (one["provider"], one["environment"]) == (provider, environment))


def ask(desk: Desk, after: object) -> Any:
    return desk.client.get(f"{desk.emulator.base_url}/_emulator/state", params={"after": str(after)}).json()


def test_the_state_has_only_the_calls_that_are_new(desk: Desk) -> None:
    desk.setu()
    first = ask(desk, 0)
    desk.setu("production")

    second = ask(desk, first["next"])

    assert [call["environment"] for call in first["calls"]] == ["sandbox"]
    assert [call["environment"] for call in second["calls"]] == ["production"]
    assert ask(desk, second["next"])["calls"] == []
    assert second["run"] == first["run"]


def test_the_state_has_200_calls_and_200_tokens_at_most(desk: Desk, emulator: Emulator) -> None:
    for _ in range(201):
        desk.setu()

    told = ask(desk, 0)

    assert (len(told["calls"]), told["next"]) == (200, 201)
    setu = here(emulator, "setu", "sandbox")
    assert (len(setu["tokens"]), setu["alive"]) == (200, 201)
    assert setu["tokens"][-1]["token"] == told["calls"][-1]["token"]


def test_a_cleared_emulator_is_another_run(desk: Desk, emulator: Emulator) -> None:
    desk.setu()
    before = ask(desk, 0)
    emulator.clear()
    desk.setu()

    assert ask(desk, before["next"])["run"] != before["run"]


@pytest.mark.parametrize("after", ["", "x", "1.5", "-1", "9" * 30])
def test_a_number_that_is_none_is_a_400_and_any_other_is_answered(desk: Desk, after: str) -> None:
    desk.setu()
    url = f"{desk.emulator.base_url}/_emulator/state"

    reply = desk.client.get(url, params={"after": after})

    assert reply.status_code == (200 if after.lstrip("-").isdecimal() else 400)


def test_a_token_is_alive_until_it_expires_or_is_revoked(
    desk: Desk, emulator: Emulator, clock: Clock
) -> None:
    desk.setu()
    clock.now += 799
    assert [one["left"] for one in here(emulator, "setu", "sandbox")["tokens"]] == [1001]
    assert here(emulator, "setu", "production")["alive"] == 0
    clock.now += 1001
    assert here(emulator, "setu", "sandbox")["alive"] == 0
    desk.setu()
    assert here(emulator, "setu", "sandbox")["alive"] == 1
    emulator.revoke()
    assert here(emulator, "setu", "sandbox")["alive"] == 0


def test_a_quota_is_told_and_comes_back(desk: Desk, emulator: Emulator, clock: Clock) -> None:
    assert here(emulator, "setu", "sandbox")["quotas"] == []
    desk.su()
    quota = {"scheme": "suToken", "tokens": 30, "seconds": 3600, "left": 29}
    assert here(emulator, "su", "sandbox")["quotas"] == [quota]
    assert here(emulator, "su", "production")["quotas"] == [quota | {"left": 30}]
    clock.now += 3600
    assert here(emulator, "su", "sandbox")["quotas"] == [quota | {"left": 30}]


def test_the_state_tells_neither_secret_nor_token(desk: Desk, emulator: Emulator) -> None:
    tokens = [desk.setu().json()["data"]["token"], desk.su().json()["data"]["token"]]
    reply = desk.decentro().json()
    desk.echo("setu", "sandbox", tokens[0])
    desk.client.get(f"{desk.url('setu', 'sandbox')}/echo/{tokens[0]}")
    hidden = [*tokens, reply["access_token"], reply["refresh_token"]]
    hidden += [value for name, value in emulator.variables().items() if not name.endswith("_URL")]

    told = desk.client.get(f"{emulator.base_url}/_emulator/state").text

    assert [value for value in hidden if value in told] == []


@pytest.mark.parametrize("path", OURS)
def test_pages_are_for_this_machine_alone(desk: Desk, path: str) -> None:
    url = desk.emulator.base_url + path

    for host in (f"127.0.0.1:{desk.emulator.port}", "localhost", "LOCALHOST:1", "[::1]:80"):
        assert desk.client.get(url, headers={"Host": host}).status_code == 200, host
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "127.0.0.2",
        "",
        "[::1",
    ):
        assert desk.client.get(url, headers={"Host": host}).status_code == 403, host


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"])
def test_another_site_cannot_make_a_browser_call_the_controls(
    desk: Desk, emulator: Emulator, origin: str
) -> None:
    desk.setu()
    for name in ("clear", "revoke", "fault", "lifetime"):
        url = f"{emulator.base_url}/_emulator/{name}"
        assert desk.client.post(url, headers={"Origin": origin}).status_code == 403

    assert emulator.count("setu") == here(emulator, "setu", "sandbox")["alive"] == 1
    own = {"Origin": emulator.base_url}
    assert desk.client.post(f"{emulator.base_url}/_emulator/clear", headers=own).status_code == 200
    assert emulator.count("setu") == 0


@pytest.mark.parametrize("path", ["/", "/live", "/setu.html"])
def test_a_page_may_do_nothing_but_what_it_came_with(desk: Desk, path: str) -> None:
    reply = desk.client.get(desk.emulator.base_url + path)

    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/acme.html", "/..%2fpyproject.toml", "/__init__.py", "/%2e%2e", "/no"])
def test_nothing_but_pages_is_served(desk: Desk, path: str) -> None:
    assert desk.client.get(desk.emulator.base_url + path).status_code == 404


def test_every_page_says_that_it_is_of_a_running_emulator(desk: Desk) -> None:
    for path in ("/", "/format.html", *(f"/{name}.html" for name in desk.emulator.environments)):
        assert "This is a running emulator" in desk.client.get(desk.emulator.base_url + path).text


def test_a_provider_without_a_page_is_listed_with_the_mend(folder: Path, client: httpx.Client) -> None:
    (folder / "setu.yaml").rename(folder / "acme.yaml")
    shutil.copy(SPECS / "su.yaml", folder)
    with Emulator(specs=folder) as emulator:
        text = client.get(emulator.base_url + "/").text
        assert "<li>acme: no reference page; <code>make generate</code>" in text
        assert '<a href="su.html">' in text
        assert client.get(emulator.base_url + "/su.html").status_code == 200


def test_a_page_says_when_its_spec_has_changed(folder: Path, client: httpx.Client) -> None:
    with Emulator(specs=folder) as emulator:
        url = emulator.base_url + "/setu.html"
        assert "another version" not in client.get(url).text
        with (folder / "setu.yaml").open("a") as spec:
            spec.write("# changed\n")
        assert "another version of its spec" in client.get(url).text


@pytest.mark.parametrize("name", ["live", "index", "_emulator"])
def test_a_provider_may_have_the_name_of_a_page(folder: Path, client: httpx.Client, name: str) -> None:
    (folder / "setu.yaml").rename(folder / f"{name}.yaml")
    with Emulator(specs=folder) as emulator:
        assert client.get(emulator.url(name, "sandbox") + "/echo").status_code == 401
        assert client.get(emulator.base_url + "/live").text.count("<title>Live") == 1
        assert client.get(emulator.base_url + "/_emulator/count", params={"provider": name}).json() == 0


def modules(code: str) -> Iterator[str]:
    script = f"{code}\nimport sys; print(*sys.modules)"
    yield from subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()


def test_serving_needs_nothing_that_makes_pages() -> None:
    loaded = set(modules("from gatepass_emulator import Emulator\nwith Emulator(): pass"))

    assert not {"jinja2", "markdown_it", "markupsafe", "gatepass", "gatepass_pages"} & loaded
