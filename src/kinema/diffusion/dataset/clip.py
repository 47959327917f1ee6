"""From a seed to clips: a world simulated, drawn by the preview, controlled, and painted in every style asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int, UInt8

from kinema.diffusion.body_noise import body_noise
from kinema.diffusion.control import CHANNELS, control_of
from kinema.diffusion.dataset.distribution import Split, draw_shot
from kinema.diffusion.scene_tokens import scene_tokens
from kinema.diffusion.styles import style_named
from kinema.errors import ShotError, SimulationError
from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.cord import dressed
from kinema.render.frame import Frame, Picture
from kinema.render.preview import Preview
from kinema.shot.shot import Shot

MOST_ATTEMPTS: Final = 24
LEAST_SEEN: Final = 0.02
"""Share of the picture that moving matter must fill in the median frame."""
LEAST_MOTION: Final = 0.004
"""Picture widths that the fastest tenth of it must move in a frame, in the liveliest frames: a quarter pixel at 64."""
DARKEST, BRIGHTEST = 0.02, 0.92
"""Bounds of a picture's median shading: what is black or burnt out teaches nothing."""


@dataclass(frozen=True)
class Format:
    """What every clip of a data set has in common."""

    width: int
    height: int
    frames: int
    styles: tuple[str, ...]


@dataclass(frozen=True)
class Tokens:
    """Scene tokens of one clip."""

    rows: Float[np.ndarray, "row number"]
    kinds: Int[np.ndarray, " row"]


@dataclass(frozen=True)
class World:
    """One simulated world: one control, and a picture and scene tokens for each style."""

    seed: int
    split: Split
    phenomenon: str
    attempt: int
    shot: Shot
    engine: str
    control: Float[np.ndarray, "time row column 14"]
    """float16"""
    rgb: dict[str, UInt8[np.ndarray, "time row column 3"]]
    tokens: dict[str, Tokens]


def make_world(seed: int, split: Split, asked: Format) -> World:
    """The world of a seed: the first of its attempts that can be simulated and is worth seeing. Raises
    `SimulationError` if none is."""
    why = ""
    for attempt in range(MOST_ATTEMPTS):
        drawn = draw_shot(seed, split, asked.frames, attempt)
        try:
            tape = engine_named("rapier").simulate(build_world(drawn.shot))
        except (ShotError, SimulationError) as error:  # bodies that overlap, or a ledger that gains
            why = str(error)
            continue
        shot, tape = dressed(drawn.shot, tape)
        camera = CameraPath(shot, tape, asked.width, asked.height)
        frames = list(_frames(shot, tape, asked))
        control = _control(frames, tape, camera)
        if why := _worthless(frames, control, tape, drawn.shot):
            continue
        return World(
            seed=seed,
            split=split,
            phenomenon=drawn.phenomenon,
            attempt=attempt,
            shot=drawn.shot,
            engine=tape.engine,
            control=control,
            rgb={name: _painted(name, frames, control, seed) for name in asked.styles},
            tokens={name: Tokens(*scene_tokens(shot, tape, camera, name)) for name in asked.styles},
        )
    raise SimulationError(
        f"world {seed} of {split}",
        f"must come out within {MOST_ATTEMPTS} attempts",
        got=why,
        next_step="Make the data set with another --seed.",
    )


def _frames(shot: Shot, tape: Tape, asked: Format) -> Iterator[Frame]:
    # Shards are made side by side, one process each: more threads would only wait for one another.
    picture = Picture(width=asked.width, height=asked.height)
    return Preview(threads=1).draw(shot, tape, picture, range(asked.frames))


def _control(frames: list[Frame], tape: Tape, camera: CameraPath) -> Float[np.ndarray, "time row column 14"]:
    noise = body_noise(tape, camera)
    first = frames[0].passes.depth.shape
    out = np.empty((len(frames), *first, len(CHANNELS)), np.float16)
    for frame, into in zip(frames, out, strict=True):
        into[:] = control_of(frame, tape, camera, noise)
    return out


def _worthless(frames: list[Frame], control: np.ndarray, tape: Tape, shot: Shot) -> str:
    """Why a clip is not worth seeing; empty if it is."""
    dynamic = np.array([body.motion == "dynamic" for body in shot.bodies])
    geometry = tape.geometry
    lively = np.zeros(len(geometry.piece_body) + 1, bool)  # the last is "no piece", index -1
    known = geometry.piece_body < len(dynamic)
    lively[:-1][known] = dynamic[geometry.piece_body[known]]
    seen = [lively[frame.passes.piece] for frame in frames]
    if np.median([mask.mean() for mask in seen]) < LEAST_SEEN:
        return "moving matter out of sight"
    speeds = [
        np.quantile(np.abs(part[mask][:, 7:9].astype(np.float32)).max(-1), 0.9) / 10 if mask.any() else 0.0
        for part, mask in zip(control, seen, strict=True)
    ]
    if np.quantile(speeds, 0.8) < LEAST_MOTION:
        return "nothing moves"
    shading = float(np.median(control[..., 12].astype(np.float32)))
    return "" if DARKEST < shading < BRIGHTEST else "too dark or too bright"


def _painted(
    name: str, frames: list[Frame], control: np.ndarray, seed: int
) -> UInt8[np.ndarray, "time row column 3"]:
    paint = style_named(name).paint
    pictures = (
        paint(frame.colour, frame.passes, part, seed) for frame, part in zip(frames, control, strict=True)
    )
    return np.stack([np.rint((picture + 1) * 127.5).astype(np.uint8) for picture in pictures])
