"""From frames to one picture of what they have in common: small, flattened, averaged over time.

The mark stands still while pictures move, so the mean over frames keeps it and loses them; trims, dropped frames and
other frame rates change nothing. Each frame is first reduced to some 240 lines (the mark is below a quarter of the
sampling rate), freed of what is slower than the mark, and divided by its own local deviation, so that an edge
speaks no louder than a plain wall.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

from kinema.errors import UsageError

LINES: Final = 240
"""Short side of what is analysed [px]; smaller pictures are taken as they are."""


def reduction(height: int, width: int) -> float:
    """Picture px per analysed px."""
    return max(1.0, min(height, width) / LINES)


def flattened(frame: UInt8[np.ndarray, "row column 3"]) -> Float[np.ndarray, "y x"]:
    """One frame, reduced and flattened. Raises `UsageError` for what is not a picture."""
    from kinema.provenance.watermark.analysis_kernel import flatten, reduce_luma

    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or min(frame.shape[:2]) < 32:
        raise UsageError(
            "frame",
            "must be uint8 of shape (row, column, 3), 32 px or more on a side",
            got=f"{frame.dtype} {frame.shape}",
            next_step="Decode to 8-bit RGB first.",
        )
    height, width, _ = frame.shape
    step = reduction(height, width)
    small = np.empty((int(height / step + 1e-6), int(width / step + 1e-6)), np.float32)
    reduce_luma(np.ascontiguousarray(frame), step, small)
    return flatten(small)
