"""The detector: frames in, an id and the probability of an accident out.

    1. Every frame is reduced, flattened and added to one picture (`analysis`).
    2. Its spectrum is made white (`spectrum`).
    3. The pilots say where the lattice lies (`search`); several places are kept.
    4. At each the data points are read, and the code decoded.
    5. The best one's score becomes a bound on the p-value that counts every id and every place (`evidence`).

Not covered: that the picture around the mark is the one that was marked. A mark can be copied onto another picture;
the manifest and the fingerprint tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from kinema.errors import ProvenanceError
from kinema.provenance.watermark.analysis import flattened, reduction
from kinema.provenance.watermark.code import decode, encode, identity_of
from kinema.provenance.watermark.evidence import log10_p, score
from kinema.provenance.watermark.geometry import Geometry
from kinema.provenance.watermark.lattice import CANONICAL, Lattice, lattice
from kinema.provenance.watermark.search import Found, aligned, search, turned, upright
from kinema.provenance.watermark.spectrum import Spectrum, spectrum

THRESHOLD: Final = -6.0
"""log10 p from which on a mark counts as found. `benchmarks/watermark.py` measures the null that it is held against."""
SURE: Final = -9.0
"""log10 p from which on no further places are looked at."""
_KEPT: Final = (6, 10)
"""Places decoded after the first round of the search, and after the second."""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """What was found, and how likely it is an accident."""

    id: int
    """The likeliest id; means nothing unless `found`."""
    bits: UInt8[np.ndarray, "64"]
    """Its bits, the highest first."""
    log10_p: float
    """Upper bound on the probability that an unmarked or otherwise keyed clip scores as high, for any of all ids."""
    geometry: Geometry
    """How the picture lies on the marked one."""
    frames: int
    """Pooled."""

    @property
    def found(self) -> bool:
        """At the threshold of one false alarm in a million clips."""
        return self.log10_p <= THRESHOLD


class Detector:
    """Looks for the marks of one key. `add` frames in any order, then ask `result`; more may follow."""

    def __init__(self, key: bytes) -> None:
        """Raises `ProvenanceError` for a key too short."""
        self._points = lattice(key)
        self._sum = np.zeros((0, 0))
        self._shape: tuple[int, int] = (0, 0)
        self._frames = 0

    def add(self, frame: UInt8[np.ndarray, "row column 3"]) -> None:
        """One frame. Raises `UsageError` for what is not a picture, `ProvenanceError` for another size than before."""
        flat = flattened(frame)
        if not self._frames:
            self._sum, self._shape = np.zeros(flat.shape), frame.shape[:2]
        if frame.shape[:2] != self._shape:
            raise ProvenanceError(
                "frame",
                f"must be of the size of the first, {self._shape}",
                got=frame.shape[:2],
                next_step="Use one detector for each size.",
            )
        self._sum += flat
        self._frames += 1

    def result(self) -> Detection:
        """The best explanation of all frames so far. Raises `ProvenanceError` without any."""
        if not self._frames:
            raise ProvenanceError(
                "clip", "must have frames", got="none", next_step="Add frames before asking."
            )
        pooled = (self._sum / self._frames).astype(np.float32)
        nominal = min(self._shape) / reduction(*self._shape) / CANONICAL
        return detect_pooled(pooled, self._points, nominal, self._frames)


def detect(path: str | Path, key: bytes) -> Detection:
    """Look for the marks of `key` in a clip. Raises `MediaError` if it cannot be read, `ProvenanceError` if empty."""
    from kinema.media.decode import read_frames

    detector = Detector(key)
    for frame in read_frames(path):
        detector.add(frame)
    return detector.result()


def detect_pooled(
    pooled: Float[np.ndarray, "y x"], points: Lattice, nominal: float, frames: int
) -> Detection:
    """Steps 2 to 5. `nominal`: analysed px per canonical px if nothing was scaled."""
    plane, tried = spectrum(pooled), 0
    best: tuple[float, UInt8[np.ndarray, "64"], Geometry] | None = None
    for maps, kept in zip((upright, turned), _KEPT, strict=True):
        for place in search(plane, points, maps(nominal), kept):
            z, bits = decoded(plane, points, place)
            tried += 1
            if best is None or z > best[0]:
                best = (z, bits, place.geometry)
            if log10_p(best[0], tried) <= SURE:
                break
        if best is not None and log10_p(best[0], tried) <= SURE:
            break
    assert best is not None
    z, bits, geometry = best
    return Detection(
        id=identity_of(bits), bits=bits, log10_p=log10_p(z, tried), geometry=geometry, frames=frames
    )


def decoded(plane: Spectrum, points: Lattice, place: Found) -> tuple[float, UInt8[np.ndarray, "64"]]:
    """The best codeword at a place: its score, and its bits."""
    seen = aligned(plane, points.data, place.geometry)
    bits = decode(points.gather(seen))
    return score(seen, points.spread(encode(bits))), bits
