"""Why a piece that exists has no pixel in a frame: from its triangles and the depth pass, not from the
renderer.

Each front-facing triangle of the piece is probed at the pixel centre nearest to its centroid, if that lies in
it. A probe is hidden if the depth pass shows something nearer there. A piece with a probe that nothing hides
should have been seen: it is missing.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.geometry import INNER
from kinema.physics.rotation import matrix
from kinema.physics.tape import Tape
from kinema.render.camera import View
from kinema.render.frame import Frame

Absence = Literal["left view", "occluded", "too small", "missing"]
_WORST_FIRST: tuple[Absence, ...] = ("missing", "occluded", "too small", "left view")

# Slack of the comparison, as a share of depth: both renderers' depths agree to 1e-5 of it, and where two
# surfaces coincide either may be drawn.
_SLACK = 1e-4


def reasons_for(
    pieces: Int[np.ndarray, " piece"], frame: Frame, tape: Tape, view: View
) -> dict[int, Absence]:
    """A reason for each of `pieces`, none of which has a pixel in `frame`."""
    if not len(pieces):
        return {}
    position, orientation = tape.poses_at(frame.index)
    cluster = tape.alive_at(frame.index)
    wanted = np.isin(tape.geometry.face_piece, pieces)
    faces = tape.geometry.faces[wanted]
    owner = tape.geometry.face_piece[wanted]
    neighbour = tape.geometry.face_neighbour[wanted]
    # An inner face shows only once the bond across it is gone.
    closed = (tape.geometry.face_side[wanted] == INNER) & (neighbour >= 0)
    closed &= cluster[neighbour] == cluster[owner]
    corners = np.einsum(
        "fij,fcj->fci", matrix(orientation)[owner], tape.geometry.vertices[faces].astype(float)
    )
    corners += position[owner][:, None]
    outcome = _probe(corners, frame, view)
    outcome[closed] = "too small"
    reasons: dict[int, Absence] = {}
    for piece in pieces.tolist():
        found: set[Absence] = set(outcome[owner == piece].tolist())
        reasons[piece] = _worst(found)
    return reasons


def _worst(found: set[Absence]) -> Absence:
    return min(found, key=_WORST_FIRST.index) if found else "too small"


def _probe(corners: Float[np.ndarray, "face corner 3"], frame: Frame, view: View) -> np.ndarray:
    """What became of each triangle; one that faces away is `too small` to be seen."""
    to_screen = view.matrix
    screen = np.einsum("ij,fcj->fci", to_screen[:, :3], corners) + to_screen[:, 3]
    depth = screen[..., 2]
    behind = (depth <= 0).any(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        xy = screen[..., :2] / depth[..., None]
    out = (
        behind | (xy < 0).all(1).any(1) | (xy[..., 0] > view.width).all(1) | (xy[..., 1] > view.height).all(1)
    )
    xy = np.where(out[:, None, None], 0.0, xy)
    centre = np.floor(xy.mean(1)) + 0.5
    # Edge functions; rows grow downwards, so what faces the camera runs clockwise here and has negative area.
    weights = np.stack(
        [
            _edge(xy[:, 1], xy[:, 2], centre),
            _edge(xy[:, 2], xy[:, 0], centre),
            _edge(xy[:, 0], xy[:, 1], centre),
        ],
        axis=1,
    )
    area = weights.sum(1)
    inside = (weights <= 0).all(1) & (area < 0)
    column, row = centre.astype(int).T
    on_screen = (column >= 0) & (column < view.width) & (row >= 0) & (row < view.height)
    outcome = np.full(len(corners), "too small", dtype="U9")
    outcome[out | (inside & ~on_screen)] = "left view"
    hit = inside & on_screen & ~out
    # 1 / depth is linear on the screen.
    near = area[hit] / (weights[hit] / depth[hit]).sum(1)
    drawn = frame.passes.depth[row[hit], column[hit]]
    outcome[hit] = np.where(drawn < near * (1 + _SLACK), "occluded", "missing")
    return outcome


def _edge(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Twice the signed area of a, b, p."""
    return (b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0])
