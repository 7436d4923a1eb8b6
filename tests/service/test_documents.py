"""docs/token-service.md is right: its commands run, and its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from gatepass_cli._arguments import parser
from gatepass_emulator import Emulator
from gatepass_service._configuration import read_clients
from gatepass_spec import SERVICE_FILE

from ..ports import free_port
from ..snippets import ROOT, assert_no_secret, run
from .test_operations import METRICS

PAGE = ROOT / "docs" / "token-service.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.S)


def blocks(kind: str) -> list[str]:
    return [block for name, block in BLOCKS if name == kind]


def test_every_block_is_tried() -> None:
    assert [kind for kind, _ in BLOCKS] == ["console", "console", "console", "toml"]


def test_the_sessions_run(emulator: Emulator, tmp_path: Path) -> None:
    """They are one session, on another port than 8181; at its end the service is stopped."""
    lines = [line for block in blocks("console") for line in block.splitlines()]
    assert [line for line in lines if not line.startswith(("$ ", "    "))] == []
    port = str(free_port())
    commands = [
        line[2:].replace("gatepass serve", f"gatepass serve --port {port}").replace("8181", port)
        for line in lines
    ]
    commands.insert(1, "trap 'kill $!; wait $!' EXIT")

    done = run(["sh", "-e", "-c", "\n".join(commands)], tmp_path, HOME=str(tmp_path), XDG_CONFIG_HOME="")

    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"access_token"') == 2
    assert emulator.count("setu") == 2
    assert_no_secret(emulator, done.stdout + done.stderr)
    assert (tmp_path / ".config/gatepass/service-key").read_text().strip() not in done.stdout + done.stderr


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    (tmp_path / "service.toml").write_text(blocks("toml")[0], encoding="utf-8")
    (tmp_path / "billing-key").write_text("fake-key-of-billing-0123456789abcdef")
    (tmp_path / "billing-key").chmod(0o600)

    (client,) = read_clients(tmp_path / "service.toml")

    assert (client.id, client.allow) == ("billing", (("setu", "sandbox"), ("su", "*")))


def test_the_page_names_every_option_endpoint_and_metric() -> None:
    options = re.search(r"usage: (.*?)\n\n", _help(), re.S)
    assert options is not None
    assert {name for name in re.findall(r"--[a-z-]+", options[1]) if f"`{name}" not in TEXT} == set()
    paths = yaml.safe_load((ROOT / "specs" / SERVICE_FILE).read_text())["paths"]
    written = {
        path.replace("{provider}", "PROVIDER").replace("{environment}", "ENVIRONMENT") for path in paths
    }
    short = {path.replace("/PROVIDER/ENVIRONMENT", "") for path in written}
    assert {path for path in short if path not in TEXT} == set()
    assert {name for name in METRICS if name not in TEXT} == set()


def _help() -> str:
    commands = next(action for action in parser()._actions if action.dest == "command")
    assert isinstance(commands.choices, dict)
    text: str = commands.choices["serve"].format_help()
    return text


def test_links_lead_to_files() -> None:
    links = re.findall(r"\]\(([^)]+)\)", TEXT)

    assert len(links) == 5
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
