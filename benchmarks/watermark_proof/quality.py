"""How the marked clip looks to instruments: PSNR, SSIM, and VMAF of Netflix's libvmaf.

libvmaf comes with the ffmpeg that the package imageio-ffmpeg carries (a tool under the GPL, run as a program; nothing
of it is imported). "VMAF, itself" compares the clip with itself: no figure is higher.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from watermark_proof.codecs import Clip


def psnr(clip: Clip, other: Clip) -> float:
    """[dB] Over all frames and channels."""
    errors = [np.mean((a.astype(np.float32) - b) ** 2) for a, b in zip(clip, other, strict=True)]
    return float(-10 * np.log10(np.mean(errors) / 255**2))


def vmaf(clip: Clip, other: Clip) -> tuple[float, float]:
    """VMAF (vmaf_v0.6.1, mean of frames) and SSIM of `other` against `clip`."""
    import imageio_ffmpeg

    _, height, width, _ = clip.shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", "24"]
    with tempfile.TemporaryDirectory() as folder:
        for name, frames in (("one", clip), ("two", other)):
            np.ascontiguousarray(frames).tofile(Path(folder) / name)
        graph = (
            "[0:v]format=yuv420p[d];[1:v]format=yuv420p[r];"
            "[d][r]libvmaf=n_threads=2:feature=name=float_ssim:log_fmt=json:log_path=log.json"
        )
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-loglevel",
            "error",
            *raw,
            "-i",
            "two",
            *raw,
            "-i",
            "one",
        ]
        subprocess.run([*command, "-lavfi", graph, "-f", "null", "-"], cwd=folder, check=True)
        pooled = json.loads((Path(folder) / "log.json").read_text())["pooled_metrics"]
    return pooled["vmaf"]["mean"], pooled["float_ssim"]["mean"]
