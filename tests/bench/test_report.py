"""The table and the charts that `scripts/bench` writes."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from bench.report import BEGIN, END, write
from bench.row import PerUnit, Row

MADE_WITH = {
    "date": "2026-01-02",
    "python": "3.11.7",
    "cpu": "A & B",
    "cores": 2,
    "quick": False,
    "packages": {"peer": "1.0"},
}
ROWS = [
    Row("8 processes", "gatepass", 1, "token requests", 1, 1),
    Row("8 processes", "peer", 8, "token requests", 8, 8),
    Row("8 processes", "other", 8, "token requests", 8, 8),
    Row("a request", "gatepass", 4.0, "µs", 3.5, 4.5),
    Row("a request", "constant header", 2.0, "µs", 0.0, 3.0),
    Row("a request", "peer", 2.0, "µs", 1.5, 2.5),
    Row("modules", "gatepass", 24, "", 24, 24),
    Row("modules", "peer", 24, "", 23, 25),
    Row("tail", "gatepass", -0.5, "ms", -1, 0),
    Row("tail", "peer", 5000.0, "ms", 4000, 6000),
    Row("tail", "other", 10.0, "ms", 9, 11),
    Row("median", "gatepass", -0.2, "ms", -0.3, 0.1),
    Row("median", "peer", 0.1, "ms", 0.0, 0.3),
    Row("alone", "gatepass", 0.2, "µs", 0.1, 0.3),
    Row("alone", "constant header", 0.0, "µs", -0.1, 0.1),
]
STEPS = [
    PerUnit("CPU of <a spec>", "specs", size, figure, "ms", figure, figure)
    for size, figure in ((1, 4.0), (10, 5.0), (100, 5.9))
] + [
    PerUnit("memory", "specs", 1, 2.0, "KB", 2, 2),
    PerUnit("memory", "specs", 100, 3.0, "KB", 3, 3),
    PerUnit("... of which the floor", "specs", 1, 1.0, "KB", 1, 1),
    PerUnit("... of which the floor", "specs", 100, 9.0, "KB", 9, 9),
    PerUnit("added", "specs", 1, -0.1, "ms", -0.2, 0.1),
    PerUnit("added", "specs", 100, 0.1, "ms", 0.0, 0.2),
    PerUnit("a request", "slow requests", 16, 3.0, "µs", 3, 3),
    PerUnit("a request", "slow requests", 0, 2.5, "µs", 2, 3),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    group: dict[str, Any] = {
        "name": "all",
        "about": "All measures <here>: and more.\n\nAt length.",
        "seconds": 1,
        "rows": [row._asdict() for row in ROWS],
    }
    results = {"made_with": MADE_WITH, "groups": [group]}
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return tmp_path


@pytest.fixture
def growing(tmp_path: Path) -> Path:
    group = {"name": "growth", "about": "Growth.", "seconds": 1, "rows": [step._asdict() for step in STEPS]}
    results = {"made_with": MADE_WITH, "groups": [group]}
    (tmp_path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return tmp_path


def test_the_table_has_the_figures_of_all_contenders_and_marks_the_best(folder: Path) -> None:
    table = write(folder, None)
    assert "| | gatepass | constant header | peer | other | gatepass is |" in table
    assert "| 8 processes, token requests | **1** | - | 8 | 8 | first; peer: 8 times as much |" in table
    assert "| modules | **24** | - | **24** | - | level with peer |" in table
    assert "| alone, µs | **0.20** | 0 | - | - | - |" in table
    assert "| tail, ms | **-0.50** | - | 5,000 | 10 | first; other |" in table


def test_where_gatepass_is_behind_the_row_and_a_line_show_it(folder: Path) -> None:
    table = write(folder, None)
    assert "| a request, µs | 4 | 2 | **2** | - | behind peer: 2 times as much |" in table
    assert "gatepass is not first: a request, behind peer: 2 times as much." in table
    assert table.count("not first") == 1


def test_the_page_is_changed_only_between_its_marks(folder: Path) -> None:
    page = folder / "benchmarks.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    table = write(folder, page)
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\n{table}\n{END}\nafter\n"


def test_a_page_without_marks_is_left_alone(folder: Path) -> None:
    page = folder / "benchmarks.md"
    page.write_text("no marks\n", encoding="utf-8")
    write(folder, page)
    assert page.read_text(encoding="utf-8") == "no marks\n"


def test_the_chart_is_well_formed_and_has_selectable_text(folder: Path) -> None:
    (folder / "gone.svg").write_text("of a measure that was removed", encoding="utf-8")
    write(folder, None)
    assert [path.name for path in folder.glob("*.svg")] == ["all.svg"]
    svg = (folder / "all.svg").read_text(encoding="utf-8")
    root = ET.fromstring(svg)
    words = " ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
    for label in ("All measures <here>", "constant header", "5,000", "(logarithmic)"):
        assert label in words
    bars = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert len(bars) == len(ROWS)
    assert all(0 <= float(bar.attrib["width"]) < 720 for bar in bars)
    assert "prefers-color-scheme: dark" in svg


def test_the_report_is_reproducible(folder: Path) -> None:
    table, chart = write(folder, None), (folder / "all.svg").read_bytes()
    assert (write(folder, None), (folder / "all.svg").read_bytes()) == (table, chart)


def test_the_spread_is_the_quartiles_of_many_figures_and_the_extremes_of_few() -> None:
    assert Row.of("one", "peer", [3, 1, 2], "µs") == Row("one", "peer", 2, "µs", 1, 3)
    assert Row.of("one", "peer", [*range(1, 12), 1000], "µs") == Row("one", "peer", 6.5, "µs", 3.25, 9.75)


def test_costs_per_unit_are_relative_to_the_smallest_number_with_a_verdict(growing: Path) -> None:
    table = write(growing, None)
    assert "| CPU of <a spec>, ms | specs | 1: 4 | 10: 1.25, 100: 1.48 | 1.48 | ok |" in table
    assert "| memory, KB | specs | 1: 2 | 100: 1.50 | 1.50 | **NOT flat** |" in table
    assert "| a request, µs | slow requests | 0: 2.50 | 16: 1.20 | 1.20 | ok |" in table
    assert "Not flat: memory, 2 at 1 and 3 at 100 KB (specs)." in table


def test_a_floor_has_no_verdict_and_nothing_is_relative_to_a_negative_figure(growing: Path) -> None:
    table = write(growing, None)
    assert "| ... of which the floor, KB | specs | 1: 1 | 100: 9.00 | 9.00 | - |" in table
    assert "| added, ms | specs | 1: -0.10 | 100: - | - | - |" in table
    assert table.count("Not flat") == 1


def test_the_chart_of_costs_per_unit_has_a_line_for_each_measure_that_can_be_drawn(growing: Path) -> None:
    write(growing, None)
    svg = (growing / "growth.svg").read_text(encoding="utf-8")
    root = ET.fromstring(svg)
    lines = [line.attrib["points"].split() for line in root.iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(points) for points in lines] == [3, 2, 2]
    cpu = [tuple(map(float, point.split(","))) for point in lines[0]]
    assert cpu[1][0] - cpu[0][0] == pytest.approx(cpu[2][0] - cpu[1][0], abs=0.2)  # logarithmic
    assert cpu[0][1] > cpu[1][1] > cpu[2][1]  # more is further up
    limit = next(node for node in root.iter() if node.attrib.get("class") == "limit")
    assert lines[1][1].split(",")[1] == limit.attrib["y1"]
    words = " ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "CPU of <a spec> 1.48 times" in " ".join(words.split())
    assert "added" not in words
    assert "slow requests" not in words
    assert "prefers-color-scheme: dark" in svg
