"""docs/oauth2-clients.md has lines of the clients that `make languages` runs; its commands are run here."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gatepass_emulator import Emulator

from ..ports import free_port
from ..snippets import ROOT, assert_no_secret, run

PAGE = ROOT / "docs" / "oauth2-clients.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.S)
SOURCES = {
    "go": ["go-oauth2/client.go"],
    "ts": ["simple-oauth2/client.ts"],
    "java": ["spring-security/Client.java"],
    "ruby": ["ruby-oauth2/client.rb"],
    "php": ["php-curl/client.php"],
    "python": ["authlib/client.py"],
    "rust": ["rust-oauth2/client.rs"],
    "bash": ["curl/client.sh", "nginx/client.sh"],
    "nginx": ["nginx/nginx.conf"],
    "yaml": ["../../docs/token-service/sidecar.yaml"],
}
"""The files from which the blocks of a language are, in tests/oauth2_clients."""


def lines(text: str) -> str:
    """The lines of a text without their indentation, and without empty ones."""
    return "\n".join(["", *(line.strip() for line in text.splitlines() if line.strip()), ""])


def of_language(language: str) -> list[str]:
    return [block for name, block in BLOCKS if name == language]


@pytest.mark.parametrize(
    ("language", "block"), [block for block in BLOCKS if block[0] != "console"], ids=lambda value: value[:10]
)
def test_the_lines_are_those_of_a_client(language: str, block: str) -> None:
    sources = [Path(__file__).parent / name for name in SOURCES[language]]

    assert any(lines(block) in lines(source.read_text(encoding="utf-8")) for source in sources)


@pytest.mark.parametrize("language", SOURCES)
def test_each_language_has_five_lines(language: str) -> None:
    counts = [lines(block).count("\n") - 1 for block in of_language(language)]

    assert counts
    assert max(counts) <= (12 if language == "nginx" else 5)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="no `curl` or no `jq` on PATH")
def test_the_commands_run(emulator: Emulator, tmp_path: Path) -> None:
    """All but the first, which installs gatepass; the second starts a shell, which gets the others."""
    (session,) = of_language("console")
    commands = [line.removeprefix("$ ") for line in session.splitlines()]
    assert commands[0].startswith("pip install ")
    assert commands[1] == "gatepass emulator -- bash"
    port = str(free_port())
    script = (
        "\n".join(commands[2:])
        .replace("gatepass serve", f"gatepass serve --port {port}")
        .replace("8181", port)
    )
    curl = "".join(block for block in of_language("bash") if "key.conf" not in block)
    script += f"\ntrap 'kill $!; wait $!' EXIT\nprovider=setu\n{curl}echo; echo status $status"
    (tmp_path / "session").write_text(script, encoding="utf-8")

    done = run([*commands[1].split(), "-e", "session"], tmp_path, HOME=str(tmp_path), XDG_CONFIG_HOME="")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "status 200"
    assert_no_secret(emulator, done.stdout + done.stderr)
    assert (tmp_path / ".config/gatepass/service-key").read_text().strip() not in done.stdout + done.stderr


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT)

    assert len(links) == 6
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
