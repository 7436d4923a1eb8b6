"""Gets a token from every provider in every environment, through the real clients, from the emulator."""

import os
import time

import httpx

import gatepass
from gatepass_emulator import Emulator
from gatepass_providers import COMMANDS

HEAD = ("credential", "environment", "host", "stands for", "token", "expires", "calls", "echo API")


def main() -> int:
    rows: list[tuple[str, ...]] = [HEAD]
    with Emulator() as emulator:
        os.environ.update(emulator.variables())
        for command, name in COMMANDS.items():
            credential_class = getattr(gatepass, name)
            for environment in credential_class.spec.servers:
                rows.append(row(emulator, command, credential_class(environment)))
    widths = [max(len(cells[column]) for cells in rows) for column in range(len(HEAD))]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    accepted = sum(cells[-1] == "accepted" for cells in rows)
    print(f"\n{accepted} of {len(rows) - 1} tokens accepted; each was requested once and used three times.")
    print("With real credentials in the variables, the same program talks to the real hosts.")
    return 0 if accepted == len(rows) - 1 else 1


def row(emulator: Emulator, command: str, credential: gatepass.Credential) -> tuple[str, ...]:
    provider, environment = credential.spec.provider, credential.environment
    before = emulator.count(provider, environment)
    # trust_env=False: the emulator is on this machine, which a proxy of the variables cannot reach.
    with httpx.Client(auth=credential, base_url=credential.base_url, trust_env=False) as client:
        responses = [client.get("/echo") for _ in range(3)]
    token = credential.token()
    real = credential.spec.servers[environment]
    return (
        command,
        environment,
        httpx.URL(credential.base_url).netloc.decode(),
        httpx.URL(real).host if real else "a host given at onboarding",
        f"*** ({len(token.value)} characters)",
        time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(token.expires_at)),
        str(emulator.count(provider, environment) - before),
        "accepted"
        if all(response.status_code == 200 for response in responses)
        else f"HTTP {responses[-1].status_code}",
    )


if __name__ == "__main__":
    raise SystemExit(main())
