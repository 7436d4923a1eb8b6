"""Runs the command line in this process or in another."""

import contextlib
import io
import subprocess
import sys
from typing import Any

from gatepass_cli import main

from ..timeouts import HANG_TIMEOUT

COMMAND = [sys.executable, "-m", "gatepass"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(list(arguments))
        except SystemExit as end:  # argparse
            status = int(str(end.code))
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def run_in_subprocess(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    options = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "timeout": HANG_TIMEOUT,
    } | options
    return subprocess.run([*COMMAND, *arguments], **options)
