"""A server that requires TLS and client certificates."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from gatepass import ConfigError, Su
from gatepass.stores import RedisStore, open_store
from gatepass_emulator import Emulator

from ...authority import Authority
from ...snippets import blocks
from ...timeouts import HANG_TIMEOUT, wait_for
from ..helpers import all_at_once
from .conftest import NewHost
from .server import SYSTEM, Server, needs_system_redis
from .test_least_privilege import documented

pytestmark = needs_system_redis


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls_server(authority: Authority) -> Iterator[Server]:
    with contextlib.closing(Server(SYSTEM, tls=(authority.path, *authority.issue("server")))) as server:
        yield server


@pytest.fixture
def url(authority: Authority, tls_server: Server) -> str:
    """The URL with a client certificate, as the documentation shows it."""
    [session] = [block.text for block in blocks("docs/fleets.md", "console") if "rediss://" in block.text]
    match = re.search("'(rediss:.*)'", session)
    assert match is not None
    url = match[1]
    certificate, key = authority.issue("client")
    paths = {"ca": authority.path, "client": certificate, "client-key": key}
    for name, path in paths.items():
        url = url.replace(f"/etc/redis/{name}.pem", path)
    with tls_server.admin as admin:
        admin.execute_command("ACL", "SETUSER", *documented())
    return url.replace("redis.internal:6379", f"127.0.0.1:{tls_server.port}")


CLIENTS: dict[str, Callable[[str], Any]] = {
    "url": lambda url: url,
    "valkeys": lambda url: url.replace("rediss://", "valkeys://"),
    "client": lambda url: redis.Redis.from_url(url, socket_timeout=HANG_TIMEOUT),
}


@pytest.mark.parametrize("kind", CLIENTS)
def test_hosts_with_client_certificates_share_one_token(
    emulator: Emulator, new_host: NewHost, url: str, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level("WARNING")
    hosts = [new_host(CLIENTS[kind](url)) for _ in range(4)]

    tokens = all_at_once(Su("sandbox", store=host).token for host in hosts)

    assert len({token.value for token in tokens}) == emulator.count("su") == 1
    assert caplog.messages == []
    for host in hosts:
        host._client._client.close()


def test_the_variable_names_a_server_with_its_certificates(
    new_host: NewHost, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("GATEPASS_STORE", url)

    store = open_store(None)

    assert isinstance(store, RedisStore)
    assert "client.pem" not in repr(store)


@pytest.fixture
def files(authority: Authority) -> tuple[str, str, str]:
    """Of a server, as `Server` takes them."""
    return authority.path, *authority.issue("server")


@pytest.fixture
def tls_options(authority: Authority) -> str:
    certificate, key = authority.issue("client")
    return f"?ssl_ca_certs={authority.path}&ssl_certfile={certificate}&ssl_keyfile={key}"


# redis-py leaves the connection by which it found the nodes to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_hosts_share_one_token_in_a_cluster_with_tls(
    emulator: Emulator,
    new_host: NewHost,
    files: tuple[str, str, str],
    tls_options: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING")
    server = Server(SYSTEM, "--cluster-enabled", "yes", "--tls-cluster", "yes", tls=files)
    with contextlib.closing(server), server.admin as admin:
        admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_for(lambda: "cluster_state:ok" in str(admin.execute_command("CLUSTER", "INFO")))
        url = f"rediss+cluster://127.0.0.1:{server.port}{tls_options}"
        if redis.VERSION < (6, 1):
            with pytest.raises(ConfigError, match=r"a cluster with TLS needs redis-py 6\.1"):
                new_host(url)
            return
        hosts = [new_host(url) for _ in range(4)]

        tokens = all_at_once(Su("sandbox", store=host).token for host in hosts)

    assert len({token.value for token in tokens}) == emulator.count("su") == 1
    assert caplog.messages == []


def test_hosts_share_one_token_by_sentinel_with_tls(
    emulator: Emulator,
    new_host: NewHost,
    files: tuple[str, str, str],
    tls_options: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("WARNING")
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(
            contextlib.closing(Server(SYSTEM, "--tls-replication", "yes", tls=files))
        )
        sentinel = stack.enter_context(contextlib.closing(TlsSentinel(primary, files)))
        url = f"rediss+sentinel://127.0.0.1:{sentinel.port}/fake-primary{tls_options}"
        hosts = [new_host(url) for _ in range(4)]

        tokens = all_at_once(Su("sandbox", store=host).token for host in hosts)

    assert len({token.value for token in tokens}) == emulator.count("su") == 1
    assert caplog.messages == []


class TlsSentinel(Server):
    """A Sentinel that watches one server, and takes only connections with TLS."""

    ready = "Sentinel ID is"

    def __init__(self, primary: Server, tls: tuple[str, str, str]) -> None:
        self._primary = primary
        super().__init__(SYSTEM, "--sentinel", "--tls-replication", "yes", tls=tls)

    def start(self) -> None:
        config = Path(self._folder) / "sentinel.conf"
        if not config.exists():
            self._command.insert(1, str(config))
        config.write_text(f"sentinel monitor fake-primary 127.0.0.1 {self._primary.port} 1\n")
        super().start()


def without_certificate(url: str, authority: Authority) -> str:
    return url.partition("?")[0] + f"?ssl_ca_certs={authority.path}"


def of_an_unknown_authority(url: str, authority: Authority) -> str:
    return url.replace(authority.path, authority.issue("other")[0])


def without_tls(url: str, _authority: Authority) -> str:
    return url.partition("?")[0].replace("rediss", "redis")


@pytest.mark.parametrize("change", [without_certificate, of_an_unknown_authority, without_tls])
def test_a_connection_that_is_refused_is_one_warning_and_no_failed_request(
    emulator: Emulator,
    new_host: NewHost,
    authority: Authority,
    url: str,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[str, Authority], str],
) -> None:
    caplog.set_level("WARNING")
    store = new_host(change(url, authority))

    assert len({Su("sandbox", store=store).token().value for _ in range(3)}) == 1

    assert emulator.count("su") == 1
    assert len(caplog.messages) == 1
    assert "going on without the fleet: ConnectionError" in caplog.messages[0]


def test_a_certificate_for_another_host_is_refused(
    emulator: Emulator, new_host: NewHost, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Although redis-py 5 itself does not check the host."""
    caplog.set_level("WARNING")
    files = (authority.path, *authority.issue("server", address="192.0.2.1"))
    with contextlib.closing(ServerOfAnotherHost(SYSTEM, tls=files)) as server:
        assert Su("sandbox", store=new_host(server.url)).token().value
        assert len(caplog.messages) == 1
        assert "going on without the fleet: ConnectionError" in caplog.messages[0]

        unchecked = new_host(f"{server.url}&ssl_check_hostname=false")
        assert Su("sandbox", store=unchecked).token().value
        assert len(caplog.messages) == 1
        unchecked = new_host(f"{server.url}&ssl_cert_reqs=none")
        assert Su("sandbox", store=unchecked).token().value
        assert len(caplog.messages) == 1
        assert emulator.count("su") == 2


class ServerOfAnotherHost(Server):
    @property
    def admin(self) -> Any:
        return redis.Redis.from_url(
            self.url, socket_timeout=HANG_TIMEOUT, single_connection_client=False, ssl_check_hostname=False
        )
