"""What the clients of a generator cannot do, as the `limits` program in its folder shows."""

import base64
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from gatepass_emulator import Emulator
from gatepass_spec import Spec
from toolchains import Limits

from ..timeouts import HANG_TIMEOUT
from .scenarios import ENVIRONMENT, TOKEN

SOURCES = (".go", ".java", ".kt", ".rs", ".ts")


def measure(
    emulator: Emulator, command: str, folder: Path, variables: Mapping[str, str], spec: Spec
) -> Limits:
    """Run the shell command three times, and read the client of a spec with more than two servers."""
    emulator.clear()
    credentials = emulator.variables()
    domain = credentials["SU_SANDBOX_CLIENT_ID"]
    credentials["SU_SANDBOX_CLIENT_ID_BASE64"] = base64.b64encode(domain.encode()).decode()

    def run(argument: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", "-c", f"{command} {argument}"],
            cwd=folder,
            env={**variables, **credentials},
            capture_output=True,
            text=True,
            timeout=HANG_TIMEOUT,
        )

    printed = run("secret").stdout
    run("get")
    requests = [(call.method, call.status, bool(call.credentials)) for call in emulator.calls]
    token = "sandbox_" + TOKEN
    emulator.fault(
        "su", ENVIRONMENT, times=1, token=token, patch={"/data": "remove", "/Data": {"token": token}}
    )
    return Limits(
        get_body=_get_body(requests),
        secret=_secret(printed, credentials["SETU_SANDBOX_CLIENT_ID"], credentials["SETU_SANDBOX_SECRET"]),
        undeclared=_undeclared(run("undeclared"), token),
        environments=_environments(folder / spec.name, spec),
    )


def _get_body(requests: Sequence[tuple[str, int, bool]]) -> str:
    """What arrived: method, status of the response, and whether there were credentials."""
    outcomes = {
        (): "throws",
        (("GET", 200, True),): "sent",
        (("GET", 400, True),): "sent with nulls",
        (("GET", 400, False),): "dropped",
    }
    return outcomes.get(tuple(requests), f"requests: {requests}")


def _secret(printed: str, public: str, secret: str) -> str:
    if secret in printed:
        return "shown"
    return "masked" if public in printed else "nothing printed"


def _undeclared(done: subprocess.CompletedProcess[str], token: str) -> str:
    if done.returncode:
        return "throws"
    if not done.stdout.strip():
        return "nothing printed"
    return "kept" if token in done.stdout else "dropped"


def _environments(folder: Path, spec: Spec) -> str:
    files = [path for path in folder.rglob("*") if path.suffix in SOURCES]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    servers = spec.document["servers"]
    if any(re.search(rf"""["']{server["x-oai-name"]}["']""", code) for server in servers):
        return "with their names"
    present = [bool(re.search(rf"""["']{re.escape(server["url"])}["']""", code)) for server in servers]
    if not files or (any(present) and not present[0]):
        return f"servers: {present} in {len(files)} files"
    return "all" if all(present) else "the first" if any(present) else "none"
