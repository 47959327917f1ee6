"""The distribution of worlds: a seed and a split give a shot, always the same one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

import numpy as np

from kinema.diffusion.dataset.held_out import HELD_OUT
from kinema.diffusion.dataset.phenomena import TRAINED, Phenomenon
from kinema.diffusion.dataset.plot import open_plot
from kinema.diffusion.dataset.ranges import BEYOND
from kinema.diffusion.dataset.ranges import TRAINED as WITHIN
from kinema.diffusion.dataset.staging import camera, lights, place
from kinema.shot.force import Forces, Wind
from kinema.shot.shot import Shot
from kinema.shot.timing import Timing

Split = Literal["train", "held_out", "out_of_distribution"]
SPLITS: Final[tuple[Split, ...]] = ("train", "held_out", "out_of_distribution")
FPS: Final = 24
_SLOW = (1, 2, 4)
"""Slow motions."""
_WEIGHTLESS = {"collide": 0.35}
"""Share of worlds of a phenomenon without gravity."""


@dataclass(frozen=True)
class Asked:
    """One world, before it is simulated."""

    shot: Shot
    phenomenon: str


def world_seed(dataset_seed: int, split: str, index: int) -> int:
    """Seed of a world: 32 bits of a hash, so that splits and neighbours share nothing."""
    text = f"{dataset_seed} {split} {index}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:4], "big")


def draw_shot(seed: int, split: Split, frames: int, attempt: int = 0) -> Asked:
    """The shot of a seed. `attempt` counts the ones before it that could not be used."""
    rng = np.random.default_rng([seed, SPLITS.index(split), attempt])
    phenomena: dict[str, tuple[float, Phenomenon]] = HELD_OUT if split == "held_out" else TRAINED
    shares = np.array([share for share, _ in phenomena.values()])
    name = str(rng.choice(list(phenomena), p=shares / shares.sum()))
    ranges = BEYOND if split == "out_of_distribution" else WITHIN
    plot = open_plot(rng, ranges, weightless=rng.random() < _WEIGHTLESS.get(name, 0.0))
    phenomena[name][1](plot)
    place(plot)
    wind = None
    if rng.random() < 0.07 and name != "shatter":
        turn, blow = rng.uniform(0, 2 * np.pi), rng.uniform(3, 14)
        wind = Wind(velocity=(float(blow * np.cos(turn)), float(blow * np.sin(turn)), 0.0))
    shot = Shot(
        title=f"{name} {seed}",
        seed=seed,
        timing=Timing(fps=Fraction(FPS), frames=frames, slow_motion=Fraction(_slow(plot.moment, frames))),
        bodies=tuple(plot.bodies),
        lights=lights(plot),
        camera=camera(plot),
        forces=Forces(
            gravity=(0.0, 0.0, -plot.gravity), wind=wind, pushes=tuple(plot.pushes), joints=tuple(plot.joints)
        ),
    )
    return Asked(shot, name)


def _slow(moment: float, frames: int) -> int:
    """The slow motion that puts the moment nearest to the middle of the clip, by ratio."""
    return min(_SLOW, key=lambda slow: abs(np.log(moment * FPS * slow / (0.5 * frames))))
