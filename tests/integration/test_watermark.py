"""The watermark through real files: encoded, cropped, encoded again at another rate, and read from the file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from kinema.errors import MediaError
from kinema.media.decode import read_frames
from kinema.media.encode import ClipWriter
from kinema.provenance.watermark import Watermark, detect

KEY, IDENTITY = b"a key for the tests", 0x0123_4567_89AB_CDEF
WIDTH, HEIGHT, FRAMES = 854, 480, 24


def pictures() -> list[np.ndarray]:
    """A camera that pans over cloth before a plain wall."""
    draw = np.random.default_rng(2)
    wide = gaussian_filter(draw.standard_normal((HEIGHT, WIDTH + 2 * FRAMES)), 2.0)
    wide = 120 + 12 * wide / wide.std()
    wide[: HEIGHT // 2] = 150
    return [
        np.repeat(wide[:, 2 * k : 2 * k + WIDTH, None], 3, axis=2).clip(0, 255).astype(np.uint8)
        for k in range(FRAMES)
    ]


def encoded(path: Path, frames: list[np.ndarray], rate: Fraction, crf: int) -> Path:
    """By libx264, as a stranger would."""
    import av

    with av.open(path, "w") as container:
        stream: Any = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "fast"})
        stream.height, stream.width = frames[0].shape[0] // 2 * 2, frames[0].shape[1] // 2 * 2
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            picture = np.ascontiguousarray(frame[: stream.height, : stream.width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def test_id_outlives_crop_and_a_second_codec(tmp_path: Path) -> None:
    mark = Watermark(KEY, IDENTITY)
    clip = tmp_path / "clip.mp4"
    with ClipWriter(clip, "h264", WIDTH, HEIGHT, Fraction(24)) as out:
        for frame in pictures():
            out.write(mark.embed(frame))
    seen = detect(clip, KEY)
    assert seen.id == IDENTITY
    assert seen.frames == FRAMES
    assert seen.log10_p < -30

    # Trimmed, cropped to 0.71, 25 frames a second, CRF 30.
    taken = [frame[70:411, 100:706] for frame in list(read_frames(clip))[6:]]
    stolen = detect(encoded(tmp_path / "stolen.mp4", taken, Fraction(25), 30), KEY)
    assert stolen.id == IDENTITY
    assert stolen.found
    assert stolen.geometry.scale / 0.5 == pytest.approx(480 / 340, rel=0.01)
    assert not detect(clip, b"the key of somebody").found


def test_file_that_is_no_clip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a clip")
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        detect(tmp_path / "clip.mp4", KEY)
