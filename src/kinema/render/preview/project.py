"""From faces in the world to triangles on the screen, sorted into bands of rows.

Depth is a quantity linear on the screen that grows towards the viewer: 1/depth for a lens, height above a far
plane for parallel light. A projection is a 4x4 matrix of rows X, Y, Q, W: pixel (X/W, Y/W), depth quantity Q/W.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel

SLOTS = 2
"""Triangles a face can become at the near plane."""
LINE = 16
"""Numbers per triangle: two left and two right edges (slope, intercept), depth plane (3), y and x bounds."""
HIDDEN, FRONT, BOTH = 0, 1, 2
"""What is drawn of a face: nothing; where it is seen from outside; from both sides."""


@kernel()
def place(items: Any, mesh: Any, rotation: Any, position: Any, world: Any, normal: Any) -> None:
    """Vertices and normals to world."""
    for n in range(items.shape[0]):
        i = items[n]
        p = mesh.vertex_piece[i]
        for r in range(3):
            a, b, c = rotation[p, r, 0], rotation[p, r, 1], rotation[p, r, 2]
            world[i, r] = (
                a * mesh.vertices[i, 0] + b * mesh.vertices[i, 1] + c * mesh.vertices[i, 2] + position[p, r]
            )
            normal[i, r] = a * mesh.normals[i, 0] + b * mesh.normals[i, 1] + c * mesh.normals[i, 2]


@kernel()
def frames(items: Any, mesh: Any, eye: Any, world: Any, plane: Any, frame: Any) -> None:
    """Per face its plane and the frame of its surface, relative to the eye.

    `plane (face, 4)`: unit normal n and n·(v0 - eye), float64. `frame (face, 14)`: gradients and offsets of the
    barycentric coordinates of vertices 1 and 2, then the directions in which u and v grow.
    """
    for n in range(items.shape[0]):
        _frame_of(items[n], mesh, world, eye, plane, frame)


@inlined()
def _frame_of(f: Any, mesh: Any, world: Any, eye: Any, plane: Any, frame: Any) -> None:
    a, b, c = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    x, y, z = world[a, 0] - eye[0], world[a, 1] - eye[1], world[a, 2] - eye[2]
    ux, uy, uz = world[b, 0] - eye[0] - x, world[b, 1] - eye[1] - y, world[b, 2] - eye[2] - z
    vx, vy, vz = world[c, 0] - eye[0] - x, world[c, 1] - eye[1] - y, world[c, 2] - eye[2] - z
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    area2 = nx * nx + ny * ny + nz * nz + 1e-60
    s = 1.0 / area2
    gx, gy, gz = (vy * nz - vz * ny) * s, (vz * nx - vx * nz) * s, (vx * ny - vy * nx) * s
    hx, hy, hz = (ny * uz - nz * uy) * s, (nz * ux - nx * uz) * s, (nx * uy - ny * ux) * s
    frame[f, 0], frame[f, 1], frame[f, 2], frame[f, 3] = gx, gy, gz, -(gx * x + gy * y + gz * z)
    frame[f, 4], frame[f, 5], frame[f, 6], frame[f, 7] = hx, hy, hz, -(hx * x + hy * y + hz * z)
    length = 1.0 / math.sqrt(area2)
    nx, ny, nz = nx * length, ny * length, nz * length
    plane[f, 0], plane[f, 1], plane[f, 2], plane[f, 3] = nx, ny, nz, nx * x + ny * y + nz * z
    du1, dv1 = mesh.uv[b, 0] - mesh.uv[a, 0], mesh.uv[b, 1] - mesh.uv[a, 1]
    du2, dv2 = mesh.uv[c, 0] - mesh.uv[a, 0], mesh.uv[c, 1] - mesh.uv[a, 1]
    det = du1 * dv2 - du2 * dv1
    k = 1.0 / det if abs(det) > 1e-12 else 0.0
    frame[f, 8], frame[f, 9], frame[f, 10] = (
        (ux * dv2 - vx * dv1) * k,
        (uy * dv2 - vy * dv1) * k,
        (uz * dv2 - vz * dv1) * k,
    )
    frame[f, 11], frame[f, 12], frame[f, 13] = (
        (vx * du1 - ux * du2) * k,
        (vy * du1 - uy * du2) * k,
        (vz * du1 - uz * du2) * k,
    )


@kernel()
def set_up(
    items: Any, which: Any, show: Any, faces: Any, world: Any, matrix: Any, near: float, width: int, height: int,
    line: Any, owner: Any,
) -> None:  # fmt: skip
    """Project the faces `which`; clip at W = near; write `SLOTS` triangles each. `owner` -1 = no triangle."""
    corner, poly = np.empty((3, 4)), np.empty((4, 3))
    for n in range(items.shape[0]):
        i = items[n]
        owner[SLOTS * i] = -1
        owner[SLOTS * i + 1] = -1
        f = which[i]
        if show[f] != HIDDEN:
            both = show[f] == BOTH
            _project(i, f, both, faces, world, matrix, near, width, height, line, owner, corner, poly)


@inlined()
def _project(
    i: Any, f: Any, both: Any, faces: Any, world: Any, m: Any, near: Any, width: Any, height: Any, line: Any,
    owner: Any, corner: Any, poly: Any,
) -> None:  # fmt: skip
    for j in range(3):
        v = faces[f, j]
        for r in range(4):
            corner[j, r] = m[r, 0] * world[v, 0] + m[r, 1] * world[v, 1] + m[r, 2] * world[v, 2] + m[r, 3]
    if corner[0, 3] < near and corner[1, 3] < near and corner[2, 3] < near:
        return
    n = 0
    for j in range(3):
        k = (j + 1) % 3
        wa, wb = corner[j, 3], corner[k, 3]
        if wa >= near:
            for r in range(3):
                poly[n, r] = corner[j, r] / wa
            n += 1
        if (wa >= near) != (wb >= near):
            s = (near - wa) / (wb - wa)
            for r in range(3):
                poly[n, r] = (corner[j, r] + s * (corner[k, r] - corner[j, r])) / near
            n += 1
    for t in range(1, n - 1):
        if _triangle(poly, t, t + 1, both, width, height, line[SLOTS * i + t - 1]):
            owner[SLOTS * i + t - 1] = f


@inlined()
def _triangle(p: Any, b: Any, c: Any, both: Any, width: Any, height: Any, out: Any) -> bool:
    x0, y0, z0 = p[0, 0], p[0, 1], p[0, 2]
    x1, y1, z1 = p[b, 0], p[b, 1], p[b, 2]
    x2, y2, z2 = p[c, 0], p[c, 1], p[c, 2]
    area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    if area == 0.0 or (area > 0.0 and not both):  # y is down: counter-clockwise from outside is negative
        return False
    low, high = min(y0, y1, y2), max(y0, y1, y2)
    left, right = min(x0, x1, x2), max(x0, x1, x2)
    if high < -1.0 or low > height + 1.0 or right < -1.0 or left > width + 1.0:
        return False
    gx = ((z1 - z0) * (y2 - y0) - (z2 - z0) * (y1 - y0)) / area
    gy = ((z2 - z0) * (x1 - x0) - (z1 - z0) * (x2 - x0)) / area
    out[8], out[9], out[10] = gx, gy, z0 - gx * x0 - gy * y0
    out[11], out[12], out[13], out[14] = low, high, left, right
    lefts = rights = 0
    for e in range(3):
        xa, ya, xb, yb = x0, y0, x1, y1
        if e == 1:
            xa, ya, xb, yb = x1, y1, x2, y2
        elif e == 2:
            xa, ya, xb, yb = x2, y2, x0, y0
        if ya == yb:
            continue
        is_left = (yb > ya) == (area < 0.0)
        # From the upper end, whichever face it is computed for: neighbours share the bits, so nothing leaks.
        if ya > yb:
            xa, ya, xb, yb = xb, yb, xa, ya
        slope = (xb - xa) / (yb - ya)
        start = xa - slope * ya
        if is_left:
            out[2 * lefts], out[2 * lefts + 1] = slope, start
            lefts += 1
        else:
            out[4 + 2 * rights], out[5 + 2 * rights] = slope, start
            rights += 1
    if lefts == 1:
        out[2], out[3] = out[0], out[1]
    if rights == 1:
        out[6], out[7] = out[4], out[5]
    return lefts > 0 and rights > 0


@kernel()
def into_bands(owner: Any, line: Any, height: int, band: int) -> tuple[Any, Any]:
    """Which triangles touch which band, in order: `items[start[b]:start[b + 1]]`."""
    bands = (height + band - 1) // band
    start = np.zeros(bands + 1, np.int64)
    for t in range(owner.shape[0]):
        if owner[t] >= 0:
            first, last = _bands_of(line[t], bands, band)
            for b in range(first, last + 1):
                start[b + 1] += 1
    for b in range(bands):
        start[b + 1] += start[b]
    items = np.empty(start[bands], np.int32)
    cursor = start[:-1].copy()
    for t in range(owner.shape[0]):
        if owner[t] >= 0:
            first, last = _bands_of(line[t], bands, band)
            for b in range(first, last + 1):
                items[cursor[b]] = t
                cursor[b] += 1
    return start, items


@inlined()
def _bands_of(line: Any, bands: Any, band: Any) -> tuple[int, int]:
    low = max(0.0, line[11] - 1.0)
    high = min(float(bands * band - 1), line[12] + 1.0)
    return int(low) // band, min(int(high) // band, bands - 1)
