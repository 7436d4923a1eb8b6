"""The emulator's live page, in a browser: it shows the requests, without secrets."""

from __future__ import annotations

import shlex

import httpx
import pytest
from playwright.sync_api import Page, expect

from gatepass import Setu, Su
from gatepass_emulator import Emulator

from .conftest import Visitor
from .test_pages import COLOURS, PHONE

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


@pytest.fixture
def live(visitor: Visitor, emulator: Emulator) -> Page:
    page = visitor.open(f"{emulator.base_url}/live", **CLIPBOARD)
    expect(page.locator("#state")).to_have_text("live")
    return page


def send(credential: Setu | Su, path: str = "/echo") -> None:
    with httpx.Client(auth=credential, base_url=credential.base_url) as api:
        assert api.get(path).status_code == 200


def rows(page: Page) -> list[list[str]]:
    return [row.locator("td").all_inner_texts() for row in page.locator("#calls tr").all()]


def test_a_request_appears_with_its_token_and_the_remaining_quota(live: Page, emulator: Emulator) -> None:
    su = live.locator("[data-environment='su sandbox']")
    expect(su).to_contain_text("no valid tokens")
    expect(su).to_contain_text("30 of 30 tokens left in 60 min")

    send(Su("sandbox"))

    expect(live.locator("#calls tr")).to_have_count(2)
    expect(su).to_contain_text("1 valid token")
    expect(su).to_contain_text("29 of 30 tokens left in 60 min")
    mark = emulator.calls[0].token
    expect(su.locator("li")).to_have_text([f"{mark} 1:00:00"])
    path = "GET /SUAPI/jservice/auth/generate-access-token"
    masked = "client_id=fake…, client_secret=***"
    newest, oldest = rows(live)
    assert newest[1:] == ["200", "su sandbox", "GET /echo", "echo", "", mark]
    assert oldest[1:] == ["200", "su sandbox", path, "generateAccessToken", masked, mark]
    expect(live.locator("[data-environment='su production']")).to_contain_text("30 of 30")
    expect(su).to_contain_text(f"{emulator.base_url}/su/sandbox")


def test_no_secret_and_no_token_is_on_the_page(live: Page, emulator: Emulator) -> None:
    setu = Setu("sandbox")
    send(setu)
    send(setu, f"/echo/{setu.token().value}")
    live.click("#copy")
    expect(live.locator("#message")).to_contain_text("variables copied")
    expect(live.locator("#calls tr")).to_have_count(3)

    content = live.evaluate("document.documentElement.outerHTML")

    hidden = [value for name, value in emulator.variables().items() if not name.endswith("_URL")]
    assert [value for value in (setu.token().value, *hidden) if value in content] == []


def test_the_variables_are_copied_as_a_shell_reads_them(live: Page, emulator: Emulator) -> None:
    expected = emulator.variables()
    live.click("#copy")
    expect(live.locator("#message")).to_contain_text(f"{len(expected)} variables copied")
    assert exported(live.evaluate("navigator.clipboard.readText()")) == expected

    live.locator("[data-environment='su sandbox'] .copy").click()
    ours = {name: value for name, value in expected.items() if name.startswith("SU_SANDBOX_")}
    expect(live.locator("#message")).to_contain_text(f"{len(ours)} variables copied")
    assert exported(live.evaluate("navigator.clipboard.readText()")) == ours


def exported(script: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in shlex.split(script) if word != "export")


def test_a_tag_in_a_path_is_escaped(live: Page, emulator: Emulator) -> None:
    tag = "<img src=x onerror=alert(1)>"
    send(Setu("sandbox"), f"/echo/{tag}")

    expect(live.locator("#calls tr")).to_have_count(2)

    assert rows(live)[0][3] == f"GET /echo/{tag}"
    assert live.locator("img").count() == 0


def test_tokens_are_revoked_and_everything_is_cleared(live: Page, emulator: Emulator) -> None:
    setu = live.locator("[data-environment='setu sandbox']")
    send(Setu("sandbox"))
    expect(setu).to_contain_text("1 valid token")

    live.click("#revoke")
    expect(setu).to_contain_text("no valid tokens")
    assert emulator.count("setu", kind=None) == 2

    live.click("#clear")
    expect(live.locator("#calls tr")).to_have_count(0)
    expect(live.locator("#none")).to_be_visible()
    assert emulator.calls == []


def test_requests_from_before_a_clear_disappear(live: Page, emulator: Emulator) -> None:
    send(Setu("sandbox"))
    expect(live.locator("#calls tr")).to_have_count(2)

    emulator.clear()
    send(Su("sandbox"))
    send(Su("production"))

    expect(live.locator("#calls tr")).to_have_count(4)
    assert {row[2] for row in rows(live)} == {"su sandbox", "su production"}


def test_a_hidden_tab_sends_no_requests(visitor: Visitor, emulator: Emulator) -> None:
    page = visitor.open("about:blank", base_url=emulator.base_url)
    page.clock.install()
    page.goto("/live")
    expect(page.locator("#state")).to_have_text("live")

    hide(page, True)
    expect(page.locator("#state")).to_have_text("paused while this tab is hidden")
    before = len(visitor.requests)
    page.clock.run_for(10_000)
    assert len(visitor.requests) == before

    send(Setu("sandbox"))
    hide(page, False)
    expect(page.locator("#calls tr")).to_have_count(2)
    expect(page.locator("#state")).to_have_text("live")


def hide(page: Page, hidden: bool) -> None:
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_on_a_phone(visitor: Visitor, emulator: Emulator, scheme: str) -> None:
    send(Su("sandbox"))
    httpx.post(emulator.url("setu", "production") + "/auth/token", json={"clientID": "x", "secret": "y"})
    page = visitor.open(f"{emulator.base_url}/live", color_scheme=scheme, **PHONE)
    expect(page.locator("#calls tr")).to_have_count(3)

    width, available = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    measured = page.evaluate(COLOURS)

    assert width <= available
    assert measured["worst"]["contrast"] >= 4.5, measured["worst"]
    assert measured["ground"] < 0.05 if scheme == "dark" else measured["ground"] > 0.9
