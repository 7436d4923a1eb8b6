"""Draws line charts in SVG of the cost per unit as the number of units grows, with a panel for each kind."""

import math
from collections.abc import Iterator
from html import escape

from .chart import STYLE, WIDTH
from .growth import FLAT, relative, series, times
from .row import PerUnit

LEFT, RIGHT, HEIGHT, LINE = 40, 20, 150, 17
"""Pixels: the margins, the height of the plot, and a line of the legend."""
LEAST, MOST = 0.125, 16.0
"""Relative costs at the ends of the logarithmic scale; values beyond are drawn at the end."""
STYLES = """
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.grid { stroke: #d8dee4; stroke-width: 1 }
.limit { stroke: #cf222e; stroke-width: 1; stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) { .grid { stroke: #3d444d } .limit { stroke: #f85149 } }
"""
COLOURS = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#7d6b00", "#0f7f8c", "#6e7781")
DARK = ("#4493f8", "#f0883e", "#3fb950", "#ab7df8", "#db61a2", "#d4b106", "#39c5cf", "#9198a1")
DASHES = ("", "7 3", "2 3")
"""Used in turn once all colours are used."""


def line_chart(title: str, figures: list[PerUnit]) -> str:
    drawn, y = [f'<text class="title" x="0" y="18">{escape(title)}</text>'], 24
    drawn.append(
        f'<text class="note" x="0" y="{y + 14}">Relative to the smallest number, both scales logarithmic; '
        f"the dashed line is {FLAT:g} times.</text>"
    )
    y += 30
    for noun in dict.fromkeys(step.noun for step in figures):
        steps = [step for step in figures if step.noun == noun and step.size > 0]
        lines = {measure: line for measure, line in series(steps).items() if is_drawn(line, figures)}
        if lines:
            drawn += panel(noun, lines, y)
            y += HEIGHT + LINE * len(lines) + 62
    styles = STYLE + STYLES + colours(COLOURS)
    styles += f"@media (prefers-color-scheme: dark) {{\n{colours(DARK)}}}\n"
    body = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" '
        f'role="img">\n<title>{escape(title)}</title>\n<style>{styles}</style>\n{body}\n</svg>\n'
    )


def colours(palette: tuple[str, ...]) -> str:
    return "".join(f".c{number} {{ stroke: {colour} }}\n" for number, colour in enumerate(palette))


def is_drawn(steps: list[PerUnit], figures: list[PerUnit]) -> bool:
    """Whether a line is drawn: there are several steps, including the first, which is positive."""
    first = series(figures)[steps[0].measure][0]
    return first == steps[0] and first.figure > 0 and len(steps) > 1


def panel(noun: str, lines: dict[str, list[PerUnit]], y: int) -> Iterator[str]:
    sizes = sorted({step.size for steps in lines.values() for step in steps})
    top = y + 24

    def across(size: int) -> float:
        share = math.log(size / sizes[0]) / math.log(sizes[-1] / sizes[0])
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def down(ratio: float) -> float:
        inside = min(max(ratio, LEAST), MOST)
        return round(top + HEIGHT * math.log(MOST / inside) / math.log(MOST / LEAST), 1)

    yield f'<text class="measure" x="0" y="{y + 14}">Number of {escape(noun)}</text>'
    for ratio in (0.25, 1.0, 4.0, 16.0):
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down(ratio)}" y2="{down(ratio)}"/>'
        yield f'<text class="note" x="{LEFT - 6}" y="{down(ratio) + 4}" text-anchor="end">{ratio:g}</text>'
    yield f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{down(FLAT)}" y2="{down(FLAT)}"/>'
    for size in sizes:
        yield (
            f'<text class="note" x="{across(size)}" y="{top + HEIGHT + 16}" '
            f'text-anchor="middle">{size:,}</text>'
        )
    below = top + HEIGHT + 24
    for number, (measure, steps) in enumerate(lines.items()):
        dashes = DASHES[number // len(COLOURS) % len(DASHES)]
        kind = f'class="line c{number % len(COLOURS)}" stroke-dasharray="{dashes}"'
        ratios = [(step.size, relative(steps[0], step) or 0.0) for step in steps]
        points = " ".join(f"{across(size)},{down(ratio)}" for size, ratio in ratios)
        at = below + number * LINE
        yield f'<polyline {kind} points="{points}"/>'
        yield f'<line {kind} x1="{LEFT}" x2="{LEFT + 24}" y1="{at + 8}" y2="{at + 8}"/>'
        yield f'<text x="{LEFT + 32}" y="{at + 12}">{escape(measure)}'
        yield f'<tspan class="note"> {times(ratios[-1][1])} times</tspan></text>'
