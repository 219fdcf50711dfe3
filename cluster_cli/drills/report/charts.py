"""The report's drawings: the RTO waterfall, and throughput and latency over time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from cluster_cli.drills.report import svg
from cluster_cli.drills.report.model import DomainReport, PromiseReport
from cluster_cli.drills.report.series import BUCKET, Bucket, Series, ticks

WIDTH = 960.0
LEFT, RIGHT = 64.0, 16.0
ROWS = 3
"""Rows of words above a chart."""
PHASES = (
    ("detect", "detect"),
    ("elect_or_promote", "elect or promote"),
    ("route", "route"),
    ("first_ack", "first ack"),
)


@dataclass(frozen=True)
class Mark:
    """A moment on the time axis; `css` is fault, landed, restored or lifted."""

    at: float
    label: str
    css: str


def seconds(value: float) -> str:
    """A duration for people: `0.84 s`, `12.3 s`, `41 ms`."""
    if value == 0:
        return "0 s"
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def waterfall(rows: Sequence[tuple[str, DomainReport, PromiseReport]]) -> Markup:
    """One bar a domain, on a common axis that begins where the RTO does."""
    longest = max((row.rto_seconds or 0.0 for _, row, _ in rows), default=0.0)
    marks = ticks(max(longest, 0.1) * 1.02, 6)
    scale = svg.Scale(0.0, marks[-1], 96.0, WIDTH - 150.0)
    bottom = 26.0 + 62.0 * len(rows)
    parts: list[Markup] = []
    for tick in marks:
        x = scale(tick)
        parts.append(svg.line((x, 14), (x, bottom), "grid"))
        parts.append(svg.text(x, bottom + 16, f"{tick:g} s", "tick", "middle"))
    for n, (name, row, promise) in enumerate(rows):
        parts += _bar(name, row, promise, scale, 24.0 + 62.0 * n)
    return svg.drawing(WIDTH, bottom + 26, "RTO waterfall per domain", parts)


def _bar(name: str, row: DomainReport, promise: PromiseReport, scale: svg.Scale, top: float) -> list[Markup]:
    parts = [svg.text(84, top + 21, name, "name", "end")]
    if row.rto_seconds is None:
        end = scale(scale.high)
        parts.append(svg.rect(scale(0), top, end - scale(0), 30, "never", "writes never came back"))
        parts.append(svg.text(scale(0) + 10, top + 20, "writes never came back", "onbar"))
    elif not row.interrupted:
        end = scale(0)
        parts.append(svg.rect(scale(0) - 1, top, 3, 30, "ok"))
    else:
        end = scale(row.rto_seconds)
        parts += _segments(row, scale, top)
    total = "never" if row.rto_seconds is None else seconds(row.rto_seconds) if row.interrupted else "0 s"
    limit = "no promise" if promise.rto is None else f"SLA {promise.rto:g} s"
    parts.append(svg.text(end + 10, top + 14, total, "total"))
    parts.append(
        svg.text(end + 10, top + 30, limit if row.interrupted else f"no interruption, {limit}", "sub")
    )
    return parts


def _segments(row: DomainReport, scale: svg.Scale, top: float) -> list[Markup]:
    parts: list[Markup] = []
    begin = 0.0
    for key, label in PHASES:
        length: float = getattr(row.rto_phases, key)
        left, right = scale(begin), scale(begin + length)
        begin += length
        if length <= 0:
            continue
        words = f"{label} {seconds(length)}"
        parts.append(svg.rect(left, top, max(right - left - 1, 1), 30, f"phase-{key}", words))
        if right - left > 7.2 * len(words):
            parts.append(svg.text((left + right) / 2, top + 20, words, f"onbar on-{key}", "middle"))
        elif right - left > 7.2 * len(seconds(length)):
            parts.append(svg.text((left + right) / 2, top + 20, seconds(length), f"onbar on-{key}", "middle"))
    return parts


def throughput(series: Series, span: tuple[float, float], marks: Sequence[Mark]) -> Markup:
    """Acknowledged writes a second as an area; failed attempts as bars beneath the axis line."""
    height, top, base = 192.0, 46.0, 152.0
    axis = ticks(series.peak or 1.0, 3)
    x, y = svg.Scale(*span, LEFT, WIDTH - RIGHT), svg.Scale(0.0, axis[-1], base, top)
    css = "hit" if series.affected else "calm"
    points = _steps(series.buckets, x, lambda b: y(b.acked / BUCKET))
    parts = _frame(axis, y, lambda v: f"{v:g}")
    parts += _marks(marks, x, top, base)
    parts += [svg.area(points, base, f"area-{css}"), svg.polyline(points, f"line-{css}")]
    parts += _failures(series.buckets, x, base)
    parts += _time_axis(span, x, base + 14)
    return svg.drawing(WIDTH, height, f"acknowledged writes a second, {series.label}", parts)


def latency(series: Series, span: tuple[float, float], marks: Sequence[Mark]) -> Markup:
    """Median and slowest acknowledgement of each half second, on a logarithmic axis in seconds."""
    height, top, base = 140.0, 8.0, 112.0
    worst = max((b.worst or 0.0 for b in series.buckets), default=0.0)
    decades = range(-4, max(1, math.ceil(math.log10(max(worst, 0.001)))) + 1)
    x = svg.Scale(*span, LEFT, WIDTH - RIGHT)
    logs = svg.Scale(decades[0], decades[-1], base, top)

    def y(value: float) -> float:
        return logs(math.log10(max(value, 1e-4)))

    parts: list[Markup] = []
    for decade in decades:
        parts.append(svg.line((LEFT, logs(decade)), (WIDTH - RIGHT, logs(decade)), "grid"))
        label = f"{10**decade:g} s" if decade >= 0 else f"{10 ** (decade + 3):g} ms"
        parts.append(svg.text(LEFT - 8, logs(decade) + 4, label, "tick", "end"))
    parts += _marks(marks, x, top, base, words=False)
    css = "hit" if series.affected else "calm"
    for segment in _runs(series.buckets):
        middle = [(x(b.start + BUCKET / 2), y(b.p50 or 0.0)) for b in segment]
        upper = [(x(b.start + BUCKET / 2), y(b.worst or 0.0)) for b in segment]
        parts += [svg.polyline(upper, f"thin-{css}"), svg.polyline(middle, f"line-{css}")]
    parts += _time_axis(span, x, base + 4)
    return svg.drawing(WIDTH, height, f"latency, {series.label}", parts)


def _steps(buckets: Sequence[Bucket], x: svg.Scale, y: Callable[[Bucket], float]) -> list[svg.Point]:
    points: list[svg.Point] = []
    for bucket in buckets:
        points += [(x(bucket.start), y(bucket)), (x(bucket.start + BUCKET), y(bucket))]
    return points


def _runs(buckets: Sequence[Bucket]) -> list[list[Bucket]]:
    """Consecutive buckets with acknowledgements: a line must not bridge an outage."""
    runs: list[list[Bucket]] = [[]]
    for bucket in buckets:
        if bucket.p50 is None:
            runs.append([])
        else:
            runs[-1].append(bucket)
    return [run for run in runs if run]


def _frame(axis: Sequence[float], y: svg.Scale, label: Callable[[float], str]) -> list[Markup]:
    parts: list[Markup] = []
    for tick in axis:
        parts.append(svg.line((LEFT, y(tick)), (WIDTH - RIGHT, y(tick)), "grid"))
        parts.append(svg.text(LEFT - 8, y(tick) + 4, label(tick), "tick", "end"))
    return parts


def _failures(buckets: Sequence[Bucket], x: svg.Scale, base: float) -> list[Markup]:
    most = max((bucket.failed for bucket in buckets), default=0)
    if not most:
        return []
    parts: list[Markup] = []
    for bucket in buckets:
        if bucket.failed:
            height = 3 + 9 * bucket.failed / most
            left, right = x(bucket.start), x(bucket.start + BUCKET)
            hover = f"{bucket.failed} failed attempts"
            parts.append(svg.rect(left, base + 1, right - left, height, "failed", hover))
    return parts


def _time_axis(span: tuple[float, float], x: svg.Scale, y: float) -> list[Markup]:
    marks = ticks(span[1] - span[0], 8)
    return [
        svg.text(x(span[0] + t), y + 16, f"{t:g} s", "tick", "middle")
        for t in marks
        if t <= span[1] - span[0]
    ]


def merged(marks: Sequence[Mark], within: float = 0.75) -> list[Mark]:
    """Marks of one kind that lie closer than `within` seconds become one, with all their words."""
    found: list[Mark] = []
    for mark in sorted(marks, key=lambda m: (m.css, m.at)):
        last = found[-1] if found else None
        if last is None or last.css != mark.css or mark.at - last.at > within:
            found.append(mark)
        elif mark.label not in last.label.split(" + "):
            found[-1] = Mark(last.at, f"{last.label} + {mark.label}", last.css)
    return sorted(found, key=lambda m: m.at)


def _marks(
    marks: Sequence[Mark], x: svg.Scale, top: float, base: float, *, words: bool = True
) -> list[Markup]:
    """Vertical lines with their words above; words that would collide go to the next row."""
    parts: list[Markup] = []
    free = [0.0] * ROWS
    for mark in merged(marks):
        at = x(mark.at)
        parts.append(svg.line((at, top), (at, base), f"mark mark-{mark.css}"))
        if not words:
            continue
        row = next((n for n in range(ROWS) if free[n] <= at), ROWS - 1)
        length = 6.4 * len(mark.label)
        free[row] = at + length + 10
        level = top - 6 - 13 * row
        parts.append(svg.line((at, level - 8), (at, top), f"mark mark-{mark.css}"))
        left = at + length > WIDTH  # no room to the right of the line
        place, anchor = (at - 4, "end") if left else (at + 4, "start")
        parts.append(svg.text(place, level, mark.label, f"marklabel label-{mark.css}", anchor))
    return parts
