"""What a browser gets: the reference pages of the specs, the live page, and nothing for other sites."""

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

Endpoint = Callable[[Request], Awaitable[Response]]


def local(endpoint: Endpoint) -> Endpoint:
    """Serve this machine's own pages and programs, and refuse what another web site makes a browser ask.

    A foreign name in `Host` means that a site lets its name lead here; a foreign `Origin`, that the page
    of a site sent the request.
    """

    @wraps(endpoint)
    async def guarded(request: Request) -> Response:
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if not LOOPBACK.fullmatch(host):
            return JSONResponse({"error": "call this as 127.0.0.1 or localhost, not by another name"}, 403)
        if origin not in (None, f"http://{host}"):
            return JSONResponse({"error": "another site may not call this"}, 403)
        return await endpoint(request)

    return guarded


class Pages:
    """The pages for these providers: those of the package `gatepass_pages`, if it is installed.

    `specs` is the folder that is served, None for the specs that the pages were made with.
    """

    def __init__(self, providers: Iterable[str], specs: Path | None) -> None:
        found = importlib.util.find_spec("gatepass_pages")
        folders = (found and found.submodule_search_locations) or ()
        self._files = {
            file.name: file for one in folders for file in Path(one).iterdir() if file.suffix in TYPES
        }
        self._providers = list(providers)
        self._specs = specs

    def routes(self) -> list[BaseRoute]:
        """All of one step, where no call of a provider is."""
        pages = {"/": self._index, "/index.html": self._index, "/live": self._live, "/{file}": self._file}
        return [Route(path, local(endpoint), methods=["GET"]) for path, endpoint in pages.items()]

    async def _index(self, _: Request) -> Response:
        if "index.html" in self._files and all(f"{one}.html" in self._files for one in self._providers):
            return self._page(self._files["index.html"].read_text(encoding="utf-8"))
        items = [
            f'<li><a href="{escape(one)}.html">{escape(one)}</a>'
            if f"{one}.html" in self._files
            else f"<li>{escape(one)}: no reference page; <code>make generate</code> makes it from its spec"
            for one in self._providers
        ]
        return self._page(NO_PAGE.format(items="\n".join(items)))

    async def _live(self, _: Request) -> Response:
        return self._page(LIVE.read_text(encoding="utf-8"))

    async def _file(self, request: Request) -> Response:
        file = self._files.get(request.path_params["file"])
        if file is None:
            return JSONResponse({"error": "no page like this; / lists them"}, 404)
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".html":
            return self._page(text, "" if self._is_of_its_spec(file.stem) else OTHER_SPEC)
        return Response(text, media_type=TYPES[file.suffix], headers={"x-content-type-options": "nosniff"})

    def _is_of_its_spec(self, name: str) -> bool:
        """Whether the spec that a page was made from is the one that is served, if there is one."""
        made_from, served = self._files.get(f"{name}.yaml"), self._specs and self._specs / f"{name}.yaml"
        if not (made_from and served and served.exists()):
            return True
        return made_from.read_bytes() == served.read_bytes()

    def _page(self, text: str, note: str = "") -> Response:
        """A page with a line that an emulator serves it, and no right to do more than it does."""
        names = escape(", ".join(self._providers))
        bar = (
            '<p class="running"><strong>This is a running emulator.</strong> It stands in for '
            f'{names}, with fake credentials. <a href="/live">Watch its calls live</a>{note}</p>'
        )
        may = {kind: " ".join(_hashes(kind, text)) or "'none'" for kind in ("style", "script")}
        policy = (
            f"default-src 'none'; style-src {may['style']}; script-src {may['script']}; connect-src 'self'; "
            "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        headers = {
            "content-security-policy": policy,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        return Response(text.replace(MARK, bar), media_type="text/html", headers=headers)


def _hashes(kind: str, text: str) -> list[str]:
    """The inline styles or scripts of a page, as a policy allows them."""
    blocks = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
    return [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in blocks]
