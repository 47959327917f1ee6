"""`PathTracer`: the renderer that draws what a camera would have seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinema.errors import RenderError
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.exposure import full_scale, meter
from kinema.render.frame import Frame, Passes, Picture, Referred
from kinema.render.pathtrace.adaptive import Estimate, per_pixel, pixels_of
from kinema.render.pathtrace.blur import instants
from kinema.render.white_balance import balanced
from kinema.shot.shot import Shot

if TYPE_CHECKING:
    from kinema.render.pathtrace.scene import Stage

CLAMP = 10.0
"""Brightest that one path may be from beyond its second scattering, in units of full scale: known bias."""
DARKEST = 0.02
"""Share of full scale below which noise is measured against this level: near black on any display."""


@dataclass(frozen=True, kw_only=True)
class PathTracer:
    """Mitsuba 3, spectral, absolute photometric units, thin lens, true motion blur, denoised.

    Same shot, same tape, same picture, same machine type: the same bits.
    """

    assets: str | Path = "."
    """Folder of HDRI files."""
    denoise: str | None = "high"
    """Open Image Denoise's quality: high, balanced or fast; None = leave the noise."""

    @property
    def referred(self) -> Referred:
        """Light of the scene."""
        return "scene"

    @property
    def name(self) -> str:
        """Mitsuba's version and variant, and the denoiser's."""
        from importlib.metadata import version

        from kinema.render.pathtrace.variant import describe

        return f"{describe()}, pyoidn {version('pyoidn')}"

    def draw(self, shot: Shot, tape: Tape, picture: Picture, frames: range) -> Iterator[Frame]:
        """Yield the frames asked for, in order. Raises `MachineError`, `MediaError`, `RenderError`."""
        from kinema.render.pathtrace.film import ROUND
        from kinema.render.pathtrace.gbuffer import passes_at
        from kinema.render.pathtrace.scene import Stage

        if frames and not 0 <= min(frames) <= max(frames) < tape.frames:
            raise RenderError(
                "frames",
                f"must be within 0 to {tape.frames - 1}",
                got=frames,
                next_step="Ask for fewer frames.",
            )
        path = CameraPath(shot, tape, picture.width, picture.height)
        ev100 = meter(shot, tape)
        stage = Stage(shot, tape, path.at(0), str(self.assets))
        for frame in frames:
            stage.set_time(frame, path.at(frame))
            passes = passes_at(stage, frame, path.at(frame), path.at(frame + 1))
            estimate = exposed(shot, stage, path, picture, frame, passes, full_scale(ev100))
            seen = passes.piece >= 0
            error = estimate.error()
            yield Frame(
                index=frame,
                colour=balanced(self.developed(estimate, full_scale(ev100)), shot.camera.white_balance),
                ev100=ev100,
                passes=passes,
                samples=round(float(estimate.rounds.mean()) * ROUND),
                noise=float(np.median(error[seen] if seen.any() else error)),
            )

    def developed(self, estimate: Estimate, scale: float) -> np.ndarray:
        """Exposed and denoised colour, float32, never negative."""
        image = estimate.image()
        colour = (image[..., :3] / scale).astype(np.float32)
        if self.denoise is not None:
            from kinema.render.pathtrace.denoise import corrected, denoised

            clean = denoised(colour, image[..., 3:6], image[..., 6:], self.denoise)
            colour = corrected(clean, colour, estimate.variance() / scale**2)
        return np.maximum(colour, 0.0)


def exposed(
    shot: Shot, stage: Stage, path: CameraPath, picture: Picture, frame: int, passes: Passes, scale: float
) -> Estimate:
    """Rounds until the noise is on target everywhere, or `max_samples` are spent."""
    from kinema.render.pathtrace.film import ROUND, Round, expose

    opening = shutter(shot)
    size = picture.width, picture.height
    estimate = Estimate(*size, floor=DARKEST * scale)
    wanted = per_pixel(instants(stage.tape, path, frame, opening, passes.motion, stage.radii), *size)
    most = max(1, picture.max_samples // ROUND)
    still = wanted.max() <= 1
    seed = seed_of(shot, frame)
    number, need = 0, np.maximum(wanted, 1)
    while (need > number).any() and number < most:
        moment = frame + opening * radical_inverse(number)
        stage.set_time(moment, path.at(moment))
        # While nothing moves one kernel takes all rounds that are known to be needed; else one instant's.
        batch = min(int(need.max()), most) - number if still else 1
        layers = [pixels_of(need > number + k) for k in range(batch)]
        numbers = np.repeat(np.arange(number, number + batch), [len(layer) for layer in layers])
        taken = expose(
            stage, size, np.concatenate(layers), seed=seed, number=numbers, clamp_nits=CLAMP * scale
        )
        end = np.cumsum([len(layer) for layer in layers])
        for layer, stop in zip(layers, end, strict=True):
            estimate.add(layer, Round(*(part[stop - len(layer) : stop] for part in taken)))
        number += batch
        if number & (number - 1) == 0:
            need = np.maximum(wanted, np.ceil(estimate.rounds_for(picture.noise)))
    return estimate


def shutter(shot: Shot) -> float:
    """How long it is open, in frames."""
    return shot.camera.shutter_angle / 360


def radical_inverse(index: int) -> float:
    """Van der Corput's sequence, base 2, moved by half a step: however many rounds there are, their moments
    are spread evenly over the shutter."""
    value, step = 0.0, 0.5
    while index:
        value += step * (index & 1)
        index, step = index >> 1, step / 2
    return value


def seed_of(shot: Shot, frame: int) -> int:
    """Of one frame's noise. Under a camera that stands still all frames share it: what does not move is then the
    same in every frame to the bit, where seeds of their own would make it boil (measured: benchmarks). A moving
    camera would drag its picture under such a pattern, so there each frame has its own."""
    own = frame if shot.camera.moves else 0
    return int(np.random.SeedSequence([shot.seed, own]).generate_state(1)[0])
