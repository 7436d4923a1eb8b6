"""Encrypted records can be read with their key only."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, Setu
from gatepass.stores import FileStore
from gatepass.stores._cipher import Cipher
from gatepass_emulator import Emulator


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


OLD, NEW = new_key(), new_key()


def token(folder: Path, key: str | list[str] | None, environment: str = "sandbox") -> str:
    """The token that a process with this key gets."""
    credential = Setu(
        "production" if environment == "production" else "sandbox", store=FileStore(folder, key=key)
    )
    return credential.token().value


def only_record(folder: Path) -> Path:
    (path,) = FileStore(folder).token_files()
    return path


def test_an_encrypted_record_reveals_nothing_and_is_read_with_its_key(
    emulator: Emulator, folder: Path
) -> None:
    first = token(folder, OLD)

    data = only_record(folder).read_bytes()
    for part in (first, first.split(".")[1], "setu", "issued", os.environ["SETU_SANDBOX_SECRET"]):
        assert part.encode() not in data
    assert token(folder, OLD) == first
    assert emulator.count("setu") == 1


@pytest.mark.usefixtures("poll_once")
@pytest.mark.parametrize("key", [NEW, None, [NEW]], ids=["another", "none", "a list of others"])
def test_another_key_is_a_miss_and_the_record_is_replaced(
    emulator: Emulator, folder: Path, key: str | list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    first = token(folder, OLD)

    replacement = token(folder, key)
    assert replacement != first
    assert token(folder, key) == replacement
    assert emulator.count("setu") == 2
    assert caplog.records == []


def test_an_unencrypted_record_is_a_miss_if_there_is_a_key(emulator: Emulator, folder: Path) -> None:
    first = token(folder, OLD)
    record = only_record(folder)
    plain = Cipher.from_env(OLD).decrypt(record.read_bytes(), record.stem)
    assert plain is not None
    record.write_bytes(plain)

    assert token(folder, OLD) != first
    assert emulator.count("setu") == 2


@pytest.mark.parametrize(
    "place", [3, 14, 15, 200, -1], ids=["nonce", "nonce", "ciphertext", "ciphertext", "tag"]
)
def test_a_flipped_bit_is_a_miss_and_the_record_is_replaced(
    emulator: Emulator, folder: Path, place: int
) -> None:
    first = token(folder, OLD)
    data = bytearray(only_record(folder).read_bytes())
    data[place] ^= 1
    only_record(folder).write_bytes(data)

    replacement = token(folder, OLD)
    assert replacement != first
    assert token(folder, OLD) == replacement
    assert emulator.count("setu") == 2


@pytest.mark.parametrize("length", [0, 1, 3, 10, 15, 16, 40])
def test_a_truncated_record_is_a_miss(emulator: Emulator, folder: Path, length: int) -> None:
    token(folder, OLD)
    only_record(folder).write_bytes(only_record(folder).read_bytes()[:length])

    token(folder, OLD)
    assert emulator.count("setu") == 2


def test_a_record_moved_to_another_key_is_a_miss(emulator: Emulator, folder: Path) -> None:
    token(folder, OLD)
    sandbox = only_record(folder)
    data = sandbox.read_bytes()
    production = token(folder, OLD, "production")
    (other,) = set(FileStore(folder).token_files()) - {sandbox}
    other.write_bytes(data)

    assert token(folder, OLD, "production") != production
    assert emulator.count("setu", "production") == 2


def test_with_a_new_first_key_each_token_is_fetched_once_more(emulator: Emulator, folder: Path) -> None:
    first = token(folder, OLD)
    assert token(folder, [OLD, NEW]) == first

    second = token(folder, [NEW, OLD])

    assert second != first
    assert token(folder, NEW) == second
    assert token(folder, OLD) == first
    assert emulator.count("setu") == 2


def test_the_keys_are_read_from_the_variable(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_KEY", OLD)
    first = Setu("sandbox").token().value
    assert first.encode() not in only_record(folder).read_bytes()

    monkeypatch.setenv("GATEPASS_KEY", f"{OLD}, {NEW}")
    assert token(folder, None) == first
    assert emulator.count("setu") == 1


@pytest.mark.parametrize("source", ["key=", "GATEPASS_KEY"])
@pytest.mark.parametrize("key", ["fake-short", base64.b64encode(b"fake" * 4).decode(), "ünreadable"])
def test_an_invalid_key_is_an_error_before_any_io(
    folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, key: str
) -> None:
    if source == "GATEPASS_KEY":
        monkeypatch.setenv("GATEPASS_KEY", f"{OLD},{key}")
    with pytest.raises(ConfigError, match=f"{source}: a key is the base64 of 32 bytes") as caught:
        FileStore(folder, key=[OLD, key] if source == "key=" else None)
    assert key not in str(caught.value)
    assert OLD not in str(caught.value)
    assert not folder.exists()


@pytest.mark.parametrize("empty", ["", " ", ",", " , ,"])
def test_an_empty_key_variable_does_not_turn_encryption_off(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    monkeypatch.setenv("GATEPASS_KEY", empty)
    with pytest.raises(ConfigError, match="GATEPASS_KEY is set but empty: give it a key, or unset it"):
        Setu("sandbox")
    assert (emulator.calls, folder.exists()) == ([], False)


@pytest.mark.parametrize("empty", ["", [], [""], [OLD, ""]])
def test_an_empty_key_is_an_error(folder: Path, empty: str | list[str]) -> None:
    with pytest.raises(ConfigError, match="key="):
        FileStore(folder, key=empty)


@pytest.mark.parametrize(
    "odd", [5, b"fake", [b"fake"], [None], {"key": OLD}], ids=lambda odd: type(odd).__name__
)
def test_a_key_of_another_type_is_an_error(folder: Path, odd: Any) -> None:
    with pytest.raises(ConfigError, match="key=: a key is the base64 of 32 bytes") as caught:
        FileStore(folder, key=odd)
    assert OLD not in str(caught.value)


@pytest.mark.parametrize("source", ["key=", "GATEPASS_KEY"])
def test_a_key_of_zeros_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    zeros = base64.b64encode(bytes(32)).decode()
    if source == "GATEPASS_KEY":
        monkeypatch.setenv("GATEPASS_KEY", f"{OLD},{zeros}")
    with pytest.raises(ConfigError, match=f"{source}: a key of zeros protects nothing"):
        FileStore(folder, key=[OLD, zeros] if source == "key=" else None)


@pytest.mark.parametrize("source", ["key=", "GATEPASS_KEY"])
def test_without_cryptography_the_error_names_the_extra(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    if source == "GATEPASS_KEY":
        monkeypatch.setenv("GATEPASS_KEY", OLD)
    with pytest.raises(ConfigError, match=rf"{source} needs cryptography: pip install 'gatepass\[crypto\]'"):
        Setu("sandbox", store=FileStore(folder, key=OLD)) if source == "key=" else Setu("sandbox")
    assert (emulator.calls, folder.exists()) == ([], False)


def test_without_a_key_cryptography_is_not_needed(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert token(folder, None) == token(folder, None)
    assert emulator.count("setu") == 1
