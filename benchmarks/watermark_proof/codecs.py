"""There and back through a real codec, in memory, by PyAV."""

from __future__ import annotations

import io
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from kinema.media.priority import ordinary

Clip = np.ndarray
"""(frame, row, column, 3), uint8."""

_PRESETS: dict[str, dict[str, str]] = {
    "libx264": {"preset": "medium"},
    "libx264rgb": {"preset": "medium"},
    "libx265": {"preset": "fast", "x265-params": "log-level=none"},
    "libvpx-vp9": {"b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
    "libsvtav1": {"preset": "9", "svtav1-params": "lp=2"},
    "prores_ks": {"profile": "3"},
    "dnxhd": {"profile": "dnxhr_hq"},
    "mpeg4": {"qscale": "8"},
}
_FORMATS = {"libx264rgb": "rgb24", "prores_ks": "yuv422p10le", "dnxhd": "yuv422p"}
_CONTAINERS = {"prores_ks": "mov", "dnxhd": "mov", "libx264rgb": "matroska", "mpeg4": "matroska"}


def coded(
    clip: Clip, codec: str, options: Mapping[str, str] | None = None, *, rate: Fraction = Fraction(24)
) -> Clip:
    """The clip as a viewer of the file sees it. Odd rows and columns are cut, which 4:2:0 cannot hold."""
    import os

    import av

    os.environ.setdefault("SVT_LOG", "1")
    frames, height, width, _ = clip.shape
    height, width = height - height % 2, width - width % 2
    settings: Mapping[str, str] = {**_PRESETS[codec], **(options or {})}
    file = io.BytesIO()
    with av.open(file, "w", format=_CONTAINERS.get(codec, "mp4")) as container:
        stream: Any = container.add_stream(codec, rate=rate, options=dict(settings))
        stream.width, stream.height = width, height
        stream.pix_fmt = _FORMATS.get(codec, "yuv420p")
        stream.codec_context.thread_count = 2
        if "qscale" in settings:
            stream.codec_context.qmin = stream.codec_context.qmax = int(settings["qscale"])
        with ordinary():
            stream.codec_context.open()
        for picture in clip[:, :height, :width]:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as container:
        container.streams.video[0].thread_count = 2
        out = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(out) == frames, f"{codec} gave {len(out)} frames for {frames}"
    return np.stack(out)
