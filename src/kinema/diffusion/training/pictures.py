"""Pictures as networks take them, and clips as strips to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, Shaped, UInt8
from torch import Tensor

from kinema.diffusion.model.causal import Video

FRAMES = 6
"""Of a strip."""


def video_of(codes: UInt8[Tensor, "batch time row column 3"]) -> Video:
    """sRGB code values → B 3 T H W in [-1, 1]."""
    return rearrange(codes.float() / 127.5 - 1, "B T H W C -> B C T H W")


def control_video(control: Shaped[Tensor, "batch time row column 14"]) -> Video:
    """Half floats → B 14 T H W, float32."""
    return rearrange(control.float(), "B T H W C -> B C T H W")


def to_codes(rgb: Float[Tensor, "3 time row column"]) -> UInt8[np.ndarray, "time row column 3"]:
    """[-1, 1] → sRGB code values."""
    codes = (rgb.float().clamp(-1, 1) + 1) * 127.5
    return rearrange(codes.round().to(torch.uint8), "C T H W -> T H W C").cpu().numpy()


def filmstrips(clips: Sequence[Float[Tensor, "3 time row column"]]) -> UInt8[np.ndarray, "row column 3"]:
    """One row a clip, frames spread from first to last."""
    rows = []
    for clip in clips:
        codes = to_codes(clip)
        chosen = np.linspace(0, len(codes) - 1, min(FRAMES, len(codes))).astype(int)
        rows.append(rearrange(codes[chosen], "T H W C -> H (T W) C"))
    return np.concatenate(rows)
