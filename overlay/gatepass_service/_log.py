"""The log of the service: lines of JSON on stderr."""

import contextlib
import json
import logging
import os
import queue
import threading
from datetime import UTC, datetime

LIMIT = 10_000
"""Lines that wait to be written; more are dropped."""
STDERR = 2
LAST_LINES_TIMEOUT = 1.0
"""Seconds to write what is left when the service ends."""


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname.lower(), "message": record.getMessage()}
        return json.dumps(line | getattr(record, "fields", {}))


class StderrHandler(logging.Handler):
    """Writes on a thread of its own, because stderr may be slow, stuck or full, and requests must not be.

    It writes to the descriptor: the lock of `sys.stderr`, held by a stuck thread, would abort the exit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: queue.Queue[bytes | None] = queue.Queue(LIMIT)
        self._thread = threading.Thread(target=self._write, name="gatepass log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(f"{self.format(record)}\n".encode())

    def close(self) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(LAST_LINES_TIMEOUT)
        super().close()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(OSError):
                os.write(STDERR, line)


def start_logging() -> StderrHandler:
    """Write the log of gatepass to stderr; close the handler at the end."""
    handler = StderrHandler()
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("gatepass")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return handler
