"""Clips to be found again: worlds of the training distribution as kinema draws them, and landscapes of noise.

A landscape is a camera that travels over a picture whose amplitude falls with frequency as in photographs (Field,
"Relations between the statistics of natural images", 1987): the nearest to camera footage that needs no download.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8

from kinema.diffusion.dataset.distribution import draw_shot, world_seed
from kinema.errors import ShotError, SimulationError
from kinema.media.view import ViewTransform
from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.render.cord import dressed
from kinema.render.frame import Picture
from kinema.render.preview import Preview

RATE = 24
SEED = 40417
"""Of this benchmark's worlds; no data set has it."""
ATTEMPTS = 24

Frames = UInt8[np.ndarray, "time row column 3"]


def world(number: int, width: int, height: int, frames: range) -> Frames:
    """One world, drawn by the preview and graded."""
    seed = world_seed(SEED, "train", number)
    for attempt in range(ATTEMPTS):
        asked = draw_shot(seed, "train", frames.stop, attempt)
        try:
            tape = engine_named("rapier").simulate(build_world(asked.shot))
        except (ShotError, SimulationError):  # bodies that overlap, or a ledger that gains: the next attempt
            continue
        shot, tape = dressed(asked.shot, tape)
        view = ViewTransform(shot.look)
        drawn = Preview(threads=1).draw(shot, tape, Picture(width=width, height=height), frames)
        return np.stack([_bytes(view(frame.colour)) for frame in drawn])
    raise RuntimeError(f"world {number} has no attempt that can be simulated")


def landscape(number: int, width: int, height: int, frames: range) -> Frames:
    """One landscape; each pans at its own pace, up to two thirds of a picture a second."""
    rng = np.random.default_rng([SEED, number])
    pace = rng.uniform(-1, 1, 2) * (width / 36, height / 36)
    reach = np.ceil(np.abs(pace) * frames.stop).astype(int)
    columns, rows = width + reach[0], height + reach[1]
    y, x = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :]
    spectrum = np.fft.rfft2(rng.normal(size=(3, rows, columns))) / (np.hypot(y, x) + 1e-3)
    mixed = np.einsum(
        "ab,brc->arc", np.full((3, 3), 0.6) + np.eye(3), np.fft.irfft2(spectrum, (rows, columns))
    )
    spread = mixed.std(axis=(1, 2), keepdims=True)
    land = np.clip(rng.uniform(80, 160) + rng.uniform(35, 60) * mixed / spread, 0, 255).astype(np.uint8)
    land = np.moveaxis(land, 0, -1)
    starts = (np.where(pace < 0, reach, 0) + pace * n for n in frames)
    return np.stack([land[int(y) : int(y) + height, int(x) : int(x) + width] for x, y in starts])


def shelf(count: int, width: int, height: int, frames: range, first: int = 0) -> Iterator[tuple[str, Frames]]:
    """So many worlds, and as many landscapes."""
    for number in range(first, first + count):
        yield "worlds", world(number, width, height, frames)
        yield "landscapes", landscape(number, width, height, frames)


def _bytes(picture: np.ndarray) -> np.ndarray:
    return picture if picture.dtype == np.uint8 else (picture >> 8).astype(np.uint8)
