"""RGB code values to Y'CbCr planes: ITU-R BT.709-6, limited range, 8 or 10 bit, 4:2:0, 4:2:2 or 4:4:4.

Done here and not by libswscale, whose 16-bit path misses by up to two 8-bit steps and whose bits differ
between CPUs. Chroma is co-sited with the left luma sample and, in 4:2:0, between the rows: the default place
in H.264 and AV1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt16


def to_frame(
    rgb: UInt8[np.ndarray, "row column 3"] | UInt16[np.ndarray, "row column 3"], pixel_format: str
) -> Any:
    """An `av.VideoFrame` in one of `yuv420p`, `yuv420p10le`, `yuv422p10le`, `yuv444p10le`."""
    import av

    from kinema.media.yuv_kernel import rgb_to_planes

    height, width, _ = rgb.shape
    frame: Any = av.VideoFrame(width, height, pixel_format)
    bits = frame.format.components[0].bits
    sample = np.uint8 if bits == 8 else np.uint16
    planes = [
        np.frombuffer(plane, sample).reshape(plane.height, -1)[:, : plane.width]  # rows are padded
        for plane in frame.planes
    ]
    step_x, step_y = width // planes[1].shape[1], height // planes[1].shape[0]
    brightest = np.float32(np.iinfo(rgb.dtype).max)
    rgb_to_planes(rgb, brightest, np.float32(1 << (bits - 8)), step_x, step_y, *planes)
    # Code points of ITU-T H.273: Rec.709 is 1 in each; libav's limited range is 1 too.
    frame.color_primaries = frame.color_trc = frame.colorspace = frame.color_range = 1
    return frame
