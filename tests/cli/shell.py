"""Runs the command line as a shell would."""

import contextlib
import io
import subprocess
import sys
from typing import Any

from gatepass.cli import main

from ..patience import PATIENCE

COMMAND = [sys.executable, "-m", "gatepass"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(list(arguments))
        except SystemExit as end:  # argparse
            status = int(str(end.code))
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def run_apart(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    options = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "timeout": PATIENCE,
    } | options
    return subprocess.run([*COMMAND, *arguments], **options)
