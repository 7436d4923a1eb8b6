"""The public API with its signatures. Update `api.txt` for an intended change.

.venv/bin/python -m tests.test_api > tests/api.txt        renews the file
"""

import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ForwardRef, Literal, Union, get_args, get_origin

import gatepass

ROOT = Path(__file__).parents[1]
SNAPSHOT = ROOT / "tests" / "api.txt"
MODULES = (
    "gatepass",
    "gatepass.provider",
    "gatepass.pytest_plugin",
    "gatepass.stores",
    "gatepass.testing",
    "gatepass.otel",
    "gatepass_emulator",
)
WIDTH = 100


def test_the_public_api_is_that_of_the_snapshot() -> None:
    # In another process, because the tests change defaults of this one.
    command = [sys.executable, "-m", "tests.test_api"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == SNAPSHOT.read_text(encoding="utf-8").splitlines()


def public_api() -> Iterator[str]:
    """Every public name; a class with the members that it does not inherit from a public class."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        own = [name for name, value in vars(module).items() if module_of(value) == module_name]
        for name in sorted(getattr(module, "__all__", own)):
            value = getattr(module, name)
            if inspect.isclass(value):
                yield from class_lines(f"{module_name}.{name}", value)
            elif not name.startswith("_"):
                yield from function_lines(f"{module_name}.{name}", value)


def module_of(value: Any) -> str:
    return str(getattr(value, "__module__", ""))


def class_lines(path: str, kind: type) -> Iterator[str]:
    bases = ", ".join(base.__name__ for base in kind.__bases__ if base is not object)
    is_exception = issubclass(kind, Exception) and "__init__" not in vars(kind)
    yield from function_lines(f"class {path}({bases})", None if is_exception else kind)
    public_bases = [base for base in kind.__mro__[1:] if base.__name__ in gatepass.__all__]
    for name, member in sorted(inspect.getmembers_static(kind)):
        owner = next(base for base in kind.__mro__ if name in vars(base))
        is_own = owner is kind or not any(hasattr(base, name) for base in public_bases)
        if not name.startswith("_") and is_own and owner.__module__.startswith("gatepass"):
            yield from function_lines(f"    {name}", member)


def function_lines(start: str, value: Any) -> Iterator[str]:
    """A function with its signature, in several lines if it is long; anything else by name alone."""
    function = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
    if not callable(function):
        yield start
        return
    try:
        signature = inspect.signature(function)
    except ValueError:
        yield start
        return
    parameters, kinds = [], [parameter.kind for parameter in signature.parameters.values()]
    for index, parameter in enumerate(signature.parameters.values()):
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.KEYWORD_ONLY not in kinds[:index]:
            parameters += [] if parameter.VAR_POSITIONAL in kinds else ["*"]
        parameters.append(parameter_text(parameter))
    word = "async " if inspect.iscoroutinefunction(function) else ""
    result = "" if inspect.isclass(value) else f" -> {type_text(signature.return_annotation)}"
    line = f"{start}: {word}({', '.join(parameters)}){result}"
    if isinstance(value, property):
        yield f"{start}{result}"
    elif len(line) <= WIDTH:
        yield line
    else:
        margin = " " * (len(start) - len(start.lstrip()) + 4)
        yield f"{start}: {word}("
        yield from (f"{margin}{parameter}," for parameter in parameters)
        yield f"{margin[4:]}){result}"


def parameter_text(parameter: inspect.Parameter) -> str:
    stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
    stars = "**" if parameter.kind is parameter.VAR_KEYWORD else stars
    text = f"{stars}{parameter.name}"
    if parameter.annotation is not parameter.empty:
        text += f": {type_text(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        is_plain = isinstance(parameter.default, (str, int, float, NoneType))
        text += f" = {parameter.default!r}" if is_plain else " = ..."
    return text


def type_text(annotation: Any) -> str:
    """A type as it is written in a program; the same in every version of Python."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    if annotation in (None, NoneType):
        return "None"
    if origin in (Union, UnionType):
        return " | ".join(map(type_text, arguments))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if isinstance(annotation, list):
        return f"[{', '.join(map(type_text, annotation))}]"
    if annotation is ...:
        return "..."
    name = getattr(origin or annotation, "__name__", None) or str(annotation).rpartition(".")[2]
    return f"{name}[{', '.join(map(type_text, arguments))}]" if arguments else str(name)


if __name__ == "__main__":
    print(*public_api(), sep="\n")
