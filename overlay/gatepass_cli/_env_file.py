"""Variables from a .env file."""

import os
from pathlib import Path

from gatepass import ConfigError


def read_env_file(path: Path) -> None:
    """Set the variables of a file that are not set; ConfigError if it cannot be read as such a file."""
    try:
        from dotenv import dotenv_values
    except ImportError as error:
        hint = "pip install 'gatepass[cli]'"
        raise ConfigError(f"--env-file needs {error.name}: {hint}") from None
    try:
        with path.open(encoding="utf-8") as file:
            variables = dotenv_values(stream=file, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--env-file {path}: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    for name, value in variables.items():
        if value is None:
            raise ConfigError(f"--env-file {path}: write NAME=value on each line")
        os.environ.setdefault(name, value)
