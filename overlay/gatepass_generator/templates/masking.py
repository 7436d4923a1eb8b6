"""Keeps secrets out of everything that prints objects of generated classes."""

from collections.abc import Iterator
from typing import Any


class _Masked:
    def __repr__(self) -> str:
        return "***"


MASKED = _Masked()


def mask(cls: Any, *secret: str) -> None:
    """Hide the secret fields of an attrs class, and fields the spec does not know, from all that print it.

    Some printers read attrs fields past the `repr`: rich, hypothesis and IPython, and pytest where a
    comparison fails. Reading an attribute, `to_dict()` and `attrs.asdict()` give the values as before.
    """
    hidden = {*secret, "additional_properties"}
    generated_eq = cls.__eq__

    def __rich_repr__(self: Any) -> Iterator[tuple[str, Any]]:
        for field in cls.__attrs_attrs__:
            value = getattr(self, field.name)
            if field.name in secret:
                yield field.name, MASKED
            elif field.name != "additional_properties":
                yield field.name, value
            elif value:
                yield field.name, dict.fromkeys(value, MASKED)

    def __repr__(self: Any) -> str:
        return f"{cls.__name__}({', '.join(f'{name}={value!r}' for name, value in __rich_repr__(self))})"

    def _repr_pretty_(self: Any, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))

    def __dir__(self: Any) -> list[str]:  # what `rich.inspect` shows
        return [name for name in object.__dir__(self) if name not in hidden]

    def __eq__(self: Any, other: object) -> Any:  # pytest lists fields only where attrs generated this
        return generated_eq(self, other)

    for method in (__rich_repr__, __repr__, _repr_pretty_, __dir__, __eq__):
        setattr(cls, method.__name__, method)
