"""The peers: RivaGAN-32 and dwtDctSvd-64 of the package `invisible-watermark` 0.2.0 (MIT), weights bundled.

They take seconds a frame, so they are given fewer frames of fewer clips, at 640x360, and one frame of each attacked
clip is read. Both expect the size that was marked: pictures of another size are scaled back first, as their users do.
p is the exact binomial tail of bits right; a mark counts as found at p <= 1e-6, as ours does.
"""

from __future__ import annotations

from functools import cache
from math import comb
from typing import Any

import numpy as np

from watermark_proof.attacks import scaled
from watermark_proof.codecs import Clip

FRAMES, WIDTH, HEIGHT = 8, 640, 360
METHODS = {"RivaGAN": ("rivaGan", 32), "dwtDctSvd": ("dwtDctSvd", 64)}


@cache
def _riva() -> None:
    from imwatermark import WatermarkDecoder, WatermarkEncoder

    WatermarkEncoder.loadModel()
    WatermarkDecoder.loadModel()


def payload(bits: int) -> np.ndarray:
    """The bits that are sent."""
    return np.random.default_rng(bits).integers(0, 2, bits)


def marked(clip: Clip, method: str) -> Clip:
    """The first frames, marked one by one."""
    from imwatermark import WatermarkEncoder

    name, bits = METHODS[method]
    if name == "rivaGan":
        _riva()
    encoder: Any = WatermarkEncoder()
    encoder.set_watermark("bits", payload(bits).tolist())
    small = scaled(clip[:FRAMES], HEIGHT, WIDTH)
    return np.stack([encoder.encode(f[..., ::-1].copy(), name)[..., ::-1] for f in small]).astype(np.uint8)


def accuracy(clip: Clip, method: str) -> float:
    """Share of bits right in the middle frame."""
    from imwatermark import WatermarkDecoder

    name, bits = METHODS[method]
    frame = np.ascontiguousarray(clip[len(clip) // 2])
    if frame.shape[:2] != (HEIGHT, WIDTH):
        frame = scaled(frame[None], HEIGHT, WIDTH)[0]
    read = WatermarkDecoder("bits", bits).decode(frame[..., ::-1].copy(), name)
    return float(np.mean(np.asarray(read[:bits], int) == payload(bits)))


def found(share: float, method: str) -> bool:
    """At p <= 1e-6."""
    bits = METHODS[method][1]
    right = round(share * bits)
    return sum(comb(bits, k) for k in range(right, bits + 1)) / 2**bits <= 1e-6
