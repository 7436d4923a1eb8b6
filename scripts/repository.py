"""The folders of this repository, and its specs."""

from pathlib import Path

from gatepass_generator.reader import load_all
from gatepass_spec import Spec, SpecError, provider_files

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "specs"


def load_specs(folder: Path = SPECS) -> list[Spec]:
    """Read and check the specs of all providers in a folder, by name; SpecError names every problem."""
    paths = provider_files(folder)
    if not paths:
        raise SpecError(f"{folder}: no *.yaml here; write a spec as described in {SPECS / 'README.md'}")
    return load_all(paths)
