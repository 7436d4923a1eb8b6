"""What the command line prints: values on stdout, messages on stderr, no escape sequences on a terminal."""

import contextlib
import os
import sys


def assignment(name: str, value: str, style: str) -> str:
    """A variable as a line for `eval` in a shell ("env") or for a .env file ("dotenv")."""
    if style == "env":
        quoted = value.replace("'", "'\\''")
        return f"export {name}='{quoted}'"
    # python-dotenv reads these two escapes in single quotes, and nothing else.
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{quoted}'"


def printable(string: str) -> str:
    """The string with escapes for what a terminal would interpret or hide."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in string
    )


def say(message: str) -> None:
    """Print a message for people on stderr; if that is not possible, go on without."""
    if sys.stderr is not None:
        try:
            print(f"gatepass: {printable(message)}", file=sys.stderr, flush=True)
        except OSError:  # at exit, Python would write what is buffered again, and fail with status 120
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - not None, with which `print` writes to stdout


def print_line(line: str) -> None:
    """Print a line on stdout, escaped wherever it goes."""
    print(printable(line), flush=True)


def print_value(value: str) -> None:
    """Print a token or a secret: as it is, but escaped on a terminal."""
    if sys.stdout.isatty() and printable(value) != value:
        say("the value has control characters, which are shown here as escapes")
        value = printable(value)
    try:
        print(value, flush=True)
    except OSError:
        drop_output()
        raise


def drop_output() -> None:
    """Discard what is still buffered, because to write it at exit would fail again."""
    with contextlib.suppress(OSError):  # a caller's stand-in for stdout may have no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def reason_of(error: Exception) -> str:
    """The reason of the failure, without any part of what was to be printed."""
    if isinstance(error, UnicodeEncodeError):
        return "stdout cannot encode the value: set PYTHONIOENCODING=utf-8"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or "it failed"
    return str(error)
