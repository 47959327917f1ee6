"""The file laid over the clip that its watermark names, and compared view by view.

The fingerprint's search knows not how a picture was cut, and needs detail; the mark knows: its geometry says how the
file lies on the signed picture, up to whole tiles. So frames are brought back to the signed picture's axes and scale,
each place that a whole tile more allows is tried, and the views that the registry keeps (the whole, centred cut-outs,
tiles) are cut where they must be, and their hashes compared. Any cut and turn is followed that shows a view that was
kept.

Not covered: pictures that are flat where they are seen; a strong perspective; takes that look nearly the same (one ball
of steel instead of rubber: 44 bits), which differ in nothing that a fingerprint should see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from jaxtyping import Float, UInt64

from kinema.provenance.fingerprint.fingerprint import ASKED_RATE, Fingerprint, moments, window_of
from kinema.provenance.fingerprint.pdq import SAMPLES, cosines, distance, packed
from kinema.provenance.manifest.facts import Size
from kinema.provenance.trace.mark import Mark
from kinema.provenance.watermark.analysis import LINES, reduction
from kinema.provenance.watermark.lattice import CANONICAL, PERIOD

AGREES: Final = 85.0
"""Bits of 256 that may differ on average. Measured on five takes of 30 frames against each other's marks: the same take
differs in 10 to 22, cropped and re-encoded or not, and in 68 after one bit of its opening frame fell, which smeared it
all; another one in 108 to 130."""
_FINE: Final = LINES / CANONICAL
"""Pixels per canonical px that are compared: as the detector analyses them, and twice what a hash samples."""
_MOMENTS: Final = 24
"""Looked at: three seconds."""
_FEW: Final = 6
"""Of them, at every place; the others at the best one."""
_STEP: Final = 1000 // ASKED_RATE
"""[ms] of shift between two tries."""
_LEAST: Final = 4
"""Pairs of hashes that a comparison needs."""
_EDGE: Final = 1.5
"""[px] A view may reach beyond the file's border: PDQ bears one per cent."""

Hashes: TypeAlias = Mapping[int, Mapping[int, UInt64[np.ndarray, "4"]]]
"""By time [ms] and view."""
Windows: TypeAlias = Mapping[int, tuple[float, float, float, float]]
"""Left, top, width and height of views, as shares of the signed picture."""


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


@dataclass(frozen=True)
class _Upright:
    """A frame with the signed picture's axes, `_FINE` px per canonical px."""

    luma: Float[np.ndarray, "y x"]
    middle: tuple[float, float]
    """x, y of the file's middle."""
    reach: tuple[float, float]
    """How far from there, along x and y, the file fills an upright box."""


def overlay(path: str | Path, mark: Mark, signed: bytes, size: Size) -> Overlay | None:
    """Compare with the registered fingerprint of a clip of this `size`; None where no view that was kept is seen.
    Raises `MediaError`."""
    kept = _by_time(Fingerprint.from_bytes(signed))
    if not kept:
        return None
    unit = LINES / min(size.width, size.height)
    picture = (size.width * unit, size.height * unit)
    views = sorted({view for one in kept.values() for view in one})
    windows = {view: window_of(view, size.width / size.height) for view in views}
    frames = [(time, _upright(luma, mark)) for time, luma in islice(moments(path, ASKED_RATE), _MOMENTS)]
    few = frames[:: -(-len(frames) // _FEW) or 1]

    def fit(some: Iterable[tuple[int, _Upright]], at: tuple[float, float]) -> Overlay | None:
        seen = {time: dict(_hashes(one, at, picture, windows)) for time, one in some}
        bits = min((b for b in _shifted(seen, kept) if len(b) >= _LEAST), key=np.mean, default=[])
        return (
            Overlay(len(bits), float(np.mean(bits)), at[0] / picture[0], at[1] / picture[1]) if bits else None
        )

    found = [(one.bits, at) for at in _places(mark, picture) if (one := fit(few, at)) is not None]
    return fit(frames, min(found)[1]) if found else None


def _upright(luma: Float[np.ndarray, "row column"], mark: Mark) -> _Upright:
    from scipy.ndimage import affine_transform

    height, width = luma.shape
    step = reduction(height, width)
    whole = max(1, int(step))
    small = luma[: height // whole * whole, : width // whole * whole]
    small = small.reshape(height // whole, whole, width // whole, whole).mean((1, 3))
    forward = np.array(mark.geometry.matrix) * step / whole / _FINE  # px of `small` per upright px; x, y
    half = np.array([small.shape[1], small.shape[0]]) / 2
    reach = np.abs(np.linalg.inv(forward)) @ half  # of the box around the turned file
    columns, rows = np.ceil(2 * reach).astype(int)
    middle = np.array([columns - 1, rows - 1]) / 2
    swapped = forward[::-1, ::-1]  # rows first, as scipy counts
    there = np.array([(height // 2 + 0.5) / whole, (width // 2 + 0.5) / whole]) - 0.5
    offset: Any = there - swapped @ middle[::-1]  # scipy's stubs know a number alone
    out = affine_transform(small, swapped, offset, (rows, columns), order=1, mode="nearest")
    inside = min(
        1.0, float(np.min(half / (np.abs(forward) @ reach)))
    )  # of that box, the part within the file
    x, y = (inside * reach).tolist()
    return _Upright(out, (float(middle[0]), float(middle[1])), (x, y))


def _places(mark: Mark, picture: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """Where on the signed picture [px] the middle of the file can lie."""
    tile = PERIOD * _FINE
    first = [_FINE * shift % tile for shift in mark.geometry.shift]
    for y in np.arange(first[1], picture[1], tile):
        for x in np.arange(first[0], picture[0], tile):
            yield float(x), float(y)


def _hashes(
    frame: _Upright, at: tuple[float, float], picture: tuple[float, float], windows: Windows
) -> Iterator[tuple[int, UInt64[np.ndarray, "4"]]]:
    """Codes and hashes of the views that are seen whole, if the middle of the file lies `at` this place."""
    for view, window in windows.items():
        spans = []
        for axis in (0, 1):
            start = window[axis] * picture[axis] - at[axis]  # from the middle
            stop = start + window[axis + 2] * picture[axis]
            if max(-start, stop) > frame.reach[axis] + _EDGE:
                break
            middle = frame.middle[axis] + 0.5
            spans.append(slice(max(round(middle + start), 0), round(middle + stop)))
        else:
            cut = frame.luma[spans[1], spans[0]]
            if min(cut.shape) >= SAMPLES:
                rows, columns = (cosines(side, 0.0, 1.0) for side in cut.shape)
                yield view, packed(rows @ cut @ columns.T)


def _shifted(seen: Hashes, kept: Hashes) -> Iterator[list[int]]:
    """Distances of all pairs that a shift in time brings together, for each shift."""
    first, last = min(kept) - max(seen), max(kept) - min(seen)
    for shift in range(first // _STEP * _STEP, last + _STEP, _STEP):
        pairs = [
            (hash_, kept[near][view])
            for time, views in seen.items()
            for near in kept
            if abs(time + shift - near) <= _STEP // 2
            for view, hash_ in views.items()
            if view in kept[near]
        ]
        if pairs:
            mine, theirs = (np.stack(side) for side in zip(*pairs, strict=True))
            yield distance(mine, theirs).tolist()


def _by_time(print_: Fingerprint) -> dict[int, dict[int, np.ndarray]]:
    out: dict[int, dict[int, np.ndarray]] = {}
    for time, view, hash_ in zip(print_.time, print_.view, print_.hash, strict=True):
        out.setdefault(int(time), {})[int(view)] = hash_
    return out
