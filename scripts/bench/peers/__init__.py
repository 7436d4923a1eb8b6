"""The contenders: libraries that a user would choose, each used as its own documentation says.

Each file is a contender: a class `Contender` with one shared credential for a process, and `get()`, an API
request with its auth, from any thread; `plain()`, the same request with the same client and a constant
header; or `aget()` and `aplain()` for asyncio, if the library supports it. What can be constructed before the
first request is constructed with the object, so that its time does not count.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.server import CONSTANT

HOST = "api.example"
URL = f"https://{HOST}/payments/1"
"""An API that responds immediately from within the process, for the CPU measures."""
SECRET, BEARER = "fake-secret", "Bearer " + CONSTANT


@dataclass(frozen=True)
class Place:
    """The configuration of a contender."""

    server: str
    """URL of the token server."""
    client_id: str
    asyncio: bool = False
    """Whether `aget()` is used; otherwise `get()`."""
    canned: bool = False
    """Whether API responses come from within the process; token responses never do."""
    folder: Path | None = None
    """For the file cache, if the contender has one."""
    skew: float | None = None
    """Seconds before expiry at which a token is refreshed, if that can be set; None for the default."""

    @property
    def api(self) -> str:
        return URL if self.canned else self.server + "/api"


@dataclass(frozen=True)
class Program:
    """The source of a program that uses a library, or only the HTTP client of the library."""

    imports: str
    construct: str = ""
    """Code that constructs an HTTP client, with the credential if there is one."""


HTTPX = Program("import httpx", "httpx.Client()")
HTTPX2 = Program("import httpx2", "httpx2.Client()")
REQUESTS = Program("import requests", "requests.Session()")
PIPELINE = Program(
    "from azure.core.pipeline import Pipeline\nfrom azure.core.pipeline.transport import RequestsTransport",
    "Pipeline(RequestsTransport(), [])",
)


@dataclass(frozen=True)
class Entry:
    """The description of a contender, available without importing it."""

    module: str
    client: Program
    """The HTTP client that it uses."""
    program: Program
    packages: tuple[str, ...] = ()
    asyncio: bool = False
    files: bool = False
    """Whether processes can share a token in a file."""
    skew: bool = False
    """Whether the user can set how early a token is refreshed, so that short tokens make sense."""

    def load(self) -> Any:
        """Its `Contender`, imported now."""
        return importlib.import_module(f"bench.peers.{self.module}").Contender

    def make(self, place: Place) -> Any:
        return self.load()(place)


OURS, FLOOR = "gatepass", "constant header"
CONTENDERS = {
    OURS: Entry(
        "gatepass",
        HTTPX,
        Program(
            "from gatepass import Setu",
            "httpx.Client(auth=Setu('sandbox', client_id='a', secret='b'))",
        ),
        asyncio=True,
        files=True,
        skew=True,
    ),
    FLOOR: Entry("constant", HTTPX, HTTPX, asyncio=True),
    "Authlib": Entry(
        "authlib",
        HTTPX2,
        Program(
            "from authlib.integrations.httpx_client import OAuth2Client",
            "OAuth2Client('a', 'b', token_endpoint='https://a.example', grant_type='client_credentials')",
        ),
        ("Authlib", "httpx2"),
        asyncio=True,
        skew=True,
    ),
    "httpx-auth": Entry(
        "httpx_auth",
        HTTPX,
        Program(
            "from httpx_auth import OAuth2ClientCredentials",
            "httpx.Client(auth=OAuth2ClientCredentials('https://a.example', 'a', 'b'))",
        ),
        ("httpx-auth",),
        asyncio=True,
        files=True,
        skew=True,
    ),
    "requests_oauth2client": Entry(
        "requests_oauth2client",
        REQUESTS,
        Program(
            "from requests_oauth2client import OAuth2Client, OAuth2ClientCredentialsAuth",
            "requests.Session().auth = "
            "OAuth2ClientCredentialsAuth(OAuth2Client('https://a.example/token', auth=('a', 'b')))",
        ),
        ("requests_oauth2client",),
        skew=True,
    ),
    "google-auth": Entry(
        "google",
        REQUESTS,
        Program(
            "from google.auth.transport.requests import AuthorizedSession\n"
            "from google.oauth2.credentials import Credentials",
            "AuthorizedSession(Credentials(None, refresh_token='c', token_uri='https://a.example',"
            " client_id='a', client_secret='b'))",
        ),
        ("google-auth",),
    ),
    # Constructing an application of MSAL takes a request to its authority.
    "msal": Entry("msal", REQUESTS, Program("import msal"), ("msal", "msal-extensions"), files=True),
    "azure-identity": Entry(
        "azure",
        PIPELINE,
        Program(
            "from azure.core.pipeline.policies import BearerTokenCredentialPolicy\n"
            "from azure.identity import ClientSecretCredential",
            "Pipeline(RequestsTransport(),"
            " [BearerTokenCredentialPolicy(ClientSecretCredential('t', 'a', 'b'), 'https://a.example')])",
        ),
        ("azure-identity", "azure-core"),
        asyncio=True,
        files=True,
    ),
    "botocore": Entry(
        "botocore",
        HTTPX,
        Program(
            "from botocore.tokens import DeferredRefreshableToken",
            "httpx.Client(); DeferredRefreshableToken('a', print)",
        ),
        ("botocore",),
        skew=True,
    ),
    "databricks-sdk": Entry(
        "databricks",
        REQUESTS,
        Program(
            "from databricks.sdk.oauth import ClientCredentials",
            "requests.Session(); ClientCredentials('a', 'b', 'https://a.example')",
        ),
        ("databricks-sdk",),
    ),
    "singleflight-auth": Entry(
        "singleflight",
        HTTPX,
        Program(
            "from singleflight_auth import SingleFlightAuth",
            "httpx.Client(auth=SingleFlightAuth(get_token=lambda: 'a', refresh=lambda: 'b'))",
        ),
        ("singleflight-auth",),
        asyncio=True,
    ),
}
