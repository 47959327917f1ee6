"""The preview: a rasteriser that draws in real time on two cores, with exact passes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kinema.config import read_config
from kinema.errors import RenderError
from kinema.physics.tape import Tape
from kinema.render.frame import Frame, Picture, Referred
from kinema.render.white_balance import balanced
from kinema.shot.shot import Shot


class Preview:
    """Renderer by rasterisation. Nothing in it is random; a frame depends on its index alone.

    Not covered: motion blur, depth of field, caustics, more than two clear layers, light between bodies other than
    the floor's, shadows of the fourth and further lamps.
    """

    referred: Referred = "scene"

    def __init__(self, *, assets: str | Path = ".", smooth: bool = True, threads: int | None = None) -> None:
        """`assets`: folder of HDRI files. `smooth` = False leaves edges jagged, to measure what they cost.
        `threads`: None = as many as the cores this process may use; the picture is the same for any."""
        self._assets, self._smooth, self._threads = str(assets), smooth, threads

    @property
    def name(self) -> str:
        """Name, variant and version."""
        from importlib.metadata import version

        return f"preview (numba {version('numba')})"

    def draw(self, shot: Shot, tape: Tape, picture: Picture, frames: range) -> Iterator[Frame]:
        """Yield the frames asked for, in order. `picture.noise` and `picture.max_samples` do not apply."""
        if len(frames) and (min(frames) < 0 or max(frames) >= tape.frames):
            raise RenderError(
                "frames",
                f"must be within the tape's 0 to {tape.frames - 1}",
                got=f"{min(frames)} to {max(frames)}",
                next_step="Ask for fewer frames, or simulate for longer.",
            )
        from kinema.render.preview.compile import keep_kernels

        keep_kernels(read_config().cache)
        import numba

        from kinema.render.preview.crew import Crew
        from kinema.render.preview.stage import Stage

        size, assets, smooth = (picture.width, picture.height), self._assets, self._smooth
        with Crew(self._threads or numba.config.NUMBA_NUM_THREADS) as crew:  # type: ignore[attr-defined]
            stage = Stage(shot, tape, *size, assets=assets, smooth=smooth, crew=crew)
            for index in frames:
                frame = stage.draw(index)
                yield replace(frame, colour=balanced(frame.colour, shot.camera.white_balance))


__all__ = ["Preview"]
