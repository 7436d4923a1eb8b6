"""No secret and no token appears where it does not belong: responses, logs, metrics, errors, processes."""

from __future__ import annotations

from pathlib import Path

import httpx

from gatepass_emulator import Emulator

from .conftest import Serve
from .process import GRANT, Service

ACCOUNTS = ["setu/sandbox", "sahamati/uat", "sahamati-user/uat", "decentro/sandbox", "su/sandbox"]
ACCOUNTS += ["singleview/sandbox"]


def planted(service: Service) -> list[tuple[str, str, httpx.Response]]:
    """Requests with a secret in every place, each with what was planted and where."""
    results = []

    def plant(place: str, path: str, method: str = "POST", **request: object) -> None:
        response = service.client.request(method, f"{service.url}{path}", **request)  # type: ignore[arg-type]
        results.append((place, f"fake-planted-{place}", response))

    token = "/setu/sandbox/token"
    plant("path", "/setu/fake-planted-path/token", auth=service.auth, data=GRANT)
    plant("provider", "/fake-planted-provider/sandbox/token", auth=service.auth, data=GRANT)
    plant("segment", f"{token}/fake-planted-segment")
    plant("query", f"{token}?client_secret=fake-planted-query", auth=service.auth, data=GRANT)
    plant("key", token, auth=("gatepass", "fake-planted-key"), data=GRANT)
    plant("client", token, auth=("fake-planted-client", "x"), data=GRANT)
    plant("form", token, data={**GRANT, "client_id": "gatepass", "client_secret": "fake-planted-form"})
    plant("grant", token, auth=service.auth, data={"grant_type": "fake-planted-grant"})
    plant("scope", token, auth=service.auth, data={**GRANT, "scope": "fake-planted-scope"})
    plant("name", token, auth=service.auth, data={**GRANT, "fake-planted-name": "x"})
    plant("json", token, auth=service.auth, json={"client_secret": "fake-planted-json"})
    plant("body", token, auth=service.auth, content=b"fake-planted-body")
    plant("bearer", token, headers={"Authorization": "Bearer fake-planted-bearer"}, data=GRANT)
    plant("host", token, headers={"Host": "fake-planted-host"}, data=GRANT)
    plant("origin", token, headers={"Origin": "http://fake-planted-origin"}, data=GRANT)
    plant("cookie", token, headers={"Cookie": "x=fake-planted-cookie"}, data=GRANT)
    plant("agent", token, headers={"User-Agent": "fake-planted-agent"}, auth=service.auth, data=GRANT)
    plant("method", token, method="fake-planted-method")
    plant("revoked", "/setu/sandbox/revoke", auth=service.auth, data={"token": "fake-planted-revoked"})
    plant("metadata", "/.well-known/oauth-authorization-server/setu/fake-planted-metadata", method="GET")
    return results


def test_what_is_planted_in_a_request_appears_nowhere(service: Service) -> None:
    results = planted(service)
    operations = [service.get(path).text for path in ("/metrics", "/status", "/readyz", "/livez")]
    service.stop()

    assert len(results) == 20
    shown = "\n".join([*operations, *service.lines, *(str(response.headers) for *_, response in results)])
    for place, value, response in results:
        assert value not in shown, place
        assert value not in response.text, place
    assert "fake-planted" not in shown


def test_secrets_keys_and_tokens_are_only_where_they_are_asked_for(
    serve: Serve, emulator: Emulator, tmp_path: Path
) -> None:
    service = serve()
    tokens = [service.token(account) for account in ACCOUNTS]
    emulator.fault("setu", "production", status=401)
    errors = [service.post("/setu/production/token").text]
    emulator.fault("su", "production", status=500)
    errors.append(service.post("/su/production/token").text)
    for account, token in zip(ACCOUNTS, tokens, strict=True):
        service.revoke(token, account)
    tokens += [service.token(account) for account in ACCOUNTS]
    operations = [service.get(path).text for path in ("/metrics", "/status", "/readyz")]
    command_line = Path(f"/proc/{service.process.pid}/cmdline").read_text()
    names = [str(path) for path in tmp_path.rglob("*")]
    key = service.key
    service.stop()

    shown = "\n".join([*errors, *operations, *service.lines, command_line, *names])
    secrets = {
        value
        for name, value in emulator.variables().items()
        if name.endswith(("SECRET", "PASSWORD", "CLIENT_CODE"))
    }
    assert len(secrets) > 5
    assert {secret for secret in {*secrets, *tokens, key} if secret in shown} == set()


def test_no_response_has_a_secret_of_a_provider(service: Service, emulator: Emulator) -> None:
    """Decentro's and SingleView's credentials could be sent in place of a token."""
    secrets = {value for name, value in emulator.variables().items() if name.endswith(("SECRET", "CODE"))}
    for account in ACCOUNTS:
        responses = [
            service.post(f"/{account}/token"),
            service.get(f"/{account}/headers", auth=service.auth),
            service.get(f"/{account}/auth", auth=service.auth),
        ]
        for response in responses:
            assert response.is_success
            content = response.text + str(response.headers)
            assert {secret for secret in secrets if secret in content} == set()
