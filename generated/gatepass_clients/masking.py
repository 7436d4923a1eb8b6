"""Keeps secrets out of the `repr` of generated classes."""

from typing import Any


def mask(cls: Any, *secret: str) -> None:
    """Give an attrs class a `repr` that shows neither its secret fields nor fields the spec does not know."""

    def __repr__(self: Any) -> str:
        shown = []
        for field in cls.__attrs_attrs__:
            value = getattr(self, field.name)
            if field.name == "additional_properties":
                if value:
                    hidden = ", ".join(f"{key!r}: ***" for key in value)
                    shown.append(f"additional_properties={{{hidden}}}")
            elif field.name in secret:
                shown.append(f"{field.name}=***")
            else:
                shown.append(f"{field.name}={value!r}")
        return f"{cls.__name__}({', '.join(shown)})"

    cls.__repr__ = __repr__
