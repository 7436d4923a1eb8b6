"""The emulator's live page, in a browser: it shows the requests, without secrets."""

from __future__ import annotations

import html
import json
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from gatepass import GatepassError, Setu, Su
from gatepass_emulator import Emulator

from .conftest import LAYOUT, Visitor
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


@pytest.mark.parametrize(
    ("kind", "value", "shown", "error"),
    [
        ("Status", "429", "status=429, 2 times", "429"),
        ("Disconnect before the response", None, "disconnect='before', 2 times", "response is incomplete"),
        ("Disconnect in the middle", None, "disconnect='middle', 2 times", "response is incomplete"),
        ("Delay, seconds", "0.5", "latency=0.5, 2 times", None),
        ("Wrong lifetime", "0", "lifetime=0, 2 times", None),
        ("Wrong lifetime", '"soon"', "lifetime='soon', 2 times", None),
        ("Wrong lifetime", "remove", "lifetime='remove', 2 times", None),
    ],
)
def test_a_fault_is_added_and_used(
    live: Page, emulator: Emulator, kind: str, value: str | None, shown: str, error: str | None
) -> None:
    form = faults_of(live, "setu sandbox")
    form.get_by_role("combobox", name="Fault").select_option(kind)
    if value is None:
        expect(form.get_by_label("Value")).to_be_hidden()
    else:
        form.get_by_label("Value").fill(value)
    form.get_by_label("Requests").fill("2")
    form.get_by_role("button", name="Add fault").click()

    faults = live.locator("[data-environment='setu sandbox'] .faults li")
    expect(form).to_contain_text("The fault is added.")
    expect(faults).to_have_text([shown])
    assert live.locator(".faults li").count() == 1
    if error is None:
        send(Setu("sandbox"))
        expect(faults).to_have_text([shown.replace("2 times", "1 time")])
    else:
        with pytest.raises(GatepassError, match=error):
            Setu("sandbox").token()


def faults_of(page: Page, environment: str) -> Locator:
    """The form of an environment, opened."""
    page.locator(f"[data-environment='{environment}'] summary").click()
    return page.get_by_role("form", name=f"Faults of {environment}")


def test_a_fault_without_a_number_of_requests_stays_until_it_is_cleared(
    live: Page, emulator: Emulator
) -> None:
    form = faults_of(live, "setu sandbox")
    form.get_by_label("Requests").fill("")
    form.get_by_label("Value").press("Enter")

    faults = live.locator(".faults li")
    expect(faults).to_have_text(["status=503, until cleared"])
    form.get_by_role("button", name="Clear faults").click()
    expect(faults).to_have_count(0)
    send(Setu("sandbox"))


def test_the_tokens_of_one_environment_are_revoked(live: Page, emulator: Emulator) -> None:
    send(Setu("sandbox"))
    send(Setu("production"))
    expect(live.locator("[data-environment='setu sandbox']")).to_contain_text("1 valid token")

    faults_of(live, "setu sandbox").get_by_role("button", name="Revoke tokens").click()

    expect(live.locator("[data-environment='setu sandbox']")).to_contain_text("no valid tokens")
    expect(live.locator("[data-environment='setu production']")).to_contain_text("1 valid token")


def test_the_reason_why_a_fault_is_rejected_is_shown(
    live: Page, visitor: Visitor, emulator: Emulator
) -> None:
    form = faults_of(live, "setu sandbox")
    form.get_by_label("Value").fill("100")
    form.get_by_role("button", name="Add fault").click()  # which the browser prevents
    form.evaluate("form => { form.noValidate = true; }")
    with live.expect_console_message(lambda message: "400 (Bad Request)" in message.text):
        form.get_by_role("button", name="Add fault").click()

    expect(form).to_contain_text("rejected it: status=100: the status of a response is 200 to 999")
    assert len(visitor.errors) == 1
    visitor.errors.clear()


def test_a_page_of_another_site_cannot_add_a_fault(visitor: Visitor, emulator: Emulator) -> None:
    """It submits a form and calls fetch in ways for which a browser asks no permission first."""
    url = f"{emulator.base_url}/_emulator/fault"
    fault = json.dumps({"provider": "setu", "environment": "sandbox", "status": 503, "body": ""})
    start, end = html.escape(fault.removesuffix('"}')), html.escape('"}')
    form = f"<form method=post enctype=text/plain action={url}><input name='{start}' value='{end}'></form>"
    fetch = "([url, body]) => { fetch(url, { method: 'POST', mode: 'no-cors', body }); }"
    with served(form) as other_site:
        window = visitor.open(other_site)
        with window.expect_console_message() as fetched:
            window.evaluate(fetch, [url, fault])
        with window.expect_console_message() as submitted:
            window.evaluate("document.forms[0].submit()")

    for message in (fetched.value, submitted.value):
        assert "403 (Forbidden)" in message.text
    assert [state["faults"] for state in emulator.state()["environments"] if state["faults"]] == []
    visitor.errors.clear()


@contextmanager
def served(page: str) -> Iterator[str]:
    """A web site of this machine, which is another one than the emulator because of its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


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
    emulator.fault("setu", "sandbox", status=503, headers={"Location": "https://a-long-name.example/" * 3})
    page = visitor.open(f"{emulator.base_url}/live", color_scheme=scheme, **PHONE)
    expect(page.locator("#calls tr")).to_have_count(3)
    for summary in page.locator("summary").all():
        summary.click()

    measured = page.evaluate(COLOURS)

    assert page.evaluate(LAYOUT) == {"sideways": False, "outside": 0, "broken": []}
    table = page.locator(".scroll")
    assert table.evaluate(
        "box => [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight]"
    ) == [0, 0]
    assert measured["worst"]["contrast"] >= 4.5, measured["worst"]
    assert measured["ground"] < 0.05 if scheme == "dark" else measured["ground"] > 0.9
