"""Fills what is live into an example, in the type and shape that the example has there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from ._place import MISSING, Json
from ._scheme import Places


def like(example: Json, value: Json) -> Json:
    """The value in the JSON type of the example."""
    if not isinstance(value, (int, float)):
        return value
    number = int(value) if value == int(value) else value
    return str(number) if isinstance(example, str) else number


def expiry_number(example: Json, at: float) -> Json:
    """A point in time in the example's magnitude: seconds, or milliseconds from 12 digits on."""
    long = len(str(example).partition(".")[0]) >= 12
    return like(example, int(at * 1000) if long else int(at))


def expiry_date(example: Json, at: float) -> Json:
    """A point in time as the example writes it: its separator, its digits, its zone or none."""
    shape = re.fullmatch(
        r"\d{4}-\d\d-\d\d(?:(.)\d\d:\d\d:\d\d(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?", str(example)
    )
    moment = datetime.fromtimestamp(at, UTC)
    if shape is None:
        return moment.isoformat()
    text = f"{moment:%Y-%m-%d}"
    if shape[1]:
        text += f"{shape[1]}{moment:%H:%M:%S}"
    if shape[2]:
        digits = len(shape[2])
        text += "." + f"{moment:%f}".ljust(digits, "0")[:digits]
    zone = shape[3] or ""
    return text + (zone if zone in ("", "Z") else "+00:00" if ":" in zone else "+0000")


def fill(
    places: Places,
    value: Json,
    body: Json,
    headers: dict[str, str],
    shaped: Callable[[Json, Json], Json] = like,
) -> None:
    """Put the value at the first of the places that the example has; nowhere if it has none.

    A 0 stays: an example shows with it that the provider does not say.
    """
    for place in places:
        example = place.find(body, headers)
        if example not in (MISSING, 0, "0"):
            place.put(shaped(example, value), body, headers)
        if example is not MISSING:
            return
