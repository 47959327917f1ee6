"""Worlds to measure on: made from seeds that no training set uses, with everything that is exactly known of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import Float, Int

from kinema.diffusion.body_noise import body_noise
from kinema.diffusion.caption import captions, encode
from kinema.diffusion.control import control_of
from kinema.diffusion.dataset.clip import Format, make_world
from kinema.diffusion.dataset.distribution import Split, world_seed
from kinema.diffusion.scene_tokens import scene_tokens
from kinema.diffusion.styles import style_named
from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.cord import dressed
from kinema.render.frame import Frame, Picture
from kinema.render.preview import Preview
from kinema.shot.shot import Shot

SEED: Final = 77
"""Of the data set that is never written; those that train have seed 0."""
WIDTH, HEIGHT, FRAMES = 192, 128, 17
NAMES: Final[dict[Split, str]] = {
    "train": "in distribution",
    "held_out": "held-out phenomena",
    "out_of_distribution": "out of distribution",
}
"""What a split is called in a table. `train` here is new worlds of training's distribution."""

CALM: Final = ("clay", "film")
"""Styles whose texture lies still on matter at rest: `slip` of a wall is below 0.01 in the procedural picture. Dabs of
`painted` are laid anew in each frame (0.6), which a tracker takes for motion."""


@dataclass(frozen=True)
class World:
    """One world, simulated and drawn by the preview."""

    seed: int
    shot: Shot
    tape: Tape
    camera: CameraPath
    frames: list[Frame]
    """Of the preview."""
    control: Float[np.ndarray, "time row column 14"]
    """float16"""

    @cached_property
    def body(self) -> Int[np.ndarray, "time row column"]:
        """Index of the body a pixel sees; -1 none."""
        owner = np.append(self.tape.geometry.piece_body, -1)
        return owner[self.piece]

    @cached_property
    def piece(self) -> Int[np.ndarray, "time row column"]:
        """Index of the piece a pixel sees; -1 none."""
        return np.stack([frame.passes.piece for frame in self.frames])

    @cached_property
    def motion(self) -> Float[np.ndarray, "time row column 2"]:
        """Exact, to the next frame [px], right and down."""
        return np.stack([frame.passes.motion for frame in self.frames])

    def pictured(self, style: str) -> Float[np.ndarray, "time row column 3"]:
        """The style's own picture, which training teaches: sRGB in [-1, 1], rounded to codes as in a data set."""
        paint = style_named(style).paint
        pictures = [
            paint(frame.colour, frame.passes, control, self.seed)
            for frame, control in zip(self.frames, self.control, strict=True)
        ]
        return np.rint((np.stack(pictures) + 1) * 127.5).astype(np.uint8).astype(np.float32) / 127.5 - 1

    def scene(self, style: str) -> tuple[Float[np.ndarray, "row 48"], Int[np.ndarray, " row"]]:
        """Scene tokens and their kinds."""
        return scene_tokens(self.shot, self.tape, self.camera, style)

    def words(self, style: str) -> list[int]:
        """Tokens of a caption."""
        return encode(captions(self.shot, style, self.seed, count=4)[0]).ids


def staged(shot: Shot, seed: int, width: int = WIDTH, height: int = HEIGHT) -> World:
    """A shot simulated and drawn."""
    tape = engine_named("rapier").simulate(build_world(shot))
    shot, tape = dressed(shot, tape)
    camera = CameraPath(shot, tape, width, height)
    picture = Picture(width=width, height=height)
    frames = list(Preview(threads=1).draw(shot, tape, picture, range(shot.timing.frames)))
    noise = body_noise(tape, camera)
    control = np.stack([control_of(frame, tape, camera, noise) for frame in frames])
    return World(seed, shot, tape, camera, frames, control)


def worlds_of(split: Split, count: int) -> Iterator[World]:
    """The first worlds of a split, one at a time, for a world takes some 20 MB."""
    for index in range(count):
        made = make_world(world_seed(SEED, split, index), split, Format(WIDTH, HEIGHT, FRAMES, ()))
        yield staged(made.shot, made.seed)


def styles_of(known: Sequence[str], most: int) -> list[str]:
    """Of the styles that weights have learned, at most so many, the calm ones first."""
    return sorted(known, key=lambda style: style not in CALM)[:most]
