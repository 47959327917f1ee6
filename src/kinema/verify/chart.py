"""Line charts as SVG text: no script, no font. The page's style sheet colours them, light or dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 560, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 14, 34
_POINTS = 700
"""Per line: more than the pixels it is drawn on are wasted bytes."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One curve. `tone` 1 to 6 is its colour; `dashed` marks a bound; `steps` draws it as stairs."""

    name: str
    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    tone: int
    dashed: bool = False
    steps: bool = False
    stems: bool = False
    """Vertical lines from zero instead of a curve."""


def chart(title: str, lines: Sequence[Line], *, x_label: str, y_label: str) -> str:
    """A `<figure>` with a caption, a legend and the curves."""
    curves = [(line, *_thinned(line)) for line in lines]
    curves = [(line, x, y) for line, x, y in curves if len(x)]
    x_low, x_high = _range([x for _, x, _ in curves], zero=False)
    y_low, y_high = _range([y for _, _, y in curves], zero=True)
    x_ticks, y_ticks = ticks(x_low, x_high, 7), ticks(y_low, y_high, 5)
    y_low, y_high = min(y_low, y_ticks[0]), max(y_high, y_ticks[-1])

    def at(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (
            _LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - _LEFT - _RIGHT),
            HEIGHT - _BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - _TOP - _BOTTOM),
        )

    body = _grid(at, x_ticks, y_ticks, x_low)
    for line, x, y in curves:
        zero = float(at(x[:1], np.zeros(1))[1][0])
        body.append(f'<path class="line {_style(line)}" d="{_path(line, *at(x, y), zero)}"/>')
    across = f'x="{WIDTH - _RIGHT}" y="{HEIGHT - 4}" text-anchor="end"'
    upward = f'transform="translate(11 {(_TOP + HEIGHT - _BOTTOM) / 2}) rotate(-90)" text-anchor="middle"'
    body += [
        f"<text {place}>{escape(label)}</text>" for place, label in ((across, x_label), (upward, y_label))
    ]
    legend = "".join(f'<span class="key {_style(line)}">{escape(line.name)}</span>' for line in lines)
    name, marks = escape(title), "".join(body)
    return (
        f'<figure class="chart"><figcaption>{name}</figcaption><div class="legend">{legend}</div>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">{marks}</svg></figure>'
    )


def _style(line: Line) -> str:
    return f"t{line.tone} dash" if line.dashed else f"t{line.tone}"


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) that cover `low` to `high`."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-6), math.floor(high / step + 1e-6)
    return [step * n for n in range(first, max(last, first + 1) + 1)]


def _grid(at, x_ticks: list[float], y_ticks: list[float], x_low: float) -> list[str]:
    body = []
    for tick in y_ticks:
        y = float(at(np.array([x_low]), np.array([tick]))[1][0])
        kind = "axis" if tick == 0 else "grid"
        body.append(f'<line class="{kind}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.4g}</text>')
    for tick in x_ticks:
        x = float(at(np.array([tick]), np.zeros(1))[0][0])
        if x <= WIDTH - _RIGHT + 1:
            place = f'x="{x:.1f}" y="{HEIGHT - _BOTTOM + 16}" text-anchor="middle"'
            body.append(f"<text {place}>{tick:.4g}</text>")
    return body


def _path(line: Line, x: np.ndarray, y: np.ndarray, zero: float) -> str:
    if line.stems:
        return "".join(f"M{a:.1f} {zero:.1f}V{b:.1f}" for a, b in zip(x, y, strict=True))
    if line.steps:
        tail = "".join(f"H{a:.1f}V{b:.1f}" for a, b in zip(x[1:], y[1:], strict=True))
        return f"M{x[0]:.1f} {y[0]:.1f}{tail}"
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))


def _thinned(line: Line) -> tuple[np.ndarray, np.ndarray]:
    """At most `_POINTS` finite points; of each run the one farthest from zero, so that no spike is lost."""
    x, y = np.asarray(line.x, float), np.asarray(line.y, float)
    ok = np.isfinite(x) & np.isfinite(y)
    x, y = x[ok], y[ok]
    if len(x) <= _POINTS or line.stems:
        return x, y
    runs = np.array_split(np.arange(len(x)), _POINTS - 1)
    kept = np.unique([run[int(np.argmax(np.abs(y[run])))] for run in runs] + [0, len(x) - 1])
    return x[kept], y[kept]


def _range(values: list[np.ndarray], *, zero: bool) -> tuple[float, float]:
    low = min((float(v.min()) for v in values), default=0.0)
    high = max((float(v.max()) for v in values), default=1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high - low > 1e-12 * max(1.0, abs(high)) else (low, low + 1.0)
