"""The rules and the queries of docs/fleets.md: promtool reads them, and their names exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import yaml
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import generate_latest

from gatepass import Event, Su
from gatepass._event import Kind
from gatepass.otel import Telemetry
from gatepass_emulator import Emulator
from gatepass_service._metrics import Metrics

from ..snippets import ROOT, blocks, run

FOLDER = ROOT / "docs" / "fleets"
FILES = ["alerts.yaml", "alerts-opentelemetry.yaml"]
LABELS = {"alerts.yaml": "", "alerts-opentelemetry.yaml": "gatepass_"}
NAME = re.compile(r"\bgatepass_(?:token|service)_\w+")

needs_promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="this system has no promtool")


def promtool(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return run(["promtool", *args], folder)


def series(file: str, kind: str, values: str) -> dict[str, str]:
    """A counter of Su's sandbox."""
    prefix = LABELS[file]
    labels = f'{prefix}provider="su", {prefix}environment="sandbox"'
    if prefix:
        return {"series": f"gatepass_token_{kind}_total{{{labels}}}", "values": values}
    return {"series": f'gatepass_token_events_total{{{labels}, kind="{kind}"}}', "values": values}


ALERTS: dict[str, list[tuple[str, str]]] = {
    "GatepassCredentialsRejected": [("rejected", "0x20 1x40")],
    "GatepassTokenRequestsFail": [("failed", "0x20 1+1x40"), ("issued", "1x60")],
    "GatepassQuotaNearlySpent": [("rate_limited", "0x20 1x40")],
}


@needs_promtool
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_fires_when_there_is_trouble_and_not_before(tmp_path: Path, file: str, alert: str) -> None:
    shutil.copy(FOLDER / file, tmp_path)
    [rule] = [rule for rule in rules(file) if rule["alert"] == alert]
    prefix = LABELS[file]
    labels = {f"{prefix}provider": "su", f"{prefix}environment": "sandbox", **rule["labels"]}
    if not prefix:
        labels["kind"] = ALERTS[alert][0][0]
    summary = re.sub(
        r"\{\{ \$labels\.\w+ }} \{\{ \$labels\.\w+ }}", "su sandbox", rule["annotations"]["summary"]
    )
    test = {
        "interval": "1m",
        "input_series": [series(file, *counter) for counter in ALERTS[alert]],
        "alert_rule_test": [
            {"alertname": alert, "eval_time": "20m"},
            {
                "alertname": alert,
                "eval_time": "28m",
                "exp_alerts": [{"exp_labels": labels, "exp_annotations": {"summary": summary}}],
            },
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump({"rule_files": [file], "tests": [test]}))

    done = promtool(tmp_path, "test", "rules", "test.yaml")

    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
@pytest.mark.parametrize("file", FILES)
def test_failures_with_successes_between_are_no_alert(tmp_path: Path, file: str) -> None:
    shutil.copy(FOLDER / file, tmp_path)
    test = {
        "interval": "1m",
        "input_series": [series(file, "failed", "0+1x60"), series(file, "issued", "0+1x60")],
        "alert_rule_test": [{"alertname": "GatepassTokenRequestsFail", "eval_time": "40m"}],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump({"rule_files": [file], "tests": [test]}))

    done = promtool(tmp_path, "test", "rules", "test.yaml")

    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_accepts_the_rules_and_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    [dashboard] = blocks("docs/fleets.md", "promql")
    queries = [line for line in dashboard.text.splitlines() if line and not line.startswith("#")]
    records = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(queries)]
    group = {"groups": [{"name": "panels", "rules": records}]}
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump(group))

    for path in tmp_path / "panels.yaml", *(FOLDER / file for file in FILES):
        done = promtool(tmp_path, "check", "rules", str(path))
        assert done.returncode == 0, done.stdout + done.stderr


def rules(file: str) -> list[dict[str, Any]]:
    [group] = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))["groups"]
    loaded: list[dict[str, Any]] = group["rules"]
    return loaded


def test_the_service_shows_every_name_that_is_used(emulator: Emulator) -> None:
    metrics, su = Metrics("0"), Su("sandbox")
    metrics.observe("/", "GET", 200, "", 0.1)
    metrics.counter_of(("su", "sandbox"))
    issuer: Any = SimpleNamespace(credential=su, provider="su", environment="sandbox")
    metrics.watch([issuer])
    lines = generate_latest(metrics.registry).decode().splitlines()
    [dashboard] = blocks("docs/fleets.md", "promql")
    text = dashboard.text + (FOLDER / "alerts.yaml").read_text(encoding="utf-8")

    assert set(NAME.findall(text)) <= set(NAME.findall("\n".join(lines)))
    for kind in re.findall(r'kind="(\w+)"', text):
        assert any(f'kind="{kind}"' in line and line.endswith(" 0.0") for line in lines), kind


def test_opentelemetry_has_every_name_that_is_used() -> None:
    reader = InMemoryMetricReader()
    telemetry = Telemetry(MeterProvider([reader]))
    for kind in get_args(Kind):
        telemetry(Event(kind, "su", "sandbox", 0.1))
    data = reader.get_metrics_data()
    assert data is not None
    names = {metric.name for part in data.resource_metrics[0].scope_metrics for metric in part.metrics}
    text = (FOLDER / "alerts-opentelemetry.yaml").read_text(encoding="utf-8")

    assert set(NAME.findall(text)) <= {name.replace(".", "_") + "_total" for name in names}
