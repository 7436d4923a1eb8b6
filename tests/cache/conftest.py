"""Fixtures for the tests of connections: a certificate and proxies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepass._network_options import tls_context

from .servers import CERTIFICATE, Proxy


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    (tmp_path / "certificate.pem").write_text(CERTIFICATE)
    return tmp_path / "certificate.pem"


@pytest.fixture
def trusted_certificate(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes this machine trust the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


@pytest.fixture
def proxy(clean_environment: None) -> Iterator[Proxy]:
    tunnel = Proxy()
    yield tunnel
    tunnel.close()


@pytest.fixture
def refusing_proxy(clean_environment: None) -> Iterator[Proxy]:
    proxy = Proxy("407 Proxy Authentication Required")
    yield proxy
    proxy.close()
