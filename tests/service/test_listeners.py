"""The service listens on loopback and Unix sockets of its own user, and nowhere else."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gatepass_emulator import Emulator

from ..cli.shell import run
from ..timeouts import HANG_TIMEOUT, wait_for
from .conftest import Serve
from .process import GRANT, PROGRAM, Service, TestClock, service_environment

ACTIVATE = """
import os, sys
for number, inherited in enumerate(map(int, sys.argv[1].split(",")), start=3):
    os.dup2(inherited, number)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sys.argv[1].split(",")))}
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def over(path: Path) -> httpx.Client:
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost")


def refused(folder: Path, clock: TestClock, *arguments: str) -> str:
    """What a service prints that does not start."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "serve", *arguments],
        env=service_environment(folder, clock.path),
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_a_unix_socket_serves_the_same(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "gatepass.sock"
    service = serve("--socket", str(path))

    with over(path) as client:
        response = client.post("/setu/sandbox/token", data=GRANT, auth=service.auth)
        metadata = client.get("/.well-known/oauth-authorization-server/setu/sandbox").json()
    assert response.json()["access_token"] == service.token()
    assert metadata["issuer"] == "http://localhost/setu/sandbox"
    assert path.stat().st_mode & 0o777 == 0o600
    assert service.stop() == 0
    assert not path.exists()


def test_without_tcp_there_is_the_socket_alone(serve: Serve, tmp_path: Path) -> None:
    service = serve("--no-tcp", "--socket", str(tmp_path / "s"))

    assert service.urls == []
    with over(tmp_path / "s") as client:
        assert client.get("/livez").status_code == 200


def test_a_socket_that_a_killed_service_left_is_replaced(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "s"
    serve("--socket", str(path)).kill()
    assert path.exists()

    serve("--socket", str(path))

    with over(path) as client:
        assert client.get("/livez").status_code == 200


def test_a_socket_in_use_and_other_files_are_not_replaced(
    serve: Serve, test_clock: TestClock, tmp_path: Path
) -> None:
    serve("--socket", str(tmp_path / "used"))
    (tmp_path / "file").write_text("content")

    in_use = refused(tmp_path, test_clock, "--port", "0", "--socket", str(tmp_path / "used"))
    other = refused(tmp_path, test_clock, "--port", "0", "--socket", str(tmp_path / "file"))

    assert "another service listens there" in in_use
    assert "there is a file that is not a socket" in other
    assert (tmp_path / "file").read_text() == "content"
    with over(tmp_path / "used") as client:
        assert client.get("/livez").status_code == 200


def test_another_user_gets_nothing_from_the_socket(
    emulator: Emulator, test_clock: TestClock, tmp_path: Path
) -> None:
    """To the service, which believes to be another user, this test is a stranger."""
    path = tmp_path / "s"
    key = tmp_path / "key"
    key.write_text("fake-key-0123456789-0123456789-0123456789")
    key.chmod(0o600)
    patched = "import gatepass_service._listeners as it; it.os = type('os', (), {**vars(it.os)})\n"
    patched += "it.os.geteuid = lambda: 12345\nimport sys; from gatepass_cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", patched, "serve", "--no-tcp", "--socket", str(path), "--key-file", str(key)],
        env=service_environment(tmp_path, test_clock.path),
        stderr=subprocess.DEVNULL,
    )
    wait_for(path.exists)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            wait_for(lambda: connection.connect_ex(str(path)) == 0)
            with contextlib.suppress(ConnectionError):
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(100) == b""
    finally:
        process.terminate()
        process.wait(HANG_TIMEOUT)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", "", "127.0.0.1.example"])
def test_other_addresses_than_loopback_are_refused(
    host: str, emulator: Emulator, test_clock: TestClock, tmp_path: Path
) -> None:
    printed = refused(tmp_path, test_clock, "--host", host, "--port", "0")

    assert "listens on loopback only: use 127.0.0.1, ::1 or a Unix socket" in printed


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1"])
def test_any_loopback_address_is_allowed(host: str, serve: Serve) -> None:
    service = serve("--host", host)

    assert service.get("/livez").status_code == 200


def test_a_port_in_use_is_an_error(serve: Serve, test_clock: TestClock, tmp_path: Path) -> None:
    port = serve().url.rpartition(":")[2]

    assert f"port {port}: Address already in use" in refused(tmp_path, test_clock, "--port", port)


def test_nothing_to_listen_on_is_an_error(emulator: Emulator, test_clock: TestClock, tmp_path: Path) -> None:
    assert "name a --socket" in refused(tmp_path, test_clock, "--no-tcp")


def test_a_system_without_users_is_named_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")  # as on Windows

    done = run("serve")

    assert (done.returncode, done.stdout) == (2, "")
    assert "the token service needs Linux or macOS" in done.stderr


def activated(folder: Path, clock: TestClock, listener: socket.socket) -> subprocess.Popen[str]:
    """Start a service as systemd does, with a socket in place of its own."""
    number = listener.fileno() + 100
    os.dup2(listener.fileno(), number, inheritable=True)
    process = subprocess.Popen(
        [sys.executable, "-c", ACTIVATE, str(number), str(PROGRAM), "serve"],
        env=service_environment(folder, clock.path),
        pass_fds=[number],
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(number)
    return process


@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_it_serves_on_a_socket_of_systemd(
    kind: str, emulator: Emulator, test_clock: TestClock, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    listener = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
    with listener:
        listener.bind(str(path) if kind == "unix" else ("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}" if kind == "tcp" else None
        process = activated(tmp_path, test_clock, listener)
    try:
        with over(path) if address is None else httpx.Client(base_url=address) as client:
            client.timeout = httpx.Timeout(HANG_TIMEOUT)
            assert client.get("/readyz").json() == {"status": "ready"}  # it waits until the service is up
    finally:
        process.terminate()
        stderr = process.communicate(timeout=HANG_TIMEOUT)[1]
    assert f"listening on {address or f'unix:{path}'}, Ctrl-C stops" in stderr
    assert process.returncode == 0
    assert kind == "tcp" or path.exists()  # systemd has made it


def test_a_socket_of_systemd_that_others_reach_is_refused(
    emulator: Emulator, test_clock: TestClock, tmp_path: Path
) -> None:
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        process = activated(tmp_path, test_clock, listener)
    stderr = process.communicate(timeout=HANG_TIMEOUT)[1]

    assert process.returncode == 2
    assert "ListenStream= must be a path, or a loopback address with a port" in stderr


def test_operations_are_served_on_a_port_of_their_own(service: Service, serve: Serve) -> None:
    apart = serve("--operations-port", "0")
    tokens, operations = apart.urls

    for path in ("/livez", "/readyz", "/status", "/metrics"):
        assert httpx.get(operations + path).status_code == 200
        assert httpx.get(tokens + path).status_code == 404
        assert httpx.get(service.url + path).status_code == 200
    assert httpx.post(f"{operations}/setu/sandbox/token", data=GRANT, auth=apart.auth).status_code == 404
    assert apart.post("/setu/sandbox/token").status_code == 200
