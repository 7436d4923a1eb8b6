"""A browser that may connect to this machine only, and records the errors of pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ..timeouts import HANG_TIMEOUT

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --disable-quic"
)
SITE = Path(__file__).parents[2] / "generated" / "gatepass_pages"
LAYOUT = (Path(__file__).parent / "layout.js").read_text(encoding="utf-8")
PAGES = sorted(path.name for path in SITE.glob("*.html"))
expect.set_options(timeout=1000 * HANG_TIMEOUT)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"no {CHROMIUM}: apt-get install chromium", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        yield browser
        browser.close()


class Visitor:
    """Opens pages in windows with any settings; records their requests and console messages."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._windows: dict[str, Page] = {}
        self._contexts: list[BrowserContext] = []
        self.requests: list[str] = []
        self.errors: list[str] = []

    def open(self, url: str, **window: Any) -> Page:
        """The page at a URL; a window is reused for the same settings."""
        key = repr(sorted(window.items()))
        if key not in self._windows:
            context = self._browser.new_context(**window)
            context.set_default_timeout(1000 * HANG_TIMEOUT)
            context.route(lambda url: is_foreign(url), lambda route: route.abort())
            context.on("request", lambda request: self.requests.append(request.url))
            context.on("console", lambda message: self.errors.append(f"{message.type}: {message.text}"))
            context.on("weberror", lambda error: self.errors.append(str(error.error)))
            self._contexts.append(context)
            self._windows[key] = context.new_page()
        self._windows[key].goto(url)
        return self._windows[key]

    def close(self) -> None:
        for context in self._contexts:
            context.close()


def is_foreign(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("file", "data") and parts.hostname != "127.0.0.1"


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    browser_visitor = Visitor(chromium)
    yield browser_visitor
    browser_visitor.close()
    assert browser_visitor.errors == []
    assert [url for url in browser_visitor.requests if is_foreign(url)] == []
