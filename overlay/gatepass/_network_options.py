"""How token requests reach the provider: trusted certificates, the client's certificate, the proxy."""

from __future__ import annotations

import contextlib
import functools
import os
import ssl
from importlib.util import find_spec
from urllib.request import getproxies, proxy_bypass

import httpx

from ._errors import ConfigError
from ._token import Secret

FilePath = str | os.PathLike[str]
Verify = FilePath | ssl.SSLContext
Certificate = FilePath | tuple[FilePath, FilePath] | tuple[FilePath, FilePath, str]


class NetworkOptions:
    """The options `verify=`, `cert=` and `proxy=`, checked: ConfigError if one of them cannot be used.

    Files are read again for each token request, so that a certificate may be renewed in its file.
    """

    def __init__(self, verify: Verify | None, cert: Certificate | None, proxy: str | None) -> None:
        self._verify = verify if verify is None or isinstance(verify, ssl.SSLContext) else _absolute(verify)
        self._paths: tuple[FilePath, FilePath] | None = None
        self._password: Secret | None = None
        if cert is not None:
            certificate, key, password = _parts(cert)
            self._paths, self._password = (_absolute(certificate), _absolute(key)), password
        self._proxy = Secret(proxy) if proxy is not None else None  # it may have a password in it
        if verify is not None or cert is not None:
            self.tls_context()
        if proxy is not None:
            parse_proxy(proxy, "proxy=")

    def tls_context(self, *, for_proxy: bool = False) -> ssl.SSLContext:
        """The TLS settings for the provider, or for a proxy, which is not shown the client's certificate."""
        if self._verify is None and (for_proxy or not self._paths):
            return tls_context()
        if isinstance(self._verify, ssl.SSLContext):
            context = self._verify
            if context.verify_mode == ssl.CERT_NONE:
                raise ConfigError(
                    "verify= is an SSLContext that accepts any certificate: use ssl.create_default_context()"
                )
            if self._paths:
                raise ConfigError("cert= has no effect on an SSLContext: call its load_cert_chain instead")
            return context
        context = _default_context() if self._verify is None else _trust_only(self._verify)
        if self._paths and not for_proxy:
            self._load_certificate(context, *self._paths)
        return context

    def _load_certificate(self, context: ssl.SSLContext, certificate: FilePath, key: FilePath) -> None:
        for path, part in zip((certificate, key), ("certificate", "key"), strict=True):
            _check_readable(path, f"cert=: the file of the {part}")
        needs_password = False

        def password() -> str:  # without it, OpenSSL would ask at the terminal
            nonlocal needs_password
            needs_password = True
            return self._password.value if self._password else ""

        try:
            context.load_cert_chain(certificate, key, password)
        except (ssl.SSLError, ValueError) as error:
            if needs_password:
                reason = "the key needs a password (or another one): cert=(CERTIFICATE, KEY, PASSWORD)"
            elif getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
                reason = "the key does not belong to the certificate"
            else:
                reason = "the file is not a certificate with its key, in PEM format: cert=(CERTIFICATE, KEY)"
            raise ConfigError(f"cert=: {reason}") from None

    def proxy_for(self, url: httpx.URL) -> httpx.Proxy | None:
        """The proxy for a URL: `proxy=`, else what the environment names; none for `http://`."""
        if self._proxy is None or url.scheme != "https":
            return environment_proxy(url)
        return parse_proxy(self._proxy.value, "proxy=")


def _parts(cert: Certificate) -> tuple[FilePath, FilePath, Secret | None]:
    """The paths of the certificate and of the key, and the password of the key."""
    parts = cert if isinstance(cert, tuple) else (cert, cert)
    paths, password = parts[:2], parts[2:]
    are_paths = len(paths) == 2 and all(isinstance(path, (str, os.PathLike)) for path in paths)
    if not are_paths or len(password) > 1 or not all(isinstance(part, str) for part in password):
        raise ConfigError("cert= must be a path, (CERTIFICATE, KEY) or (CERTIFICATE, KEY, PASSWORD)")
    return paths[0], paths[1], Secret(str(password[0])) if password else None


def _absolute(path: FilePath) -> FilePath:
    """The absolute path, because a daemon may change its directory."""
    return os.path.abspath(path) if path else path


def _trust_only(path: FilePath) -> ssl.SSLContext:
    """TLS settings that trust only the certificates in a file or a directory."""
    if os.path.isdir(path):
        return ssl.create_default_context(capath=path)
    _check_readable(path, "verify=: the file")
    try:
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        raise ConfigError("verify=: the file holds no certificate in PEM format") from None


def _check_readable(path: FilePath, name: str) -> None:
    """Raise ConfigError if the file cannot be read, without its path: that may be the key itself."""
    try:
        with open(path, "rb"):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this is not a path"
        raise ConfigError(f"{name} cannot be read: {reason}") from None


def _default_context() -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"SSL_CERT_FILE, or certifi without it, holds no certificates: {reason}") from None


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The TLS settings of the process, with SSL_CERT_FILE and SSL_CERT_DIR as httpx reads them."""
    return _default_context()


def environment_proxy(url: httpx.URL) -> httpx.Proxy | None:
    """The proxy that HTTPS_PROXY or ALL_PROXY names for an `https://` URL, unless NO_PROXY excludes it."""
    if url.scheme != "https":
        return None
    proxies = getproxies()
    name = next((name for name in ("https", "all") if proxies.get(name)), None)
    if name is None or any(proxy_bypass(host) for host in (url.host, f"{url.host}:{url.port or 443}")):
        return None
    return parse_proxy(proxies[name], f"{name.upper()}_PROXY")


def parse_proxy(address: str, source: str) -> httpx.Proxy:
    """The proxy with this URL, or ConfigError that names the source and shows nothing of the URL."""
    proxy = None
    with contextlib.suppress(ValueError, httpx.InvalidURL):
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    if proxy is None or not proxy.url.host:
        raise ConfigError(f"{source} is not the URL of a proxy: write http://HOST:PORT")
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigError(f"{source} names a SOCKS proxy, which needs: pip install 'httpx[socks]'")
    return proxy
