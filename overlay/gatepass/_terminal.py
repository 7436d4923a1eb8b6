"""What the command line prints: values on stdout, messages on stderr, nothing that steers a terminal."""

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
    """The string with escapes for what a terminal would obey or hide."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in string
    )


def say(message: str) -> None:
    """Something for people, on stderr; a stderr that cannot take it is no reason to fail."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(f"gatepass: {printable(message)}", file=sys.stderr, flush=True)


def print_line(line: str) -> None:
    """A line that is no value, with escapes wherever it goes."""
    print(printable(line), flush=True)


def print_value(value: str) -> None:
    """A token or a secret: as it is, but on a terminal with escapes."""
    if sys.stdout.isatty() and printable(value) != value:
        say("it has control characters in it, which are shown here as escapes")
        value = printable(value)
    try:
        print(value, flush=True)
    except OSError:
        drop_output()
        raise


def drop_output() -> None:
    """Let nothing be written when the process ends: it would fail again."""
    with contextlib.suppress(OSError):  # a caller's stand-in for stdout may have no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def reason_of(error: Exception) -> str:
    """Why it failed, without a character of what was to be printed."""
    if isinstance(error, UnicodeEncodeError):
        return "stdout cannot print a character of it: set PYTHONIOENCODING=utf-8"
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror or "it failed"
    return str(error)
