"""The file laid over the clip that its watermark names, and compared view by view.

The fingerprint's search knows not how a picture was cut, and needs detail; the mark knows: its geometry says how the file
lies on the signed picture, up to whole tiles. So every frame is brought back to the signed picture's axes and scale, each
place that a whole tile more allows is tried, and the views that the registry keeps (the whole, centred cut-outs, tiles)
are cut where they must be and their hashes compared. No search over turns or scales; a cut of any kind is followed, as
long as it shows a view that was kept.

Not covered: pictures that are flat where they are seen; a strong perspective.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, UInt64

from kinema.provenance.fingerprint.fingerprint import ASKED_RATE, Fingerprint, moments, window_of
from kinema.provenance.fingerprint.pdq import SAMPLES, cosines, distance, packed
from kinema.provenance.trace.mark import Mark
from kinema.provenance.watermark.analysis import reduction
from kinema.provenance.watermark.lattice import CANONICAL, PERIOD

AGREES: Final = 64.0
"""Bits of 256 that may differ on average. Of the same picture, cropped and re-encoded, 10 to 35 do; of others 85 and more
(tests/integration/test_trace.py)."""
_MOMENTS: Final = 40
"""Looked at: five seconds."""
_STEP: Final = 1000 // ASKED_RATE
"""[ms] of shift between two tries."""
_LEAST: Final = 4
"""Pairs of hashes that a comparison needs."""
_EDGE: Final = 3.0
"""[canonical px] A view may reach beyond the file's border: PDQ bears one per cent."""


@dataclass(frozen=True)
class Overlay:
    """How well the file fits the clip that its mark names, where it fits best."""

    hashes: int
    """Pairs compared."""
    bits: float
    """That differ, of 256, on average; unrelated pictures differ in 128."""
    left: float
    top: float
    """[share of the signed picture's sides] Where the middle of the file lies on it."""

    @property
    def agrees(self) -> bool:
        """Whether it shows the same."""
        return self.bits <= AGREES


def overlay(path: str | Path, mark: Mark, signed: bytes, size: tuple[int, int]) -> Overlay | None:
    """Compare with the registered fingerprint of a clip of `size` (width, height) [px]; None where no view that was kept
    is seen. Raises `MediaError`."""
    theirs = _by_time(Fingerprint.from_bytes(signed))
    unit = CANONICAL / min(size)
    picture = (size[0] * unit, size[1] * unit)
    views = sorted({view for one in theirs.values() for view in one})
    windows = {view: window_of(view, picture[0] / picture[1]) for view in views}
    seen: dict[tuple[int, int], dict[int, dict[int, np.ndarray]]] = {}
    for time, luma in islice(moments(path, ASKED_RATE), _MOMENTS):
        upright, origin, box = _upright(luma, mark)
        for place, corner in _places(mark, origin, picture):
            seen.setdefault(place, {})[time] = dict(_hashes(upright, box, corner, picture, windows))
    found = [
        Overlay(len(bits), float(np.mean(bits)), *_middle(mark, place, picture))
        for place, mine in seen.items()
        for bits in _shifted(mine, theirs)
        if len(bits) >= _LEAST
    ]
    return min(found, key=lambda one: one.bits, default=None)


def _upright(
    luma: Float[np.ndarray, "row column"], mark: Mark
) -> tuple[Float[np.ndarray, "y x"], tuple[float, float], tuple[float, float, float, float]]:
    """The frame in canonical px, its mark's axes upright; where its middle lies in it; and the largest upright box
    (left, top, right, bottom) about the middle that the frame fills."""
    from scipy.ndimage import affine_transform

    height, width = luma.shape
    step = reduction(height, width)
    whole = max(1, int(step))
    small = luma[: height // whole * whole, : width // whole * whole]
    small = small.reshape(height // whole, whole, width // whole, whole).mean((1, 3))
    forward = np.array(mark.geometry.matrix) * step / whole  # px of `small` per canonical px; x, y
    middle = np.array([(width // 2 + 0.5) / whole - 0.5, (height // 2 + 0.5) / whole - 0.5])
    half = np.array([small.shape[1], small.shape[0]]) / 2
    inverse = np.linalg.inv(forward)
    reach = np.abs(inverse) @ half
    shape = np.ceil(2 * reach).astype(int)
    centre = (shape - 1) / 2
    swapped = forward[::-1, ::-1]  # rows first, as scipy counts
    offset = middle[::-1] - swapped @ centre[::-1]
    out = affine_transform(small, swapped, offset, (shape[1], shape[0]), order=1, mode="nearest")
    fill = _filled(np.abs(forward), half, reach)
    x, y = centre
    return out, (x, y), (x - fill * reach[0], y - fill * reach[1], x + fill * reach[0], y + fill * reach[1])


def _filled(forward: np.ndarray, half: np.ndarray, reach: np.ndarray) -> float:
    """The share of the bounding box that lies inside the turned frame on every side."""
    return float(min(half / np.maximum(forward @ reach, 1e-9)))


def _places(
    mark: Mark, origin: tuple[float, float], picture: tuple[float, float]
) -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
    """Whole tiles to add, and where the signed picture's corner then lies in the upright frame."""
    for row in range(-1, int(picture[1] // PERIOD) + 2):
        for column in range(-1, int(picture[0] // PERIOD) + 2):
            x, y = _at(mark, (row, column))
            if 0 <= x <= picture[0] and 0 <= y <= picture[1]:
                yield (row, column), (origin[0] - x, origin[1] - y)


def _at(mark: Mark, place: tuple[int, int]) -> tuple[float, float]:
    """Where the file's middle lies on the signed picture [canonical px]."""
    x, y = mark.geometry.shift
    return x + PERIOD * place[1], y + PERIOD * place[0]


def _middle(mark: Mark, place: tuple[int, int], picture: tuple[float, float]) -> tuple[float, float]:
    x, y = _at(mark, place)
    return x / picture[0], y / picture[1]


def _hashes(
    upright: Float[np.ndarray, "y x"],
    box: tuple[float, float, float, float],
    corner: tuple[float, float],
    picture: tuple[float, float],
    windows: dict[int, tuple[float, float, float, float]],
) -> Iterator[tuple[int, UInt64[np.ndarray, "4"]]]:
    """Codes and hashes of the views that are seen whole."""
    for view, (left, top, wide, high) in windows.items():
        x0, y0 = corner[0] + left * picture[0], corner[1] + top * picture[1]
        x1, y1 = x0 + wide * picture[0], y0 + high * picture[1]
        if min(x0 - box[0], y0 - box[1], box[2] - x1, box[3] - y1) < -_EDGE:
            continue
        a, b = max(round(x0 + 0.5), 0), max(round(y0 + 0.5), 0)
        cut = upright[b : round(y1 + 0.5), a : round(x1 + 0.5)]
        if min(cut.shape) >= SAMPLES:
            coefficients = cosines(cut.shape[0], 0.0, 1.0) @ cut @ cosines(cut.shape[1], 0.0, 1.0).T
            yield view, packed(coefficients)


def _shifted(
    mine: dict[int, dict[int, np.ndarray]], theirs: dict[int, dict[int, np.ndarray]]
) -> Iterator[list[int]]:
    """Distances of all pairs that a shift in time brings together, for each shift."""
    first, last = min(theirs, default=0) - max(mine, default=0), max(theirs, default=0) - min(mine, default=0)
    for shift in range(first // _STEP * _STEP, last + _STEP, _STEP):
        pairs = [
            (hash_, theirs[near][view])
            for time, views in mine.items()
            for near in theirs
            if abs(time + shift - near) <= _STEP // 2
            for view, hash_ in views.items()
            if view in theirs[near]
        ]
        yield [int(distance(a, b)) for a, b in pairs]


def _by_time(print_: Fingerprint) -> dict[int, dict[int, np.ndarray]]:
    out: dict[int, dict[int, np.ndarray]] = {}
    for time, view, hash_ in zip(print_.time, print_.view, print_.hash, strict=True):
        out.setdefault(int(time), {})[int(view)] = hash_
    return out
