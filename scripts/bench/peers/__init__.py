"""Who is measured: what a user would pick, each in the idiom of its own documentation.

One file is one contender: a class `Contender` with one shared credential for a process, and `get()`, one API
request with its auth, from any thread; `plain()`, the same request with the same client and a constant
header; or `aget()` and `aplain()`, both for asyncio, where the library has a way. What can be made before the
first request is made with the object, so that no time of it counts.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.server import CONSTANT

HOST = "api.example"
URL = f"https://{HOST}/payments/1"
"""An API that answers at once and on the spot, for what measures CPU."""
SECRET, BEARER = "fake-secret", "Bearer " + CONSTANT


@dataclass(frozen=True)
class Place:
    """Where a contender is put."""

    server: str
    """URL of the token server."""
    client_id: str
    asyncio: bool = False
    """Whether it is asked by `aget()`; else by `get()`."""
    canned: bool = False
    """Whether API requests are answered within the process; token calls never are."""
    folder: Path | None = None
    """For the file cache, where it has one."""
    skew: float | None = None
    """Seconds before the end of a token at which it is renewed, where that can be set; else its own."""

    @property
    def api(self) -> str:
        return URL if self.canned else self.server + "/api"


@dataclass(frozen=True)
class Program:
    """What a program says that uses a library, or only the HTTP client that the library lives on."""

    imports: str
    made: str = ""
    """An HTTP client, with the credential if there is one."""


HTTPX = Program("import httpx", "httpx.Client()")
REQUESTS = Program("import requests", "requests.Session()")
PIPELINE = Program(
    "from azure.core.pipeline import Pipeline\nfrom azure.core.pipeline.transport import RequestsTransport",
    "Pipeline(RequestsTransport(), [])",
)


@dataclass(frozen=True)
class Entry:
    """What is known of a contender without importing it."""

    module: str
    client: Program
    """What it lives on."""
    program: Program
    packages: tuple[str, ...] = ()
    asyncio: bool = False
    files: bool = False
    """Whether processes can share a token in a file."""
    skew: bool = False
    """Whether the user can say how early a token is renewed, so that short ones make sense."""

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
        HTTPX,
        Program(
            "from authlib.integrations.httpx_client import OAuth2Client",
            "OAuth2Client('a', 'b', token_endpoint='https://a.example', grant_type='client_credentials')",
        ),
        ("Authlib",),
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
    # To make an application of MSAL takes a request to its authority.
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
}
