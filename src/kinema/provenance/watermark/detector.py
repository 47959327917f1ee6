"""The detector: frames in, an id and the probability of an accident out.

    1. Every frame is reduced, flattened (`analysis`) and added to its group (`pools`).
    2. The spectrum of all groups' mean is made white (`spectrum`).
    3. The pilots say where the lattice lies (`search`); several places are kept.
    4. At each the data points are read, and the code decoded; then again with the groups weighted by their pilots.
    5. The best one's score becomes a bound on the p-value that counts every id and every place (`evidence`).

Not covered: that the picture around the mark is the one that was marked. A mark can be copied onto another picture;
the manifest and the fingerprint tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from kinema.errors import ProvenanceError
from kinema.provenance.watermark.analysis import flattened, reduction
from kinema.provenance.watermark.code import encode, identity_of
from kinema.provenance.watermark.evidence import agreement, allowance, log10_tail
from kinema.provenance.watermark.geometry import Geometry
from kinema.provenance.watermark.identities import Any64, Identities
from kinema.provenance.watermark.lattice import CANONICAL, Lattice, lattice
from kinema.provenance.watermark.pools import Pools
from kinema.provenance.watermark.search import aligned, refine, search, turned, upright
from kinema.provenance.watermark.spectrum import Spectrum, spectrum

THRESHOLD: Final = -6.0
"""log10 p from which on a mark counts as found. `benchmarks/watermark.py` measures the null that it is held against."""
SURE: Final = -9.0
"""log10 p from which on no further places are looked at."""
_ANY: Final = Any64()
_KEPT: Final = 6
"""Places read after each round of the search."""
_WEIGHED: Final = 2
"""Of them, those read again with the frames weighted."""


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
    """Looks for the marks of one key. `add` frames in order, then ask `result`; more may follow."""

    def __init__(self, key: bytes) -> None:
        """Raises `ProvenanceError` for a key too short."""
        self._points = lattice(key)
        self._pools = Pools()
        self._shape: tuple[int, int] = (0, 0)

    def add(self, frame: UInt8[np.ndarray, "row column 3"]) -> None:
        """One frame. Raises `UsageError` for what is not a picture, `ProvenanceError` for another size than before."""
        if self._pools.frames and frame.shape[:2] != self._shape:
            raise ProvenanceError(
                "frame",
                f"must be of the size of the first, {self._shape}",
                got=frame.shape[:2],
                next_step="Use one detector for each size.",
            )
        self._pools.add(flattened(frame))
        self._shape = (frame.shape[0], frame.shape[1])

    def result(self, identities: Identities = _ANY) -> Detection:
        """The best explanation of all frames so far, by one of `identities`. Raises `ProvenanceError` without any."""
        if not self._pools.frames:
            raise ProvenanceError(
                "clip", "must have frames", got="none", next_step="Add frames before asking."
            )
        nominal = min(self._shape) / reduction(*self._shape) / CANONICAL
        return explained(self._pools, self._points, nominal, identities)


def detect(path: str | Path, key: bytes, identities: Identities = _ANY) -> Detection:
    """Look for the marks of `key` in a clip. Raises `MediaError` if it cannot be read, `ProvenanceError` if empty."""
    from kinema.media.decode import read_frames

    detector = Detector(key)
    for frame in read_frames(path):
        detector.add(frame)
    return detector.result(identities)


def explained(pools: Pools, points: Lattice, nominal: float, identities: Identities) -> Detection:
    """Steps 2 to 5. `nominal`: analysed px per canonical px if nothing was scaled."""
    readings: list[_Reading] = []
    for plane, geometry in _places(pools, points, nominal):
        readings.append(_read(plane, points, geometry, identities))
        if readings[-1].log10_tail <= SURE - allowance(identities.log10_count, len(readings)):
            break
    best = min(readings, key=lambda r: r.log10_tail)
    return Detection(
        id=identity_of(best.bits),
        bits=best.bits,
        log10_p=min(0.0, best.log10_tail + allowance(identities.log10_count, len(readings))),
        geometry=best.geometry,
        frames=pools.frames,
    )


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """The best codeword at one place."""

    log10_tail: float
    bits: UInt8[np.ndarray, "64"]
    geometry: Geometry


def _places(pools: Pools, points: Lattice, nominal: float) -> Iterator[tuple[Spectrum, Geometry]]:
    """Where to read, and in which mean of the frames: the likely places first."""
    whole = spectrum(pools.all())
    for plane, maps in (
        (whole, upright(nominal)),
        (spectrum(pools.opening()), upright(nominal)),
        (spectrum(pools.first()), upright(nominal)),
        (whole, turned(nominal)),
    ):
        places = search(plane, points, maps, _KEPT)
        yield from ((plane, place.geometry) for place in places)
        for place in places[:_WEIGHED]:
            better = spectrum(pools.weighted(points, place.geometry))
            yield better, refine(better, points, place.geometry).geometry


def _read(plane: Spectrum, points: Lattice, geometry: Geometry, identities: Identities) -> _Reading:
    """Read the data points there, and choose the id."""
    seen = aligned(plane, points.data, geometry)
    bits = identities.likeliest(points.gather(seen))
    terms = agreement(seen, points.spread(encode(bits)))
    return _Reading(log10_tail=log10_tail(terms, float(terms.sum())), bits=bits, geometry=geometry)
