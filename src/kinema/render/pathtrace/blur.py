"""Where the picture moves while the shutter is open, and so how many instants each part of it needs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.tape import Tape
from kinema.render.camera import CameraPath
from kinema.render.pathtrace.adaptive import TILE

STRIDE = 1.5
"""Most that anything may move between two instants [px]: with a pixel's box filter steps are not seen."""
MOST = 32
"""Instants."""
_LARGE = 50.0
"""[m]: what is larger (ground) moves only with the camera, and is taken from the motion pass."""


def instants(
    tape: Tape,
    path: CameraPath,
    frame: int,
    shutter: float,
    motion: Float[np.ndarray, "row column 2"],
    radii: Float[np.ndarray, " piece"],
) -> Int[np.ndarray, "y x"]:
    """Instants of the shutter each tile needs. `motion` is the frame's pass [px per frame], `radii` of the
    balls about pieces' centres that hold them [m], `shutter` in frames."""
    rows, columns = motion.shape[:2]
    shape = -(-rows // TILE), -(-columns // TILE)
    need = np.ones(shape)
    if shutter <= 0:
        return need.astype(int)
    _from_pass(need, np.linalg.norm(motion, axis=-1) * shutter)
    small = np.flatnonzero(radii < _LARGE)
    (p0, q0), (p1, q1) = tape.poses_at(frame), tape.poses_at(frame + shutter)
    turned = 2 * np.arccos(np.clip(np.abs((q0 * q1).sum(-1)), 0, 1)) * np.minimum(radii, _LARGE)
    moves = small[(np.linalg.norm(p1 - p0, axis=-1)[small] > 1e-6) | (turned[small] > 1e-6)]
    if len(moves):
        _from_pieces(need, path, frame, shutter, p0[moves], p1[moves], radii[moves], turned[moves])
    return np.ceil(np.minimum(need, MOST)).astype(int)


def _from_pass(need: Float[np.ndarray, "y x"], length: Float[np.ndarray, "row column"]) -> None:
    rows, columns = length.shape
    padded = np.zeros((need.shape[0] * TILE, need.shape[1] * TILE))
    padded[:rows, :columns] = length
    tiles = padded.reshape(need.shape[0], TILE, need.shape[1], TILE)
    np.maximum(need, tiles.max((1, 3)) / STRIDE, out=need)


def _from_pieces(
    need: Float[np.ndarray, "y x"],
    path: CameraPath,
    frame: int,
    shutter: float,
    p0: Float[np.ndarray, "piece 3"],
    p1: Float[np.ndarray, "piece 3"],
    radii: Float[np.ndarray, " piece"],
    turned: Float[np.ndarray, " piece"],
) -> None:
    """Mark the box that each moving piece sweeps on the picture, also behind glass or entering from
    outside."""
    first, last = path.at(frame), path.at(frame + shutter)
    for a, b, radius, turn in zip(p0, p1, radii, turned, strict=True):
        depth = min(float((a - first.eye) @ first.forward), float((b - last.eye) @ last.forward))
        if depth < radius:
            continue  # beside or behind the lens: what is seen of it is in the motion pass
        start, end = first.project(a[None])[0], last.project(b[None])[0]
        scale = first.width / (2 * first.tan_x) / depth
        length = float(np.linalg.norm(end - start)) + turn * scale
        low = np.floor((np.minimum(start, end) - radius * scale) / TILE).astype(int)
        high = np.ceil((np.maximum(start, end) + radius * scale) / TILE).astype(int)
        window = need[max(low[1], 0) : max(high[1], 0), max(low[0], 0) : max(high[0], 0)]
        np.maximum(window, length / STRIDE, out=window)
