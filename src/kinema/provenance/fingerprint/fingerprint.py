"""The fingerprint of a clip: moments, views of each, a hash for each view. Made of pixels, kept as bytes.

A clip is **kept** with the views of it that a cut-out may show, and **asked** for with the eight turns that it may have
been given: a mirrored cut-out is found, at an eighth of the hashes that keeping both ways would cost. Flat pictures
(a fade, a sky) get no hash: their bits are noise, and they would look like one another.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from jaxtyping import Float, UInt8, UInt32, UInt64

from kinema.errors import MediaError, ProvenanceError
from kinema.media.decode import read_clip, read_frames
from kinema.provenance.fingerprint.closely import GRID, STEP, TILE, tiles, windows
from kinema.provenance.fingerprint.pdq import SIDE, TURNS, cosines, luma_of, packed, quality_of, turned
from kinema.provenance.fingerprint.vote import TILES, WINDOWS

KEPT_RATE: Final = 4
"""Moments a second of a clip that is kept."""
ASKED_RATE: Final = 8
"""Of one that is asked for: however it was trimmed, some are within 1/16 s of a kept one."""
FLAT: Final = 30
"""PDQ quality below which a picture gets no hash."""
LONGEST: Final = 600
"""Seconds of a clip that are looked at."""
MOST_PIXELS: Final = 8192 * 4320
_MAGIC: Final = b"kinema.pdq/1\x00"
_CENTRED: Final = (0.94, 0.885, 0.83, 0.78, 0.735, 0.69, 0.65, 0.61, 0.575, 0.54)
"""Sides of centred cut-outs. PDQ bears some 2 % of scale; these lie 6 % apart, and a question is asked at two."""
_ASKED_SIDES: Final = (1.0, 0.97)
_REFRAMED: Final = (9 / 16, 4 / 5, 1.0, 4 / 3)
"""Width over height of the frames that wide pictures are recut for, full height, centred."""
_TILED: Final = 500
"""[ms] that share one moment with tiles."""
_CLOSELY: Final = 8
"""Moments that are asked closely: two seconds."""
TURNED: Final = 128
"""Views from here on are turns."""
_BLACK: Final = 24.0
"""Luma that no pixel of a black bar reaches, after whatever codec."""

Luma: TypeAlias = Float[np.ndarray, "row column"]
Hashes: TypeAlias = tuple[UInt8[np.ndarray, " view"], UInt64[np.ndarray, "view 4"]]
"""Codes of views and their hashes."""
Views: TypeAlias = Callable[[int, Luma], Hashes]


@dataclass(frozen=True)
class Fingerprint:
    """Hashes of views of moments; rows belong together."""

    time: UInt32[np.ndarray, " row"]
    """[ms] from the first frame."""
    view: UInt8[np.ndarray, " row"]
    """0 = the whole picture; from 1 centred cut-outs; from 32 tiles; from 128 what is asked, as `TURNS` counts."""
    hash: UInt64[np.ndarray, "row 4"]

    def __len__(self) -> int:
        return len(self.time)

    def to_bytes(self) -> bytes:
        """For a database or a soft binding: a name, a count, and the three arrays, little-endian. Empty if it has no
        row."""
        if not len(self):
            return b""
        arrays = (self.time.astype("<u4"), self.view.astype("u1"), self.hash.astype("<u8"))
        return _MAGIC + struct.pack("<I", len(self)) + b"".join(a.tobytes() for a in arrays)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Fingerprint:
        """The same again. Raises `ProvenanceError` for any other bytes."""
        if not raw:
            return cls(np.zeros(0, np.uint32), np.zeros(0, np.uint8), np.zeros((0, 4), np.uint64))
        head = len(_MAGIC) + 4
        count = struct.unpack_from("<I", raw, len(_MAGIC))[0] if len(raw) >= head else -1
        if not raw.startswith(_MAGIC) or len(raw) != head + 37 * count:
            raise ProvenanceError(
                "fingerprint", "must be kinema.pdq/1", got=f"{len(raw)} bytes", next_step="Make it again."
            )
        time = np.frombuffer(raw, "<u4", count, head)
        view = np.frombuffer(raw, "u1", count, head + 4 * count)
        hashes = np.frombuffer(raw, "<u8", 4 * count, head + 5 * count).reshape(count, 4)
        return cls(time.astype(np.uint32), view.copy(), hashes.astype(np.uint64))


def kept(path: str | Path) -> Fingerprint:
    """The fingerprint to register for a clip. Raises `MediaError` for a file that is none."""
    return fingerprint_of(moments(path, KEPT_RATE), cut_outs_and_tiles)


def asked_closely(path: str | Path) -> Fingerprint:
    """The same for cut-outs from anywhere, of the clip's first two seconds: hundreds of times as many hashes."""
    return fingerprint_of(islice(moments(path, KEPT_RATE), _CLOSELY), lambda _, luma: closely(luma))


def asked(path: str | Path) -> Fingerprint:
    """The fingerprint to ask with, for any clip or picture. Raises `MediaError`."""
    return fingerprint_of(moments(path, ASKED_RATE), lambda _, luma: turns(luma))


def fingerprint_of(seen: Iterable[tuple[int, Luma]], views: Views) -> Fingerprint:
    """Of moments [ms] and their luma."""
    none = Fingerprint.from_bytes(b"")
    times, codes, hashes = [none.time], [none.view], [none.hash]
    for time, luma in seen:
        if quality_of(luma) >= FLAT:
            code, hash_ = views(time, luma)
            times.append(np.full(len(code), time, np.uint32))
            codes.append(code)
            hashes.append(hash_)
    return Fingerprint(np.concatenate(times), np.concatenate(codes), np.concatenate(hashes))


def cut_outs(luma: Luma) -> Hashes:
    """The whole picture and each centred cut-out of it. Codes are the same for every shape of picture."""
    height, width = luma.shape
    windows = [(1.0, 1.0)] + [(side, side) for side in _CENTRED]
    shares = [(code, 1.0, shape * height / width) for code, shape in enumerate(_REFRAMED, len(windows))]
    windows += [(rows, columns) for _, rows, columns in shares if columns < 1]
    codes = [*range(1 + len(_CENTRED)), *(code for code, _, columns in shares if columns < 1)]
    across = luma @ np.concatenate([cosines(width, *_middle(columns)) for _, columns in windows]).T
    coefficients = [
        cosines(height, *_middle(rows)) @ across[:, SIDE * n : SIDE * (n + 1)]
        for n, (rows, _) in enumerate(windows)
    ]
    return np.array(codes, np.uint8), packed(np.stack(coefficients))


def cut_outs_and_tiles(time: int, luma: Luma) -> Hashes:
    """All that is kept of a moment: tiles twice a second, since there are many."""
    codes, hashes = cut_outs(luma)
    if time % _TILED >= 1000 // KEPT_RATE:
        return codes, hashes
    numbers, tiled = tiles(luma)
    return np.concatenate([codes, np.array(numbers, np.uint8) + np.uint8(TILES)]), np.concatenate(
        [hashes, tiled]
    )


def closely(luma: Luma) -> Hashes:
    """Every window of a picture that may be a tile."""
    numbers, hashes = windows(luma)
    return numbers + np.uint8(WINDOWS), hashes


def turns(luma: Luma) -> Hashes:
    """The whole picture in its eight turns, and slightly closer; if it has black bars, the same without them."""
    inner = without_bars(luma)
    boxes = [luma] if inner.shape == luma.shape else [luma, inner]
    views = [
        cosines(box.shape[0], *_middle(side)) @ box @ cosines(box.shape[1], *_middle(side)).T
        for box in boxes
        for side in _ASKED_SIDES
    ]
    codes = np.arange(TURNED, TURNED + len(TURNS), dtype=np.uint8)
    return np.repeat(codes, len(views)), packed(turned(np.stack(views))).reshape(-1, 4)


def without_bars(luma: Luma) -> Luma:
    """The picture inside black bars, as letterboxes and pillarboxes have them; all of it where there are none, or
    where less than a tenth would be left."""
    spans = []
    for axis in (1, 0):
        bright = np.flatnonzero(luma.max(axis) >= _BLACK)
        spans.append((bright[0], bright[-1] + 1) if len(bright) else (0, 0))
    (top, bottom), (left, right) = spans
    inner = luma[top:bottom, left:right]
    return inner if 10 * inner.size >= luma.size and min(inner.shape) >= SIDE else luma


def change_of(asked_view: int, kept_view: int) -> str:
    """In words, how the clip that was asked for differs in shape from the one that was kept; empty if it does not."""
    turn = TURNS[(asked_view - TURNED) % len(TURNS)] if asked_view >= TURNED else TURNS[0]
    centred = kept_view <= len(_CENTRED) or kept_view >= TILES
    cut = "" if not kept_view else "cropped" if centred else "reframed"
    return ", ".join(word for word in (turn if turn != TURNS[0] else "", cut) if word)


def window_of(kept_view: int, shape: float) -> tuple[float, float, float, float]:
    """Left, top, width and height of a kept view, as shares of a picture whose width is `shape` times its height."""
    if kept_view >= TILES:
        row, column = divmod(kept_view - TILES, GRID)
        return STEP * column, STEP * row, TILE, TILE
    sides = (1.0, *_CENTRED)
    if kept_view < len(sides):
        wide = high = sides[kept_view]
    else:
        wide, high = _REFRAMED[kept_view - len(sides)] / shape, 1.0
    return (1 - wide) / 2, (1 - high) / 2, wide, high


def moments(path: str | Path, rate: int) -> Iterator[tuple[int, Luma]]:
    """Time [ms] and luma of some `rate` frames a second. Raises `MediaError` for what is no clip, or a bomb."""
    facts = read_clip(path)
    if not 0 < facts.width * facts.height <= MOST_PIXELS:
        raise MediaError(
            str(path),
            f"must have at most {MOST_PIXELS} pixels",
            got=f"{facts.width}x{facts.height}",
            next_step="Make it smaller.",
        )
    pace = facts.rate or Fraction(25)
    for number, frame in enumerate(read_frames(path)):
        if number >= LONGEST * pace:
            return
        if number == 0 or int(number * rate / pace) != int((number - 1) * rate / pace):
            yield round(1000 * number / pace), luma_of(frame)


def _middle(share: float) -> tuple[float, float]:
    return (1 - share) / 2, share
