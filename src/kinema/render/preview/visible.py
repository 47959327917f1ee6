"""What each pixel sees: nearest opaque face, two nearest clear faces before it, and where its samples disagree."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel
from kinema.render.preview.raster import BAND, SAMPLE_X, SAMPLE_Y, SAMPLES, fill, span

f32 = np.float32
SAME_NORMAL = 0.97
"""Cosine above which two faces of a body count as one smooth surface."""


@inlined()
def alike(f: Any, g: Any, z_f: Any, z_g: Any, mesh: Any, plane: Any) -> bool:
    """Whether two faces seen at depths 1/z look the same: of one body, of one side, turned and placed alike."""
    if f == g:
        return True
    if f < 0 or g < 0 or mesh.face_body[f] != mesh.face_body[g] or mesh.face_side[f] != mesh.face_side[g]:
        return False
    cosine = plane[f, 0] * plane[g, 0] + plane[f, 1] * plane[g, 1] + plane[f, 2] * plane[g, 2]
    if cosine < SAME_NORMAL:
        return False
    # In one plane, or at nearly the same depth.
    return abs(plane[f, 3] - plane[g, 3]) * z_f < 1e-3 or abs(z_f - z_g) < 0.02 * z_f


@kernel()
def see(
    items: Any,
    mesh: Any,
    plane: Any,
    owner: Any,
    line: Any,
    start: Any,
    sorted_: Any,
    clear_owner: Any,
    clear_line: Any,
    clear_start: Any,
    clear_sorted: Any,
    film: Any,
) -> None:
    """Fill the visibility part of `film`, a band at a time, in memory that stays in cache."""
    width = film.near.shape[1]
    z = np.empty((SAMPLES, BAND, width), np.float32)
    ids = np.empty((SAMPLES, BAND, width), np.int32)
    # Layers 5 to 9 are the second clear surfaces.
    cz = np.empty((2 * SAMPLES, BAND, width), np.float32)
    cids = np.empty((2 * SAMPLES, BAND, width), np.int32)
    for n in range(items.shape[0]):
        b = items[n]
        _band(
            b,
            mesh,
            plane,
            owner,
            line,
            start,
            sorted_,
            clear_owner,
            clear_line,
            clear_start,
            clear_sorted,
            film,
            z,
            ids,
            cz,
            cids,
        )


@inlined()
def _band(
    b: Any,
    mesh: Any,
    plane: Any,
    owner: Any,
    line: Any,
    start: Any,
    sorted_: Any,
    clear_owner: Any,
    clear_line: Any,
    clear_start: Any,
    clear_sorted: Any,
    film: Any,
    z: Any,
    ids: Any,
    cz: Any,
    cids: Any,
) -> None:
    height, width = film.near.shape
    top = b * BAND
    rows = min(BAND, height - top)
    _wipe(z, ids, SAMPLES, rows)
    for k in range(start[b], start[b + 1]):
        t = sorted_[k]
        low, high = _rows_of(line[t], top, rows)
        for s in range(SAMPLES):
            for r in range(low, high):
                y = top + r + 0.5 + SAMPLE_Y[s]
                first, last = span(line[t], y, SAMPLE_X[s], width)
                if first < last:
                    fill(line[t], owner[t], y, SAMPLE_X[s], first, last, z[s, r], ids[s, r])
    clear = clear_start[b] < clear_start[b + 1]
    if clear:
        _wipe(cz, cids, 2 * SAMPLES, rows)
    for k in range(clear_start[b], clear_start[b + 1]):
        t = clear_sorted[k]
        low, high = _rows_of(clear_line[t], top, rows)
        for s in range(SAMPLES):
            for r in range(low, high):
                y = top + r + 0.5 + SAMPLE_Y[s]
                first, last = span(clear_line[t], y, SAMPLE_X[s], width)
                if first < last:
                    _insert(clear_line[t], clear_owner[t], y, first, last, s, r, z, cz, cids)
    for r in range(rows):
        _settle(r, top + r, clear, mesh, plane, z, ids, cz, cids, film)


@inlined()
def _rows_of(line: Any, top: Any, rows: Any) -> tuple[int, int]:
    """First and one past the last row of a band in which a triangle may have samples."""
    low = int(max(line[11] - top - 1.0, 0.0))
    return low, int(min(line[12] - top + 1.0, float(rows)))


@inlined()
def _wipe(z: Any, ids: Any, layers: Any, rows: Any) -> None:
    for s in range(layers):
        for r in range(rows):
            for x in range(z.shape[2]):
                z[s, r, x] = f32(0)
                ids[s, r, x] = -1


@inlined()
def _insert(
    line: Any, face: Any, y: Any, first: Any, last: Any, s: Any, r: Any, solid: Any, z: Any, ids: Any
) -> None:
    """Keep the two nearest in front of what is solid."""
    start = f32(line[8] * (first + 0.5 + SAMPLE_X[s]) + line[9] * y + line[10])
    step = f32(line[8])
    t = s + SAMPLES
    behind = solid[s, r, first:last]
    z0, i0, z1, i1 = z[s, r, first:last], ids[s, r, first:last], z[t, r, first:last], ids[t, r, first:last]
    for x in range(np.uint64(last - first)):  # without branches, in vectors
        depth = start + step * f32(x)
        depth = depth if depth > behind[x] else f32(0)
        za, ia, zb, ib = z0[x], i0[x], z1[x], i1[x]
        first_, second = depth > za, depth > zb
        z1[x] = za if first_ else (depth if second else zb)
        i1[x] = ia if first_ else (face if second else ib)
        z0[x] = depth if first_ else za
        i0[x] = face if first_ else ia


@inlined()
def _settle(
    r: Any, y: Any, clear: Any, mesh: Any, plane: Any, z: Any, ids: Any, cz: Any, cids: Any, film: Any
) -> None:
    """From samples to pixels: centres, and the samples of those pixels in which they differ."""
    width = film.near.shape[1]
    face, near, edges = film.face[y], film.near[y], film.edge[y]
    i0, i1, i2, i3, i4, z0 = ids[0, r], ids[1, r], ids[2, r], ids[3, r], ids[4, r], z[0, r]
    for x in range(np.uint64(width)):  # in vectors
        f = i0[x]
        face[x], near[x] = f, z0[x]
        edges[x] = np.uint8((f != i1[x]) | (f != i2[x]) | (f != i3[x]) | (f != i4[x]))
    if not clear:
        film.clear_face[0, y, :] = -1
        film.clear_face[1, y, :] = -1
    for x in range(width):
        edge = 0
        if edges[x]:
            for s in range(1, SAMPLES):
                if not alike(i0[x], ids[s, r, x], z0[x], z[s, r, x], mesh, plane):
                    edge = 1
            if edge == 1:
                for s in range(1, SAMPLES):
                    film.sample_face[s - 1, y, x] = ids[s, r, x]
        if clear:
            edge |= _settle_clear(r, y, x, mesh, plane, cz, cids, film)
        edges[x] = edge


@inlined()
def _settle_clear(r: Any, y: Any, x: Any, mesh: Any, plane: Any, cz: Any, cids: Any, film: Any) -> Any:
    """The same for the two clear layers of one pixel; 2 if its samples differ."""
    edge = 0
    for layer in range(2):
        k = SAMPLES * layer
        g, zg = cids[k, r, x], cz[k, r, x]
        film.clear_face[layer, y, x], film.clear_near[layer, y, x] = g, zg
        for s in range(k + 1, k + SAMPLES):
            if cids[s, r, x] != g and not alike(g, cids[s, r, x], zg, cz[s, r, x], mesh, plane):
                edge = 2
    if edge:
        for layer in range(2):
            for s in range(1, SAMPLES):
                film.sample_clear[layer, s - 1, y, x] = cids[SAMPLES * layer + s, r, x]
    return edge
