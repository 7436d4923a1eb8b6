"""An overlay has the token extension of its spec, and lays it on a document that has none."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import lint
import node
import overlays
from gatepass_spec import Spec
from repository import SPECS, load_specs


@pytest.fixture(scope="module")
def specs() -> list[Spec]:
    return load_specs()


def without_vendor_keys(value: Any) -> Any:
    if isinstance(value, list):
        return [without_vendor_keys(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_vendor_keys(item) for key, item in value.items() if not key.startswith("x-gatepass-")
    }


def applied(overlay: Any, document: Any) -> Any:
    """Apply an overlay whose targets are names, one after the other, and whose updates are new keys."""
    result = copy.deepcopy(document)
    for action in overlay["actions"]:
        assert re.fullmatch(r"\$(\.\w+|\['[^']+'\])+", action["target"])
        target = result
        for dotted, quoted in re.findall(r"\.(\w+)|\['([^']+)'\]", action["target"]):
            target = target[dotted or quoted]
        assert not set(action["update"]) & set(target)
        target.update(action["update"])
    return result


def test_an_overlay_restores_a_spec_without_its_vendor_keys(specs: list[Spec]) -> None:
    for spec in specs:
        bare = without_vendor_keys(spec.document)
        assert bare != spec.document

        assert applied(yaml.safe_load(overlays.overlay(spec)), bare) == spec.document


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("paths", "/v2/auth/token", "get"), "$.paths['/v2/auth/token'].get"),
        (("paths", "/it's\\", "get"), r"$.paths['/it\'s\\'].get"),
        (("components", "securitySchemes", "o-bearer"), "$.components.securitySchemes['o-bearer']"),
    ],
)
def test_a_name_that_is_no_word_is_quoted(path: tuple[str, ...], expected: str) -> None:
    assert overlays.json_path(path) == expected


@pytest.mark.skipif(not (node.MODULES / ".bin" / "redocly").exists(), reason="`make tools` installs redocly")
def test_redocly_accepts_the_specs_and_their_overlays(specs: list[Spec], tmp_path: Path) -> None:
    paths = [tmp_path / f"{spec.name}.overlay.yaml" for spec in specs]
    for path, spec in zip(paths, specs, strict=True):
        path.write_text(overlays.overlay(spec), encoding="utf-8")
    broken = tmp_path / "broken.overlay.yaml"
    broken.write_text(
        paths[0].read_text(encoding="utf-8").replace("- target:", "- place:", 1), encoding="utf-8"
    )

    assert lint.redocly([SPECS / f"{spec.name}.yaml" for spec in specs] + paths) == []
    assert "target" in str(lint.redocly([broken]))  # so it reads overlays at all
