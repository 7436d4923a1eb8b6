"""Pages for a browser: the reference pages of the specs, and the live page; nothing for other sites."""

import base64
import hashlib
import importlib.util
import re
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

LIVE = Path(__file__).with_name("live.html")
MARK = "<!-- running emulator -->"
TYPES = {".html": "text/html", ".json": "application/json", ".yaml": "text/plain"}
LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
NO_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>gatepass emulator</title>
<h1>gatepass emulator</h1>
<!-- running emulator -->
<ul>{items}</ul>
</html>
"""
OTHER_SPEC = " <strong>This page shows another version of its spec:</strong> <code>make generate</code>."

Handler = Callable[[Request], Awaitable[Response]]


def local(handler: Handler) -> Handler:
    """Serve pages and programs of this machine only, not requests that another web site makes a browser send.

    A foreign name in `Host` means that a site resolves its name to this address (DNS rebinding); a foreign
    `Origin`, that a page of a site sent the request.
    """

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if not LOOPBACK.fullmatch(host):
            return JSONResponse({"error": "use 127.0.0.1 or localhost, not another name"}, 403)
        if origin not in (None, f"http://{host}"):
            return JSONResponse({"error": "another site may not use this"}, 403)
        return await handler(request)

    return guarded


class Pages:
    """The pages for these providers: those of the package `gatepass_pages`, if it is installed.

    `specs` is the folder that is served; None stands for the specs that the pages were made from.
    """

    def __init__(self, providers: Iterable[str], specs: Path | None) -> None:
        package = importlib.util.find_spec("gatepass_pages")
        folders = (package and package.submodule_search_locations) or ()
        self._files = {
            file.name: file for folder in folders for file in Path(folder).iterdir() if file.suffix in TYPES
        }
        self._providers = list(providers)
        self._specs = specs

    def routes(self) -> list[BaseRoute]:
        """Their paths have one segment, and those of the providers have more."""
        pages = {"/": self._index, "/index.html": self._index, "/live": self._live, "/{file}": self._file}
        return [Route(path, local(handler), methods=["GET"]) for path, handler in pages.items()]

    async def _index(self, _: Request) -> Response:
        if "index.html" in self._files and all(f"{name}.html" in self._files for name in self._providers):
            return self._page(self._files["index.html"].read_text(encoding="utf-8"))
        items = [
            f'<li><a href="{escape(name)}.html">{escape(name)}</a>'
            if f"{name}.html" in self._files
            else f"<li>{escape(name)}: no reference page; <code>make generate</code> makes it from its spec"
            for name in self._providers
        ]
        return self._page(NO_PAGE.format(items="\n".join(items)))

    async def _live(self, _: Request) -> Response:
        return self._page(LIVE.read_text(encoding="utf-8"))

    async def _file(self, request: Request) -> Response:
        file = self._files.get(request.path_params["file"])
        if file is None:
            return JSONResponse({"error": "no such page; / lists them"}, 404)
        content = file.read_text(encoding="utf-8")
        if file.suffix == ".html":
            return self._page(content, "" if self._is_current(file.stem) else OTHER_SPEC)
        return Response(content, media_type=TYPES[file.suffix], headers={"x-content-type-options": "nosniff"})

    def _is_current(self, name: str) -> bool:
        """Whether a page was made from the spec that is served, if there is such a spec."""
        made_from, served = self._files.get(f"{name}.yaml"), self._specs and self._specs / f"{name}.yaml"
        if not (made_from and served and served.exists()):
            return True
        return made_from.read_bytes() == served.read_bytes()

    def _page(self, html: str, note: str = "") -> Response:
        """A page that states that an emulator serves it, and may run only its own scripts and styles."""
        names = escape(", ".join(self._providers))
        bar = (
            '<p class="running"><strong>This is a running emulator.</strong> It stands in for '
            f'{names}, with fake credentials. <a href="/live">Watch its requests live</a>{note}</p>'
        )
        allowed = {kind: " ".join(_hashes(kind, html)) or "'none'" for kind in ("style", "script")}
        policy = (
            f"default-src 'none'; style-src {allowed['style']}; script-src {allowed['script']}; "
            "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        headers = {
            "content-security-policy": policy,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        return Response(html.replace(MARK, bar), media_type="text/html", headers=headers)


def _hashes(kind: str, html: str) -> list[str]:
    """The hashes of the inline styles or scripts of a page, for its content security policy."""
    blocks = re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
    digests = [hashlib.sha256(block.encode()).digest() for block in blocks]
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
