"""Curves as one SVG picture: a logarithmic axis across, a linear one up from zero, each point with its value.

It follows the reader's colours, light or dark, and says in words what it shows. Knows no benchmark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Final
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 30, 64, 56
TICKS: Final = 5
"""At most, above zero."""

_STYLE: Final = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 14px; font-weight: 600 }
  .paper { fill: #ffffff }
  .grid { stroke: #d1d9e0 }
  polyline { fill: none; stroke-width: 2 }
  .c0 { stroke: #0969da } circle.c0, text.c0 { fill: #0969da; stroke: none }
  .c1 { stroke: #bc4c00 } circle.c1, text.c1 { fill: #bc4c00; stroke: none }
  .c2 { stroke: #1a7f37 } circle.c2, text.c2 { fill: #1a7f37; stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .paper { fill: #0d1117 }
    .grid { stroke: #3d444d }
    .c0 { stroke: #4493f8 } circle.c0, text.c0 { fill: #4493f8 }
    .c1 { stroke: #f0883e } circle.c1, text.c1 { fill: #f0883e }
    .c2 { stroke: #3fb950 } circle.c2, text.c2 { fill: #3fb950 }
  }
"""


@dataclass(frozen=True, slots=True)
class Curve:
    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    name: str
    """Of its file."""
    title: str
    across: str
    up: str
    curves: tuple[Curve, ...]
    """At most three: there are as many colours."""

    def svg(self) -> str:
        steps = sorted({x for curve in self.curves for x, _ in curve.points})
        scale = _Scale(steps[0], steps[-1], max(y for curve in self.curves for _, y in curve.points))
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(self._words())}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
            _text(LEFT, 22, self.title, "title"),
            *self._axes(steps, scale),
            *(part for number, curve in enumerate(self.curves) for part in _curve(number, curve, scale)),
            *self._legend(),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _words(self) -> str:
        curves = "; ".join(
            f"{curve.name}: " + ", ".join(f"{shown(x)} → {shown(y)}" for x, y in curve.points)
            for curve in self.curves
        )
        return f"{self.title} ({self.across} → {self.up}). {curves}"

    def _axes(self, steps: Sequence[float], scale: "_Scale") -> list[str]:
        middle, ground = (LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM
        up = f'<text transform="translate(16 {(TOP + ground) / 2}) rotate(-90)" text-anchor="middle">'
        parts = [
            _text(middle, HEIGHT - 12, self.across, anchor="middle"),
            f"{up}{escape(self.up)}</text>",
        ]
        for value in scale.ticks():
            y = scale.y(value)
            parts += [
                f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>',
                _text(LEFT - 8, y + 4, shown(value), anchor="end"),
            ]
        return parts + [_text(scale.x(step), ground + 18, f"{step:,g}", anchor="middle") for step in steps]

    def _legend(self) -> list[str]:
        if len(self.curves) == 1:
            return []
        room = (WIDTH - LEFT - RIGHT) / len(self.curves)
        return [
            _text(LEFT + number * room, 42, f"● {curve.name}", f"c{number}")
            for number, curve in enumerate(self.curves)
        ]


@dataclass(frozen=True, slots=True)
class _Scale:
    least: float
    most: float
    highest: float

    def x(self, value: float) -> float:
        inset = 24
        span = log10(self.most / self.least) or 1
        return LEFT + inset + (WIDTH - LEFT - RIGHT - 2 * inset) * log10(value / self.least) / span

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.ticks()[-1]

    def ticks(self) -> list[float]:
        """Round numbers, from zero to above the highest point."""
        if self.highest <= 0:
            return [0.0, 1.0]
        rough = self.highest / TICKS
        power: float = 10 ** floor(log10(rough))
        step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
        count = -(-self.highest // step)
        return [step * number for number in range(int(count) + 1)]


def _curve(number: int, curve: Curve, scale: _Scale) -> list[str]:
    spots = [(scale.x(x), scale.y(y), y) for x, y in curve.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in spots)
    beside = -9 if number % 2 == 0 else 18  # above and below, so that two curves keep apart
    return [
        f'<polyline class="c{number}" points="{line}"/>',
        *(f'<circle class="c{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y, _ in spots),
        *(_text(x, y + beside, shown(value), f"c{number}", "middle") for x, y, value in spots),
    ]


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def shown(value: float) -> str:
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2g}"
