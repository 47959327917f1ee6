"""A clip on disk against what was ordered: sound ones pass, and each fault fails its own finding."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinema.media.encode import ClipWriter
from kinema.shot.files import validate_shot
from kinema.shot.shot import Shot
from kinema.verify.checks import clip as clip_check
from kinema.verify.drawn import Drawn, FrameFacts

WIDTH, HEIGHT, FRAMES = 160, 96, 12
FILM = Fraction(24000, 1001)


def shot(rate: str = "24000/1001") -> Shot:
    return validate_shot({"timing": {"fps": rate, "frames": FRAMES}})


def facts(index: int, **changes: Any) -> FrameFacts:
    usual = {
        "luminance": 0.2,
        "finite": 1.0,
        "moving": 0.05,
        "pixels": {},
        "absent": {},
        "samples": 1,
        "noise": 0.0,
    }
    return FrameFacts(index=index, **(usual | changes))


def drawn(**changes: Any) -> Drawn:
    frames = tuple(facts(n, **changes) for n in range(FRAMES))
    return Drawn(width=WIDTH, height=HEIGHT, first=0, frames=frames)


def picture(index: int) -> np.ndarray:
    """A bright square that goes three pixels a frame across a gradient."""
    frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    frame[:] = np.linspace(40, 120, WIDTH).astype(np.uint8)[None, :, None]
    frame[30:60, 20 + 3 * index : 50 + 3 * index] = [210, 160, 60]
    return frame


def encode(path: Path, pictures: list[np.ndarray], rate: Fraction = FILM, codec: Any = "h264") -> Path:
    height, width, _ = pictures[0].shape
    with ClipWriter(path, codec, width, height, rate) as writer:
        for frame in pictures:
            writer.write(frame)
    return path


def failed(shot: Shot, seen: Drawn, clip: Path) -> set[str]:
    return {f.subject for f in clip_check.check(shot, seen, clip) if f.verdict == "fail"}


@pytest.mark.parametrize("codec", ["h264", "prores_hq", "prores_4444", "av1"])
def test_sound_clip_passes(tmp_path: Path, codec: str) -> None:
    clip = encode(tmp_path / "clip.mov", [picture(n) for n in range(FRAMES)], codec=codec)
    found = clip_check.check(shot(), drawn(), clip)
    assert [f.verdict for f in found] == ["pass"] * 4


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lets an encoder do this")
def test_no_encoder_takes_the_machine_for_itself(tmp_path: Path) -> None:
    """As root, SVT-AV1 made its threads real-time; seen from the view, which runs in the encoding thread."""
    policies: set[int] = set()

    def view(light: np.ndarray, bits: int) -> np.ndarray:
        policies.update(os.sched_getscheduler(int(t.name)) for t in Path("/proc/self/task").iterdir())
        return (light * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16) << (
            16 - bits if bits > 8 else 0
        )

    with ClipWriter(tmp_path / "clip.mp4", "av1", WIDTH, HEIGHT, FILM, view=view) as writer:
        for _ in range(FRAMES):
            writer.write(np.full((HEIGHT, WIDTH, 3), 0.5, np.float32))
    assert policies == {os.SCHED_OTHER}


def test_wrong_rate(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", [picture(n) for n in range(FRAMES)], rate=Fraction(24))
    assert failed(shot(), drawn(), clip) == {"format"}


def test_wrong_size(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", [picture(n)[:, :128] for n in range(FRAMES)])
    assert failed(shot(), drawn(), clip) == {"format"}


def test_missing_tags(tmp_path: Path) -> None:
    """One byte of the container changed: the transfer characteristic of another standard."""
    clip = encode(tmp_path / "clip.mov", [picture(n) for n in range(FRAMES)], codec="prores_hq")
    data = bytearray(clip.read_bytes())
    data[data.index(b"colrnclc") + 11] = 16
    # ProRes repeats the tag in every frame header; a decoder believes that one.
    start = 0
    while (at := data.find(b"icpf", start)) >= 0:
        data[at + 19] = 16
        start = at + 4
    clip.write_bytes(bytes(data))
    assert failed(shot(), drawn(), clip) == {"format"}


def test_frame_too_few(tmp_path: Path) -> None:
    """A lost frame shortens the clip too."""
    clip = encode(tmp_path / "clip.mp4", [picture(n) for n in range(FRAMES - 1)])
    assert failed(shot(), drawn(), clip) == {"number of frames", "format"}


def test_black_frame(tmp_path: Path) -> None:
    pictures = [picture(n) for n in range(FRAMES)]
    pictures[5] = np.zeros_like(pictures[5])
    clip = encode(tmp_path / "clip.mp4", pictures)
    assert failed(shot(), drawn(), clip) == {"black frames"}
    # A night that was drawn black may be black.
    assert failed(shot(), drawn(luminance=1e-4), clip) == set()


def test_frozen_frame(tmp_path: Path) -> None:
    pictures = [picture(n) for n in range(FRAMES)]
    pictures[7] = pictures[6]
    clip = encode(tmp_path / "clip.mp4", pictures)
    assert failed(shot(), drawn(), clip) == {"frozen frames"}
    # Where nothing moves, frames may be equal.
    assert failed(shot(), drawn(moving=0.0), clip) == set()


@pytest.mark.parametrize("damage", ["cut", "junk", "absent"])
def test_damaged_file_fails_and_does_not_raise(tmp_path: Path, damage: str) -> None:
    clip = encode(tmp_path / "clip.mov", [picture(n) for n in range(FRAMES)], codec="prores_hq")
    if damage == "cut":
        clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    elif damage == "junk":
        clip.write_bytes(b"no film " * 400)
    else:
        clip.unlink()
    found = clip_check.check(shot(), drawn(), clip)
    assert any(f.verdict == "fail" for f in found)
