"""A client of a cluster that connects with its first command, as clients of one server do."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from .._fork import register_fork_reset


class LazyCluster:
    """The part of a `RedisCluster` that a `RedisClient` needs; that one connects when it is made."""

    def __init__(self, servers: Sequence[tuple[str, int]], options: Mapping[str, Any]) -> None:
        """Any of the servers tells about the others; `options` are those of `RedisCluster`."""
        self._servers, self._options = servers, options
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """Connect again: a lock inside of the cluster may have been held."""
        self._lock = threading.Lock()
        self._cluster: Any = None

    def __str__(self) -> str:
        return ",".join(f"{host}:{port}" for host, port in self._servers)

    def eval(self, *arguments: Any) -> Any:
        return self._connected().eval(*arguments)

    def xread(self, *arguments: Any, **options: Any) -> Any:
        return self._connected().xread(*arguments, **options)

    def get_connection_kwargs(self) -> Mapping[str, Any]:
        return self._options

    @property
    def connection_pools(self) -> list[Any]:
        """The connections to each node, if there are any."""
        nodes = [] if self._cluster is None else self._cluster.get_nodes()
        return [node.redis_connection.connection_pool for node in nodes if node.redis_connection]

    def _connected(self) -> Any:
        from redis.cluster import ClusterNode, RedisCluster

        with self._lock:
            if self._cluster is None:
                nodes = [ClusterNode(*server) for server in self._servers]  # type: ignore[no-untyped-call]
                self._cluster = RedisCluster(startup_nodes=nodes, **self._options)
            return self._cluster
