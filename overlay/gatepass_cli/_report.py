"""What `gatepass doctor` prints."""

from ._terminal import print_line


class Report:
    """Prints a line for each step; `status` is that of the first step that failed."""

    def __init__(self) -> None:
        self.status = 0

    def ok(self, step: str, text: str) -> None:
        self._print("ok", step, text)

    def note(self, step: str, text: str) -> None:
        """Something to know, which may be right."""
        self._print("note", step, text)

    def failed(self, step: str, text: str, status: int) -> None:
        self._print("failed", step, text)
        self.status = self.status or status

    def _print(self, outcome: str, step: str, text: str) -> None:
        print_line(f"{outcome:<7} {step:<10} {text}")
