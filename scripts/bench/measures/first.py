"""CPU from the start of a process to its first API response.

Fresh interpreters import httpx, or httpx2, and a library that works with it, construct a client, and send a
request to an API on this machine. First without a token, so that one is requested; then with a valid token in
the library's file cache, if it has one. CPU time of the whole process, in turns; the bytecode is cached.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..child import variables
from ..peers import BEARER, FLOOR, OURS, SECRET
from ..row import Row
from ..run import Run

TURNS = 9
SCRIPT = """
import sys, time
sys.modules |= {{"trio": None, "rich": None}}  # httpx imports them if they are installed
{}
assert client.get("{}/api").status_code == 200
print(time.process_time())
"""
PROGRAMS = {
    OURS: """
import httpx
from gatepass import Setu
client = httpx.Client(auth=Setu("sandbox", client_id="{id}", secret="{secret}", base_url="{server}"))
""",
    FLOOR: 'import httpx; client = httpx.Client(headers={{"Authorization": "{bearer}"}})',
    "Authlib": """
from authlib.integrations.httpx_client import OAuth2Client
client = OAuth2Client("{id}", "{secret}", token_endpoint="{server}/token", grant_type="client_credentials")
client.fetch_token()
""",
    "httpx-auth": """
import httpx
from httpx_auth import OAuth2ClientCredentials
client = httpx.Client(auth=OAuth2ClientCredentials("{server}/token", "{id}", "{secret}"))
""",
}
WITH_FILES = {
    OURS: """
import httpx
from gatepass import Setu
auth = Setu("sandbox", client_id="{id}", secret="{secret}", base_url="{server}", store="file:{folder}")
client = httpx.Client(auth=auth)
""",
    FLOOR: PROGRAMS[FLOOR],
    "httpx-auth": """
import httpx
from httpx_auth import JsonTokenFileCache, OAuth2, OAuth2ClientCredentials
OAuth2.token_cache = JsonTokenFileCache("{folder}/httpx-auth.json")
client = httpx.Client(auth=OAuth2ClientCredentials("{server}/token", "{id}", "{secret}"))
""",
}


def measure(run: Run) -> Iterator[Row]:
    run.server.set(latency=0.0, lifetime=86_400)
    titles = {"until the first API response": PROGRAMS, "the same with a token in a file": WITH_FILES}
    for title in run.each(list(titles)):
        yield from compare(run, title, titles[title])


def compare(run: Run, title: str, programs: dict[str, str]) -> Iterator[Row]:
    """The CPU of each program, which run in turns so that a busy moment affects all."""
    figures: dict[str, list[float]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as cache, tempfile.TemporaryDirectory(dir=run.folder) as folder:
        for turn in range(1 + (2 if run.quick else TURNS)):
            for name, program in programs.items():
                milliseconds = cpu(run, name, program, Path(cache), Path(folder))
                if turn:  # the first turn compiles the bytecode and fills the file caches
                    figures[name].append(milliseconds)
    for name in programs:
        yield Row.of(title, name, figures[name], "ms")


def cpu(run: Run, name: str, program: str, cache: Path, folder: Path) -> float:
    """Milliseconds of CPU of a process from its start to the API response."""
    server = run.server.url
    source = program.format(id=f"{name}-first", secret=SECRET, bearer=BEARER, server=server, folder=folder)
    command = [sys.executable, "-c", SCRIPT.format(source, server)]
    env = variables() | {"PYTHONPYCACHEPREFIX": str(cache)}
    return 1000 * float(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)
