"""`PathTracer`: the renderer that draws what a camera would have seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from kinema.errors import RenderError
from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.exposure import full_scale, meter
from kinema.render.frame import Frame, Picture
from kinema.render.pathtrace.adaptive import LEAST_ROUNDS, Estimate, rounds_needed
from kinema.shot.shot import Shot

CLAMP = 10.0
"""Brightest that one path may be from beyond its second scattering, in units of full scale: known bias."""
DARKEST = 0.02
"""Share of full scale below which noise is measured against this level: near black on any display."""
WAVEFRONT = 8_000_000
"""Most samples in flight at once: about 1 GB."""


@dataclass(frozen=True, kw_only=True)
class PathTracer:
    """Mitsuba 3, spectral, absolute photometric units, thin lens, true motion blur, denoised.

    Same shot, same tape, same picture, same machine type: the same bits.
    """

    folder: str = "."
    """Where HDRI files are found."""
    denoise: str | None = "high"
    """Open Image Denoise's quality: high, balanced or fast; None = leave the noise."""

    @property
    def name(self) -> str:
        """Mitsuba's version and variant, and the denoiser's."""
        from importlib.metadata import version

        from kinema.render.pathtrace.variant import describe

        return f"{describe()}, pyoidn {version('pyoidn')}"

    def draw(self, shot: Shot, tape: Tape, picture: Picture, frames: range) -> Iterator[Frame]:
        """Yield the frames asked for, in order. Raises `MachineError`, `MediaError`, `RenderError`."""
        from kinema.render.pathtrace.film import Film
        from kinema.render.pathtrace.gbuffer import passes_at
        from kinema.render.pathtrace.scene import Stage

        if frames and not 0 <= min(frames) <= max(frames) < tape.frames:
            raise RenderError(
                "frames", f"must be within 0 to {tape.frames - 1}", got=frames, next_step="Ask for fewer frames."
            )
        path = CameraPath(shot, tape, picture.width, picture.height)
        ev100 = meter(shot, tape)
        stage = Stage(shot, tape, path.at(0), self.folder)
        films: dict[int, Film] = {}
        for frame in frames:
            stage.set_time(frame, path.at(frame))
            passes = passes_at(stage, frame, path.at(frame), path.at(frame + 1))
            film = films.setdefault(
                size := _round_size(picture, float(np.hypot(*passes.motion.reshape(-1, 2).T).max()) * shutter(shot)),
                Film(stage, picture.width, picture.height, size),
            )
            estimate = self._expose(shot, stage, film, path, picture, frame, full_scale(ev100))
            assert estimate.colour is not None and estimate.albedo is not None and estimate.normal is not None
            colour = (estimate.colour / full_scale(ev100)).astype(np.float32)
            if self.denoise is not None:
                from kinema.render.pathtrace.denoise import denoised

                colour = denoised(colour, estimate.albedo, estimate.normal, self.denoise)
            yield Frame(
                index=frame,
                colour=np.maximum(colour, 0.0),
                ev100=ev100,
                passes=passes,
                samples=estimate.rounds * film.samples,
                noise=estimate.noise,
            )

    def _expose(self, shot, stage, film, path, picture, frame, scale) -> Estimate:  # type: ignore[no-untyped-def]
        estimate = Estimate(floor=DARKEST * scale)
        most = max(LEAST_ROUNDS, picture.max_samples // film.samples)
        wanted = LEAST_ROUNDS
        while estimate.rounds < wanted:
            moment = frame + shutter(shot) * radical_inverse(estimate.rounds)
            stage.set_time(moment, path.at(moment))
            estimate.add(*film.expose(seed_of(shot.seed, frame, estimate.rounds), CLAMP * scale))
            if estimate.rounds == wanted:
                wanted = rounds_needed(wanted, estimate.noise, picture.noise, most)
        return estimate


def shutter(shot: Shot) -> float:
    """How long it is open, in frames."""
    return shot.camera.shutter_angle / 360


def radical_inverse(index: int) -> float:
    """Van der Corput's sequence, base 2, moved by half a step: however many rounds there are, their moments are
    spread evenly over the shutter."""
    value, step, index = 0.0, 0.5, index
    while index:
        value += step * (index & 1)
        index, step = index >> 1, step / 2
    return value


def _round_size(picture: Picture, blur: float) -> int:
    """Samples per pixel in one round. A round is one instant, so the more a picture moves while the shutter is
    open (`blur`, px) the smaller the rounds and the more instants."""
    size = 16 if blur < 1 else 9 if blur < 4 else 4
    return max(1, min(size, WAVEFRONT // (picture.width * picture.height)))


def seed_of(shot_seed: int, frame: int, number: int) -> int:
    """Of one round: a function of shot, frame and round alone."""
    return int(np.random.SeedSequence([shot_seed, frame, number]).generate_state(1)[0] & 0x7FFFFFFF)
