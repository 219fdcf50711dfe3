"""A few SVG primitives: deterministic text, no scripts, colours by CSS class only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Point = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """Maps values linearly onto pixels."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """The pixel of a value, clamped to the scale."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + min(max(share, 0.0), 1.0) * (self.stop - self.start), 1)


def num(value: float) -> str:
    """A number without trailing zeros."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> Markup:
    """A line of text; `anchor` is start, middle or end."""
    return Markup('<text x="{}" y="{}" class="{}" text-anchor="{}">{}</text>').format(
        num(x), num(y), css, anchor, words
    )


def rect(x: float, y: float, width: float, height: float, css: str, hover: str = "") -> Markup:
    """A box; `hover` is shown when the pointer rests on it."""
    title = Markup("<title>{}</title>").format(hover) if hover else Markup("")
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" class="{}">{}</rect>').format(
        num(x), num(y), num(max(width, 0)), num(height), css, title
    )


def line(a: Point, b: Point, css: str) -> Markup:
    """A straight line."""
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(
        num(a[0]), num(a[1]), num(b[0]), num(b[1]), css
    )


def polyline(points: Sequence[Point], css: str) -> Markup:
    """An open line through points; nothing for fewer than two."""
    if len(points) < 2:
        return Markup("")
    path = " ".join(f"{num(x)},{num(y)}" for x, y in points)
    return Markup('<polyline points="{}" class="{}"/>').format(path, css)


def area(points: Sequence[Point], base: float, css: str) -> Markup:
    """The surface between points and a base line."""
    if len(points) < 2:
        return Markup("")
    closed = [(points[0][0], base), *points, (points[-1][0], base)]
    path = " ".join(f"{num(x)},{num(y)}" for x, y in closed)
    return Markup('<polygon points="{}" class="{}"/>').format(path, css)


def drawing(width: float, height: float, title: str, parts: Iterable[Markup]) -> Markup:
    """A whole drawing that scales with the page; `title` is what a screen reader says."""
    body = Markup("").join(parts)
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" xmlns="http://www.w3.org/2000/svg">{}</svg>'
    ).format(num(width), num(height), escape(title), body)
