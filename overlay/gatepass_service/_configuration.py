"""The configuration file: clients with keys of their own, and what each may ask for."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gatepass import ConfigError
from gatepass._configured import Account
from gatepass._providers import installed

from ._clients import DEFAULT_CLIENT, Client
from ._key_file import read_key

CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def read_clients(path: Path) -> list[Client]:
    """The clients of a file; ConfigError names file, line, key and how to fix it."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    return _Reader(path, text).clients(document)


class _Reader:
    """Reads one file, and knows its lines."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def clients(self, document: Mapping[str, Any]) -> list[Client]:
        self._check_names(document, ["clients"], "")
        clients = document.get("clients", {})
        if not isinstance(clients, dict):
            raise self._error("clients", "write a table for each client, such as [clients.billing]")
        return [self._client(client_id, table) for client_id, table in clients.items()]

    def _client(self, client_id: str, table: object) -> Client:
        where = f"clients.{client_id}"
        if not CLIENT_ID.fullmatch(client_id):
            raise self._error(where, "a client id is up to 64 letters, digits and . _ -")
        if client_id == DEFAULT_CLIENT:
            raise self._error(where, "this is the client of the local key: choose another name")
        if not isinstance(table, dict):
            raise self._error(where, f"write a table, [{where}]")
        self._check_names(table, ["key_file", "allow"], where)
        key_file, allow = table.get("key_file"), table.get("allow")
        if not isinstance(key_file, str) or not key_file:
            raise self._error(f"{where}.key_file", "name the file with the key of this client")
        if not isinstance(allow, list) or not allow:
            raise self._error(f"{where}.allow", 'list what it may use, such as ["setu/sandbox", "su/*"]')
        allowed = tuple(self._account(f"{where}.allow", entry) for entry in allow)
        return Client(client_id, read_key(self._path.parent / key_file), allowed)

    def _account(self, where: str, entry: object) -> Account:
        provider, slash, environment = entry.partition("/") if isinstance(entry, str) else ("", "", "")
        if not slash:
            raise self._error(where, f"{entry!r}: write PROVIDER/ENVIRONMENT, such as setu/sandbox or su/*")
        providers = installed()
        self._check(where, provider, ["*", *providers.commands])
        kinds = [provider] if provider != "*" else list(providers.commands)
        names = {
            name
            for command in kinds
            for name in providers.servers[providers.modules[providers.commands[command]]]
        }
        self._check(where, environment, ["*", *sorted(names)])
        return provider, environment

    def _check_names(self, table: Mapping[str, object], names: list[str], where: str) -> None:
        for name in table:
            self._check(f"{where}.{name}".lstrip("."), name, names)

    def _check(self, where: str, word: str, words: Iterable[str]) -> None:
        words = list(words)
        if word in words:
            return
        close = difflib.get_close_matches(word, words, n=1)
        advice = f"did you mean {close[0]}?" if close else f"use {' or '.join(words)}"
        raise self._error(where, f"unknown {word!r}: {advice}")

    def _error(self, where: str, message: str) -> ConfigError:
        return ConfigError(f"{self._path}:{self._line(where)}: {where}: {message}")

    def _line(self, where: str) -> int:
        """The line of a key or a table, or that of the table that it should be in."""
        names, first = where.split("."), 1
        for number, line in enumerate(self._lines, start=1):
            table = re.match(r"\s*\[\s*(.+?)\s*\]", line)
            if table is not None and table[1].replace('"', "") in (where, ".".join(names[:-1])):
                first = number
            elif re.match(rf"\s*\"?{re.escape(names[-1])}\"?\s*=", line):
                return number
        return first
