"""The instance noise of a clip: a smooth random colour field fixed to each body.

The field is value noise (Perlin 2002's lattice and hash, values instead of gradients) over the body's own frame at
rest, so a point of matter keeps its colour however it moves, and shards keep the colours of the body they were.
A network and a painted style can both hold on to it: it says which point of which body a pixel sees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt32

from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath

PER_RADIUS = 2.0
"""Features along a body's radius: some eight across it, each a few pixels where the body is a tenth of the picture."""
PER_VIEW = 12.0
"""Features along the way from the camera to what there is, at least: bounds them on floors and walls."""


@dataclass(frozen=True, kw_only=True)
class BodyNoise:
    """What the field needs to know of each body; constant over a clip."""

    feature: Float[np.ndarray, " body"]
    """Edge of the field's lattice [m]."""
    key: UInt32[np.ndarray, " body"]
    """Seed of the field."""


def body_noise(tape: Tape, camera: CameraPath) -> BodyNoise:
    """The fields of a clip. Features follow the body's size, but no body's are large in the picture."""
    geometry = tape.geometry
    at_rest = geometry.vertices + geometry.piece_rest[geometry.vertex_piece]
    radius = np.zeros(len(geometry.bodies))
    np.maximum.at(radius, geometry.piece_body[geometry.vertex_piece], np.linalg.norm(at_rest, axis=1))
    view = camera.at(0)
    seen = float(np.median(_distances(tape, view.eye)))
    feature = np.minimum(radius / PER_RADIUS, max(seen, 1e-3) / PER_VIEW)
    # Knuth's multiplicative hash: neighbouring bodies get keys far apart.
    number = np.arange(1, len(geometry.bodies) + 1, dtype=np.uint64)
    key = (number * 2654435761 + np.uint64(tape.seed) * 40503) & 0xFFFFFFFF
    return BodyNoise(feature=np.maximum(feature, 1e-4), key=key.astype(np.uint32))


def _distances(tape: Tape, eye: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " piece"]:
    """From the eye to each piece when the clip starts; endless ground apart."""
    finite = tape.geometry.piece_volume > 0
    pieces = finite if finite.any() else np.ones(len(finite), bool)
    return np.linalg.norm(tape.position[0, pieces].astype(float) - eye, axis=1)
