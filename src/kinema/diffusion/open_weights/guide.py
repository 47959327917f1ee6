"""`Guide`: the pictures that drive a model, of any frames of a clip, from the preview and its exact passes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import numpy as np
from jaxtyping import UInt8

from kinema.config import read_config
from kinema.diffusion.open_weights.options import Control
from kinema.diffusion.open_weights.passes import (
    Bounds,
    bounds_of,
    depth_picture,
    edge_picture,
    motion_picture,
    segment_picture,
)
from kinema.media.view import ViewTransform
from kinema.physics.tape import Tape
from kinema.render.frame import Frame, Picture
from kinema.render.preview import Preview
from kinema.shot.shot import Shot

SIDE: Final = 32
"""Pixels: sides are filled up to multiples of it, which every family takes (Wan, Hunyuan, Cosmos 16; LTX, Wan 2.2
5B 32), and cut again. So no pass is resampled, and a pixel of the model is a pixel of the tape."""
SCALED_BY: Final = 24
"""Frames, about, spread over the clip, that its bounds are taken from."""


class Guide:
    """Pictures of one clip at one size. Frames are drawn anew each time they are asked for: quicker than kept."""

    def __init__(self, shot: Shot, tape: Tape, picture: Picture, *, assets: str) -> None:
        self._shot, self._tape, self._picture = shot, tape, picture
        self._preview = Preview(assets=assets)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures."""
        return (-(-self._picture.height // SIDE) * SIDE, -(-self._picture.width // SIDE) * SIDE)

    def frames(self, wanted: range) -> Iterator[Frame]:
        """The preview's."""
        return self._preview.draw(self._shot, self._tape, self._picture, wanted)

    def pictures(self, wanted: range, kind: Control) -> UInt8[np.ndarray, "time row column 3"]:
        """Of `wanted`, filled up to `size`; frames beyond the clip are its last one."""
        there = range(wanted.start, min(wanted.stop, self._tape.frames))
        drawn = [self._picture_of(frame, kind) for frame in self.frames(there)]
        drawn += drawn[-1:] * (len(wanted) - len(drawn))
        return self.filled(np.stack(drawn))

    def filled(
        self, pictures: UInt8[np.ndarray, "time row column 3"]
    ) -> UInt8[np.ndarray, "time row column 3"]:
        """Up to `size`, below and to the right, with the last row and column."""
        height, width = self.size
        rows, columns = height - pictures.shape[1], width - pictures.shape[2]
        return np.pad(pictures, ((0, 0), (0, rows), (0, columns), (0, 0)), mode="edge")

    def _picture_of(self, frame: Frame, kind: Control) -> UInt8[np.ndarray, "row column 3"]:
        match kind:
            case "depth":
                return depth_picture(frame.passes.depth, self.bounds)
            case "edges":
                return edge_picture(frame.passes)
            case "segments":
                return segment_picture(frame.passes.piece)
            case "motion":
                return motion_picture(frame.passes.motion, self.bounds)
            case "preview":
                return np.asarray(self._view(frame.colour), np.uint8)

    @cached_property
    def bounds(self) -> Bounds:
        """Of the whole clip, whatever part of it is asked for."""
        step = max(1, self._tape.frames // SCALED_BY)
        return bounds_of(frame.passes for frame in self.frames(range(0, self._tape.frames, step)))

    @cached_property
    def _view(self) -> ViewTransform:
        return ViewTransform("natural", display="srgb", cache=read_config().cache)
