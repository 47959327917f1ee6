"""Clip: the file on disk is what was ordered, and shows what was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinema.errors import MediaError
from kinema.media.decode import ClipFacts, read_clip, read_frames
from kinema.shot.shot import Shot
from kinema.verify.drawn import Drawn
from kinema.verify.finding import at_most
from kinema.verify.report import Finding

# Mean code value of 255 below which a frame is black. Codecs return black as 0 or 1; the darkest night
# delivered has a mean of 3.
_BLACK = 1.5

# Scene-linear mean above which a drawn frame cannot be black on screen: ACES renders it as code value 4
# on a BT.1886 display. Below it a black frame is what was drawn.
_LIT = 2e-3

# Largest change of any 8 x 8 block's mean, in code values, that counts as no change: codecs at CRF 16 wander
# by half a step between equal frames.
_STILL = 0.75
_BLOCK = 8

# Share of pixels that must move, by the motion pass, before equal neighbours mean a frozen clip: edges of a
# body a few pixels wide that moves by half a pixel can vanish in the codec.
_MOVING = 2e-3


@dataclass(frozen=True)
class _Watched:
    """What decoding every frame showed, by position in the clip."""

    frames: int
    black: tuple[int, ...]
    still: tuple[int, ...]
    """Frames equal to the one before."""


def check(shot: Shot, drawn: Drawn, clip: Path) -> list[Finding]:
    """Format, number of frames, and what decoding shows. A file that cannot be read is one failed finding."""
    try:
        facts, watched = read_clip(clip), _watch(clip)
    except MediaError as error:
        return [
            at_most(
                "clip",
                "file",
                "must be readable",
                1,
                0,
                unit="errors",
                detail=str(error),
                remedy="Encode again.",
            )
        ]
    return [_format(shot, drawn, facts), _count(drawn, facts, watched), *_content(drawn, watched)]


def _format(shot: Shot, drawn: Drawn, facts: ClipFacts) -> Finding:
    wanted = {
        "width": drawn.width,
        "height": drawn.height,
        "rate": shot.timing.fps,
        "duration": len(drawn.frames) / shot.timing.fps,
        "primaries": "bt709",
        "transfer": "bt709",
        "matrix": "bt709",
        "range": "tv",
    }
    wrong = {name: value for name, value in wanted.items() if getattr(facts, name) != value}
    told = "; ".join(f"{name} is {getattr(facts, name)}, ordered {value}" for name, value in wrong.items())
    return at_most(
        "clip",
        "format",
        f"must be {drawn.width}x{drawn.height} at {shot.timing.fps} frames/s, tagged Rec.709 limited range",
        len(wrong),
        0,
        unit="differences",
        detail=f"{told}." if told else f"{facts.codec}, {facts.pixel_format}, {float(facts.duration):.3f} s.",
        not_covered="Whether a player honours the tags.",
        remedy="Encode again with this version.",
    )


def _count(drawn: Drawn, facts: ClipFacts, watched: _Watched) -> Finding:
    ordered = len(drawn.frames)
    return at_most(
        "clip",
        "number of frames",
        f"must hold and decode to {ordered} frames",
        max(abs(facts.frames - ordered), abs(watched.frames - ordered)),
        0,
        unit="frames too many or too few",
        detail=f"{facts.frames} in the file, {watched.frames} decoded, {ordered} drawn.",
        remedy="Run again: the encoder was cut off.",
    )


def _content(drawn: Drawn, watched: _Watched) -> list[Finding]:
    known = dict(enumerate(drawn.frames))
    black = [n for n in watched.black if n not in known or not known[n].luminance < _LIT]
    frozen = [n for n in watched.still if n - 1 in known and known[n - 1].moving >= _MOVING]
    return [
        at_most(
            "clip",
            "black frames",
            "no frame may be black unless it was drawn black",
            len(black),
            0,
            unit="frames",
            detail=f"Frames {_some(black)}." if black else f"None of {watched.frames}.",
            remedy="Look at the lights and the exposure, then draw again.",
        ),
        at_most(
            "clip",
            "frozen frames",
            "no frame may equal the one before it while the motion pass moves",
            len(frozen),
            0,
            unit="frames",
            detail=f"Frames {_some(frozen)}." if frozen else f"None of {watched.frames}.",
            not_covered=f"Motion of less than {100 * _MOVING:.1f} % of the pixels.",
            remedy="A frame was encoded twice: draw again.",
        ),
    ]


def _watch(clip: Path) -> _Watched:
    """Decode once, keeping one frame's block means."""
    black, still, count, before = [], [], 0, None
    for count, frame in enumerate(read_frames(clip), start=1):
        if frame.mean() < _BLACK:
            black.append(count - 1)
        blocks = _block_means(frame)
        if before is not None and np.abs(blocks - before).max() < _STILL:
            still.append(count - 1)
        before = blocks
    return _Watched(count, tuple(black), tuple(still))


def _block_means(frame: np.ndarray) -> np.ndarray:
    rows, columns = (n // _BLOCK * _BLOCK for n in frame.shape[:2])
    blocks = frame[:rows, :columns].reshape(rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK, 3)
    return blocks.mean(axis=(1, 3), dtype=np.float32)


def _some(frames: list[int]) -> str:
    shown = ", ".join(str(n) for n in frames[:8])
    return shown + (f" and {len(frames) - 8} more" if len(frames) > 8 else "")
