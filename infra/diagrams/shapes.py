"""SVG by hand: a box, a line of text, a document; deterministic, readable in light and dark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

# After Okabe and Ito: told apart by the colour-blind, readable on a light and on a dark ground.
GROUP_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56a4d9", "#8c6bb1", "#7f7f7f",
                 "#a0522d", "#2aa198", "#e0699f", "#6b8e23")  # fmt: skip

WIDEST_LETTER = 8  # pixels a letter of a name takes at most at 13 px

STYLE = """
svg { --ground: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #c9d1d9; --zone: #f6f8fa; --host: #ffffff;
  font-family: system-ui, sans-serif; font-size: 13px; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #0d1117; --ink: #e6edf3; --soft: #9aa4af; --line: #3d444d; --zone: #151b23;
    --host: #212830; }
}
@media print {
  svg { --ground: #ffffff; --ink: #000000; --soft: #444444; --line: #999999; --zone: #ffffff;
    --host: #ffffff; }
}
.ground { fill: var(--ground); } .region { fill: none; stroke: var(--line); stroke-width: 1.5; }
.dr { stroke-dasharray: 6 4; } .zone { fill: var(--zone); stroke: none; }
.host { fill: var(--host); stroke: var(--line); } .lost { opacity: 0.35; }
text { fill: var(--ink); } .soft { fill: var(--soft); font-size: 11px; } .strong { font-weight: 600; }
.title { font-size: 18px; font-weight: 600; }
"""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    x: int
    y: int
    width: int
    height: int


def rect(box: Box, css: str = "", *, radius: int = 6, fill: str | None = None) -> str:
    """A rounded rectangle of a class, or of a colour."""
    colour = f' fill="{fill}"' if fill else ""
    size = f'x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}"'
    return f'<rect class="{css}" {size} rx="{radius}"{colour}/>'


def text(x: int, y: int, words: str, css: str = "", *, anchor: str = "start", room: int | None = None) -> str:
    """A line of text; y is its base line; squeezed when it would not fit into `room` pixels."""
    squeeze = room is not None and len(words) * WIDEST_LETTER > room
    fit = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"' if squeeze else ""
    return f'<text class="{css}" x="{x}" y="{y}" text-anchor="{anchor}"{fit}>{escape(words)}</text>'


def document(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """A whole SVG document with a title for readers that do not see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title, quote=True)}">'
    )
    ground = rect(Box(0, 0, width, height), "ground", radius=0)
    return "\n".join(
        [head, f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", ground, *parts, "</svg>"]
    )
