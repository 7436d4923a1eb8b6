"""Draws horizontal bar charts in SVG, with selectable text and colours for light and dark pages."""

import math
from collections.abc import Iterator
from html import escape

from .peers import FLOOR, OURS
from .row import Row

WIDTH, LEFT, RIGHT, LINE = 720, 170, 70, 18
"""Pixels: the chart, the names on its left, the figures on its right, and one bar with its margins."""
LOG_FROM = 50
"""The scale is logarithmic if the largest figure is at least this many times the smallest."""
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.measure { font-weight: 600 }
.note, .figure { fill: #59636e }
.bar { fill: #afb8c1 } .ours { fill: #0969da } .floor { fill: #d8dee4 }
.spread { stroke: #59636e; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .note, .figure { fill: #9198a1 }
  .bar { fill: #656c76 } .ours { fill: #4493f8 } .floor { fill: #3d444d }
  .spread { stroke: #9198a1 }
}
"""


def chart(title: str, rows: list[Row]) -> str:
    """A chart with a panel for each measure, and in it a bar for each contender."""
    drawn, y = [f'<text class="title" x="0" y="18">{escape(title)}</text>'], 30
    for measure in dict.fromkeys(row.measure for row in rows):
        panel = [row for row in rows if row.measure == measure]
        drawn += panel_of(measure, panel, y)
        y += LINE * (len(panel) + 1) + 14
    body = "\n".join(drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" '
        f'role="img">\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n{body}\n</svg>\n'
    )


def panel_of(measure: str, rows: list[Row], y: int) -> Iterator[str]:
    figures = [row.figure for row in rows if row.figure > 0 and row.contender != FLOOR]
    log = bool(figures) and max(figures) / min(figures) >= LOG_FROM
    scale = " (logarithmic)" if log else ""
    label = f"{measure}, {rows[0].unit}" if rows[0].unit else measure
    yield f'<text class="measure" x="0" y="{y + 14}">{escape(label)}'
    yield f'<tspan class="note">{scale}</tspan></text>'
    for number, row in enumerate(rows, 1):
        yield from bar(row, y + number * LINE, Scale(rows, log))


class Scale:
    """Converts figures to pixels."""

    def __init__(self, rows: list[Row], log: bool) -> None:
        ends = [end for row in rows for end in (row.figure, row.high) if end > 0]
        self._log, self._most = log, max(ends, default=1.0)
        self._least = min(ends, default=1.0) / 2

    def __call__(self, figure: float) -> float:
        if self._log:
            share = math.log(max(figure, self._least) / self._least) / math.log(self._most / self._least)
        else:
            share = max(figure, 0.0) / self._most
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def bar(row: Row, y: int, scale: Scale) -> Iterator[str]:
    """A name, a bar with its spread as a line, and the figure."""
    kind = {OURS: "bar ours", FLOOR: "bar floor"}.get(row.contender, "bar")
    low, end, high = scale(row.low), scale(row.figure), scale(row.high)
    yield f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(row.contender)}</text>'
    yield f'<rect class="{kind}" x="{LEFT}" y="{y + 3}" width="{round(end - LEFT, 1)}" height="12" rx="2"/>'
    if high - low >= 1:
        yield f'<line class="spread" x1="{low}" x2="{high}" y1="{y + 9}" y2="{y + 9}"/>'
    yield f'<text class="figure" x="{max(end, high) + 6}" y="{y + 14}">{written(row.figure)}</text>'


def written(figure: float) -> str:
    """A figure with three significant digits, and at most two decimals."""
    if figure == int(figure):
        return f"{figure:,.0f}"
    places = 0 if abs(figure) >= 100 else 1 if abs(figure) >= 10 else 2
    return f"{figure:,.{places}f}"
