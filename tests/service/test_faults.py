"""What happens when something fails: the provider, the store, the disk, the service itself."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from gatepass_emulator import Emulator

from ..helpers import TLS_CONTEXT
from ..timeouts import HANG_TIMEOUT, wait_for
from .conftest import Serve
from .process import GRANT, PROGRAM, Service, TestClock, service_environment

CLIENT = """
import sys, urllib.parse, urllib.request, base64
url, key = sys.stdin.readline().split()
request = urllib.request.Request(url, data=b"grant_type=client_credentials")
request.add_header("Authorization", "Basic " + base64.b64encode(f"gatepass:{key}".encode()).decode())
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.readline()
print(urllib.request.urlopen(request).read().decode())
"""


def test_8_processes_that_start_cold_cost_one_token_request(service: Service, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", latency=0.2, times=1)
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    for client in clients:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(f"{service.url}/setu/sandbox/token {service.key}\n")
        client.stdin.flush()
        assert client.stdout.readline() == "ready\n"
    responses = [client.communicate("go\n", timeout=HANG_TIMEOUT)[0] for client in clients]

    assert [client.returncode for client in clients] == [0] * 8
    assert len({httpx.Response(200, text=text).json()["access_token"] for text in responses}) == 1
    assert emulator.count("setu") == 1


def test_a_killed_service_finds_its_tokens_again(serve: Serve, emulator: Emulator) -> None:
    first = serve()
    tokens = {account: first.token(account) for account in ("setu/sandbox", "su/production")}
    first.kill()

    second = serve()

    with ThreadPoolExecutor(16) as pool:
        again = set(pool.map(lambda _: second.token("setu/sandbox"), range(32)))
    assert again == {tokens["setu/sandbox"]}
    assert second.token("su/production") == tokens["su/production"]
    assert (emulator.count("setu"), emulator.count("su")) == (1, 1)


def test_a_service_that_is_killed_during_a_request_leaves_no_stampede(
    serve: Serve, emulator: Emulator
) -> None:
    first = serve()
    emulator.fault("setu", "sandbox", latency=3600, times=1)
    thread = threading.Thread(target=lambda: _ignore_errors(first))
    thread.start()
    wait_for(lambda: emulator.count("setu") == 1)
    first.kill()
    thread.join(HANG_TIMEOUT)

    second = serve()
    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(lambda _: second.token(), range(32)))) == 1
    assert emulator.count("setu") == 2


def _ignore_errors(service: Service) -> None:
    with contextlib.suppress(httpx.HTTPError):
        service.post("/setu/sandbox/token")


def test_two_services_share_their_tokens(serve: Serve, emulator: Emulator) -> None:
    assert serve().token() == serve().token()
    assert emulator.count("setu") == 1


def test_a_provider_that_is_down_is_a_503_with_retry_after(
    service: Service, emulator: Emulator, test_clock: TestClock
) -> None:
    emulator.fault("setu", "sandbox", status=503)

    responses = [service.post("/setu/sandbox/token") for _ in range(20)]

    assert {response.status_code for response in responses} == {503}
    assert responses[0].json()["error"] == "temporarily_unavailable"
    assert int(responses[0].headers["retry-after"]) >= 1
    assert emulator.count("setu") < 20  # two in each back-off of 1 s, 2 s, …, however slow this test is
    emulator.clear_faults("setu", "sandbox")
    test_clock.advance(60)
    assert service.post("/setu/sandbox/token").status_code == 200


def test_a_token_is_served_while_the_provider_is_down(
    service: Service, emulator: Emulator, test_clock: TestClock
) -> None:
    token = service.token()
    emulator.fault("setu", "sandbox", status=503)
    test_clock.advance(1500)

    assert {service.token() for _ in range(10)} == {token}


def test_rejected_credentials_are_an_invalid_grant_with_code_and_trace(
    serve: Serve, emulator: Emulator
) -> None:
    service = serve(SETU_SANDBOX_SECRET="fake-wrong-hidden")

    response = service.post("/setu/sandbox/token")

    error = response.json()
    assert (response.status_code, error["error"]) == (400, "invalid_grant")
    assert (error["code"], bool(error["trace"])) == ("invalid-api-key", True)
    assert error["retry_at"] > 0
    assert "fake-wrong-hidden" not in response.text
    assert service.post("/setu/sandbox/token").status_code == 400
    assert emulator.count("setu") == 1


def test_a_rate_limit_is_a_429_with_retry_after(service: Service, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", status=429, headers={"Retry-After": "100"})

    response = service.post("/setu/sandbox/token")

    assert (response.status_code, response.json()["error"]) == (429, "temporarily_unavailable")
    assert 60 <= int(response.headers["retry-after"]) <= 101
    for path in ("headers", "auth"):
        other = service.get(f"/setu/sandbox/{path}", auth=service.auth)
        assert (other.status_code, "retry-after" in other.headers) == (429, True)


def test_su_gets_at_most_28_requests_in_any_hour(
    serve: Serve, emulator: Emulator, test_clock: TestClock
) -> None:
    """Two services with eight clients each, for three hours; each token is valid for a minute."""
    emulator.lifetime("su", "sandbox", 60)
    services = [serve(), serve()]
    statuses: set[int] = set()

    def ask(service: Service) -> None:
        with httpx.Client(verify=TLS_CONTEXT) as client:
            url = f"{service.url}/su/sandbox/token"
            statuses.add(client.post(url, data=GRANT, auth=service.auth).status_code)

    with ThreadPoolExecutor(16) as pool:
        for _ in range(3 * 60):
            list(pool.map(ask, services * 8))
            test_clock.advance(60)
    times = [call.at for call in emulator.calls if call.kind == "token"]
    most = max(sum(start <= at < start + 3600 for at in times) for start in times)

    assert statuses == {200, 429}
    assert 20 <= most <= 28
    assert emulator.count("su", status=429) == 0


def test_without_its_store_the_service_works(serve: Serve, emulator: Emulator, tmp_path: Path) -> None:
    for store in ("redis://127.0.0.1:1/0", "file:/dev/null/store"):
        service = serve(GATEPASS_STORE=store, GATEPASS_KEY=base64.b64encode(b"fake-key" * 4).decode())
        token = service.token()
        assert service.token() == token
        service.stop()
        assert any(entry["level"] == "warning" for entry in service.log())
    assert emulator.count("setu") == 2


def test_a_full_disk_stops_no_token(emulator: Emulator, test_clock: TestClock, tmp_path: Path) -> None:
    """No file can grow, as on a full disk, and stderr leads to one that is full."""
    service = Service(tmp_path, test_clock.path)
    key_file = service.key_file
    service.stop()
    limited = (
        "import resource, runpy, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    socket = tmp_path / "s"
    with Path("/dev/full").open("w") as full:
        process = subprocess.Popen(
            [sys.executable, "-c", limited, str(PROGRAM), "serve", "--no-tcp", "--socket", str(socket)],
            env=service_environment(tmp_path, test_clock.path),
            stderr=full,
        )
    try:
        wait_for(socket.exists)
        transport = httpx.HTTPTransport(uds=str(socket), retries=0)
        with httpx.Client(transport=transport, base_url="http://localhost", timeout=HANG_TIMEOUT) as client:
            auth = ("gatepass", key_file.read_text().strip())
            responses = [client.post("/setu/sandbox/token", data=GRANT, auth=auth) for _ in range(3)]
        assert {response.status_code for response in responses} == {200}
        assert len({response.json()["access_token"] for response in responses}) == 1
    finally:
        process.terminate()
        assert process.wait(HANG_TIMEOUT) == 0


def test_a_secret_that_is_gone_is_a_503_that_names_it(
    serve: Serve, emulator: Emulator, test_clock: TestClock, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(emulator.credentials("setu", "sandbox")["secret"])
    service = serve(SETU_SANDBOX_SECRET="", SETU_SANDBOX_SECRET_FILE=str(secret))
    secret.unlink()

    response = service.post("/setu/sandbox/token")

    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    assert "SETU_SANDBOX_SECRET_FILE" in response.json()["error_description"]
    secret.write_text(emulator.credentials("setu", "sandbox")["secret"])
    assert service.post("/setu/sandbox/token").status_code == 200


def test_a_slow_provider_delays_no_other(service: Service, emulator: Emulator) -> None:
    """Its requests are under way until the end of the test."""
    emulator.fault("su", "sandbox", latency=3600)
    emulator.fault("decentro", "sandbox", latency=3600)
    pool = ThreadPoolExecutor(80)
    slow = [
        pool.submit(service.client.post, f"{service.url}/{account}/token", data=GRANT, auth=service.auth)
        for account in ["su/sandbox", "decentro/sandbox"] * 40
    ]
    wait_for(lambda: emulator.count("su") == emulator.count("decentro") == 1)

    tokens = {service.token(), service.token("sahamati/uat"), service.token("singleview/sandbox")}

    assert len(tokens) == 3
    assert not any(future.done() for future in slow)
    service.kill()
    pool.shutdown()


def test_no_request_waits_for_a_reader_of_its_log(
    emulator: Emulator, test_clock: TestClock, tmp_path: Path
) -> None:
    """The pipe is not read, and holds 64 KB; the service can be stopped all the same."""
    path = tmp_path / "s"
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), "serve", "--no-tcp", "--socket", str(path)],
        env=service_environment(tmp_path, test_clock.path),
        stderr=subprocess.PIPE,
    )
    try:
        wait_for(path.exists)
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost"
        ) as client:
            for _ in range(1000):
                assert client.get("/livez").status_code == 200
    finally:
        process.terminate()
        assert process.wait(HANG_TIMEOUT) == 0
        assert process.stderr is not None
        process.stderr.close()
