"""`scripts/lint.py` finds the defects of a spec, and reports file, line, rule, reason and how to fix it."""

import re
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import lint
import node
from gatepass._options import Options
from gatepass_generator import rules, shape_rules
from gatepass_spec import provider_files

from .defects import BAD_INPUTS, BAD_NAMES, SPECS, Defect, findings_of, mistake, write
from .defects import lint as run

pytestmark = pytest.mark.skipif(
    not (node.MODULES / ".bin" / "spectral").exists(), reason="`make tools` installs what lints"
)
Findings = dict[str, list[re.Match[str]]]


def house_rules() -> set[str]:
    """Every rule of our own, named as in findings, except `openapi`, which has the name of the validator."""
    redocly = YAML(typ="safe").load(lint.REDOCLY)["oas3_1Rules"]
    spectral = YAML(typ="safe").load(lint.SPECTRAL)["rules"]
    return (
        {f"gatepass/{name}" for name in rules.WHY if name != "openapi"}
        | {f"redocly/{name}" for name in redocly if name.startswith("rule/")}
        | {f"spectral/{name}" for name, rule in spectral.items() if isinstance(rule, dict)}
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Defect], Findings]:
    """All defects in one folder, and the findings of one run of the linter."""
    folder = tmp_path_factory.mktemp("defects")
    return write(folder), findings_of(folder)


def test_the_specs_and_flows_are_clean() -> None:
    process = run(SPECS)

    assert (process.returncode, process.stderr) == (0, "")
    assert re.fullmatch(r"11 specs and \d+ files of flows, \d+ house rules, no findings\n", process.stdout)


def test_every_seeded_defect_is_reported_by_its_rule(
    written: tuple[dict[str, Defect], Findings],
) -> None:
    defects, findings = written
    missed = {
        f"{defect.name} in {defect.spec}": sorted({match["rule"] for match in findings.get(name, ())})
        for name, defect in defects.items()
        if defect.rule not in {match["rule"] for match in findings.get(name, ())}
    }

    assert missed == {}
    assert len(defects) >= 45
    assert {Path(defect.spec).name for defect in defects.values()} == {
        path.stem for path in provider_files(SPECS)
    }


def test_every_house_rule_is_broken_by_a_seeded_defect(
    written: tuple[dict[str, Defect], Findings],
) -> None:
    broken = {match["rule"] for matches in written[1].values() for match in matches}

    assert house_rules() - broken == set()


def test_every_finding_of_a_house_rule_has_the_problem_the_reason_and_the_fix(
    written: tuple[dict[str, Defect], Findings],
) -> None:
    ours = house_rules()
    findings = [match for matches in written[1].values() for match in matches if match["rule"] in ours]

    assert [match[0] for match in findings if match["text"].count("; ") < 2] == []


def test_a_finding_has_the_line_of_the_defect(written: tuple[dict[str, Defect], Findings]) -> None:
    defects, findings = written
    name = next(name for name, defect in defects.items() if defect.name == "token is elsewhere")
    lines = defects[name].text().splitlines()

    (finding,) = [match for match in findings[name] if match["rule"] == "gatepass/place"]
    assert lines[int(finding["line"]) - 1].strip() == "access_token: $response.body#/token"


def test_all_files_that_are_not_specs_are_reported_at_once(tmp_path: Path) -> None:
    for number, (content, _, _) in enumerate(BAD_INPUTS.values()):
        (tmp_path / f"bad{number}.yaml").write_bytes(content)
    for name in BAD_NAMES:
        (tmp_path / f"{name}.yaml").write_text("openapi: 3.1.0\n")

    process = run(tmp_path)

    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    for name in BAD_NAMES:
        assert f"{tmp_path}/{name}.yaml:1: gatepass/file-name: " in process.stderr
    for number, (name, (_, line, message)) in enumerate(BAD_INPUTS.items()):
        start = f"{tmp_path}/bad{number}.yaml:{line}: "
        lines = process.stderr.splitlines()
        assert any(finding.startswith(start) and message in finding for finding in lines), name


def test_a_wrong_flow_is_reported(tmp_path: Path) -> None:
    shutil.copytree(SPECS, tmp_path, dirs_exist_ok=True)
    flow = tmp_path / "flows" / "setu.yaml"
    flow.write_text(flow.read_text().replace("stepId: callApi", "stepId: getToken"))

    findings = findings_of(tmp_path)

    assert list(findings) == ["setu.yaml"]
    assert {(match["file"], match["rule"]) for match in findings["setu.yaml"]} == {
        (str(flow), "redocly/stepId-unique")
    }


def test_an_empty_folder_says_what_to_write(tmp_path: Path) -> None:
    process = run(tmp_path)

    assert process.returncode == 1
    assert "write a spec" in process.stderr


@pytest.mark.parametrize(
    ("tool", "config"), [("redocly", "REDOCLY"), ("spectral", "SPECTRAL"), ("yamllint", "YAMLLINT")]
)
def test_a_tool_that_did_not_run_approves_nothing(
    tool: str, config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "config.yaml"
    broken.write_text(
        "extends: nothing-of-that-name\noas3_1Rules: {rule/x: {subject: {type: Schema}, assertion: 1}}\n"
    )
    monkeypatch.setattr(lint, config, broken)

    findings = lint.lint([SPECS / "setu.yaml"], [])

    assert [text for _, _, text in findings if text.startswith(f"lint/{tool}: ")]


def test_an_edit_that_does_not_apply_raises() -> None:
    with pytest.raises(LookupError, match="gone in setu"):
        mistake("setu", "gone", "gatepass/ref", "a text that is in no spec", "").text()


def test_no_credential_may_have_the_name_of_an_option() -> None:
    assert {*Options.__annotations__, "environment"} <= shape_rules.SETTINGS


def test_control_characters_are_escaped_in_the_output(tmp_path: Path) -> None:
    setu = (SPECS / "setu.yaml").read_text()
    (tmp_path / "setu.yaml").write_text(setu.replace("x-oai-name: sandbox", r'x-oai-name: "\e[2J\nsandbox"'))
    (tmp_path / "su.yaml").write_text('openapi: "3.0\\e[2J"\n')

    process = run(tmp_path)

    assert process.returncode == 1
    assert all(line.isprintable() for line in process.stderr.splitlines())
    assert "Traceback" not in process.stderr
