"""URLs that name several servers: those of a cluster, or the Sentinels that know the primary."""

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

DEFAULT_PORTS = {"cluster": 6379, "sentinel": 26379}
_URL = re.compile(
    r"(?P<scheme>rediss?)\+(?P<kind>cluster|sentinel)://(?P<user>[^/?#]*@)?(?P<servers>[^/?#@]+)"
    r"(?:/(?P<name>[^/?#]*)(?:/(?P<database>\d+))?)?(?P<options>\?[^#]*)?"
)


class ServersUrl(NamedTuple):
    """The parts of `redis+cluster://HOST:PORT,…` or `redis+sentinel://HOST:PORT,…/NAME/DATABASE`."""

    kind: str
    """`cluster` or `sentinel`."""
    servers: tuple[tuple[str, int], ...]
    """Host and port of each."""
    name: str
    """What the Sentinels call the primary; empty for a cluster."""
    first: str
    """The URL as if it named the first server alone, with the user, the database and the options."""

    @classmethod
    def parse(cls, url: str) -> "ServersUrl":
        """Raises ValueError if it is not such a URL."""
        match = _URL.fullmatch(url)
        if match is None:
            raise ValueError("not a URL of a cluster or of Sentinel")
        kind, name = match["kind"], unquote(match["name"] or "")
        if kind == "cluster" and name == "0":  # the one database of a cluster
            name = ""
        if (kind == "sentinel") != bool(name):
            raise ValueError("Sentinels need the name of the primary, and a cluster has none")
        servers = tuple(_server(entry, DEFAULT_PORTS[kind]) for entry in match["servers"].split(","))
        host, port = servers[0]
        host = f"[{host}]" if ":" in host else host
        user, options = match["user"] or "", match["options"] or ""
        first = f"{match['scheme']}://{user}{host}:{port}/{match['database'] or 0}{options}"
        return cls(kind, servers, name, first)


def _server(entry: str, default_port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{entry}")
    if not parts.hostname:
        raise ValueError("a server without a host")
    return parts.hostname, parts.port or default_port
