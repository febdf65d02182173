"""The results as a picture: bars beside octoDNS, and how processor time grows with the tags.

An SVG without any library, which is legible on light and on dark pages.
"""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from benchmarks.campaigns import COMPANIES, FLOOR, LARGEST_ZONE, SIZES, TAGS_EACH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.campaigns import Samples
    from benchmarks.goals import Row

Curve = tuple[str, str, "Sequence[tuple[float, float]]"]
"""Name, class, and (tags, seconds) points."""

WIDTH, HEIGHT = 880, 400
LEFT, BARS_WIDTH, BAR, GAP = 190, 190, 20, 44
PLOT_LEFT, PLOT_TOP, PLOT_WIDTH, PLOT_HEIGHT = 500, 70, 250, 270
DECADES_X, DECADES_Y = (3, 5), (-2, 1)

STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 11px; fill: #59636e }
.grid { stroke: #d1d9e0 }
.ours { fill: #0969da; stroke: #0969da }
.octodns { fill: #bc4c00; stroke: #bc4c00 }
.floor { fill: #59636e; stroke: #59636e }
.companies { fill: #1a7f37; stroke: #1a7f37 }
.rest { fill: #d1d9e0 }
.goal { stroke: #cf222e; stroke-width: 2 }
text.ours, text.octodns, text.floor, text.companies { stroke: none }
polyline { fill: none !important; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc }
  .small { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .ours { fill: #4493f8; stroke: #4493f8 }
  .octodns { fill: #f0883e; stroke: #f0883e }
  .floor { fill: #9198a1; stroke: #9198a1 }
  .companies { fill: #3fb950; stroke: #3fb950 }
  .rest { fill: #3d444d }
  .goal { stroke: #f85149 }
}
"""


def draw(table: Sequence[Row], samples: Samples) -> str:
    """The whole picture."""
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="reconciler beside octoDNS">'
    )
    parts = [
        opening,
        f"<style>{STYLE}</style>",
        *_bars([row for row in table if row.unit == "x octoDNS"]),
        *_curves(_measured(samples)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bars(rows: Sequence[Row]) -> list[str]:
    parts = [
        _text(16, 32, "Processor time, octoDNS = 1", "title"),
        _text(16, 50, "the grey bar is octoDNS, the red line the goal", "small"),
    ]
    for number, row in enumerate(rows):
        top = PLOT_TOP + 14 + number * (BAR + GAP)
        length = min(row.value, 1) * BARS_WIDTH
        parts += [
            _text(LEFT - 12, top + 15, row.what.replace("`", ""), "", "end"),
            f'<rect class="rest" x="{LEFT}" y="{top}" width="{BARS_WIDTH}" height="{BAR}"/>',
            f'<rect class="ours" x="{LEFT}" y="{top}" width="{length:.1f}" height="{BAR}"/>',
            _text(LEFT + BARS_WIDTH + 8, top + 15, f"{row.value:.2f}", "ours"),
        ]
        if row.most is not None:
            x = LEFT + row.most * BARS_WIDTH
            parts.append(_line(x, top - 5, x, top + BAR + 5, "goal"))
    return parts


def _measured(samples: Samples) -> list[Curve]:
    def taken(name: str, sizes: Sequence[int]) -> list[tuple[float, float]]:
        return [(size, samples[f"{name} {size}"].cpu) for size in sizes]

    zones = [size for size in SIZES if size <= LARGEST_ZONE]
    shared = [
        (number * TAGS_EACH, samples[f"companies {number}"].cpu)
        for number in COMPANIES
        if 10 ** DECADES_X[0] <= number * TAGS_EACH <= 10 ** DECADES_X[1]
    ]
    return [
        ("octoDNS", "octodns", taken("octodns", zones)),
        ("reconciler", "ours", taken("plan", SIZES)),
        ("50 declared", "companies", shared),
        ("floor", "floor", taken(FLOOR, SIZES)),
    ]


def _curves(curves: Sequence[Curve]) -> list[str]:
    parts = [
        _text(PLOT_LEFT - 40, 32, "Processor seconds by tags", "title"),
        _text(PLOT_LEFT - 40, 50, "a plan without a difference; both axes logarithmic", "small"),
    ]
    for decade in range(DECADES_X[0], DECADES_X[1] + 1):
        x = _x(10**decade)
        parts.append(_line(x, PLOT_TOP, x, PLOT_TOP + PLOT_HEIGHT, "grid"))
        parts.append(_text(x, PLOT_TOP + PLOT_HEIGHT + 18, f"{10**decade:,}", "small", "middle"))
    for decade in range(DECADES_Y[0], DECADES_Y[1] + 1):
        y = _y(10.0**decade)
        parts.append(_line(PLOT_LEFT, y, PLOT_LEFT + PLOT_WIDTH, y, "grid"))
        parts.append(_text(PLOT_LEFT - 8, y + 4, f"{10.0**decade:g} s", "small", "end"))
    for name, kind, points in curves:
        drawn = " ".join(f"{_x(tags):.1f},{_y(seconds):.1f}" for tags, seconds in points)
        last_x, last_y = (float(one) for one in drawn.rpartition(" ")[2].split(","))
        parts.append(f'<polyline class="{kind}" points="{drawn}"/>')
        parts += [
            f'<circle class="{kind}" cx="{_x(tags):.1f}" cy="{_y(seconds):.1f}" r="3"/>'
            for tags, seconds in points
        ]
        parts.append(_text(last_x + 9, last_y + 4, name, kind))
    return parts


def _x(tags: float) -> float:
    low, high = DECADES_X
    return PLOT_LEFT + (log10(tags) - low) / (high - low) * PLOT_WIDTH


def _y(seconds: float) -> float:
    low, high = DECADES_Y
    return PLOT_TOP + (high - log10(seconds)) / (high - low) * PLOT_HEIGHT


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{text}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
