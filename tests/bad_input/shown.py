"""Everything that somebody may come to see of an error: a log, a traceback with locals, a report."""

from __future__ import annotations

from pathlib import Path

TESTS = str(Path(__file__).resolve().parents[1])


def shown(error: BaseException) -> str:
    """The text of an error, of what it hangs on, and of the locals of every frame that is not a test's."""
    seen: set[int] = set()
    said: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        said += [str(one), repr(one), repr(one.args), repr(vars(one)), *getattr(one, "__notes__", [])]
        said += [_safe_repr(value) for value in locals_of(one)]
        waiting += [one.__cause__, one.__context__]
    return "\n".join(said)


def locals_of(error: BaseException) -> list[object]:
    """What the frames of an error's traceback hold, those of the tests left out."""
    found: list[object] = []
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if not frame.f_code.co_filename.startswith(TESTS):
            found += frame.f_locals.values()
        traceback = traceback.tb_next
    return found


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # what is half made may have no repr; whoever reports errors skips it
        return f"no repr: {type(error).__name__}"
