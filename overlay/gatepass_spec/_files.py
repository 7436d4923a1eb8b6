"""Which files of a folder describe providers."""

from pathlib import Path

SERVICE_FILE = "token-service.yaml"
"""Describes gatepass's own token service, which is no provider."""
SERVICE_PACKAGE = "token_service"
"""Its typed client."""


def provider_files(folder: Path) -> list[Path]:
    """The specs of the providers in a folder, in order of their names."""
    return sorted(path for path in folder.glob("*.yaml") if path.name != SERVICE_FILE)
