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
        for s in range(SAMPLES):
            for r in range(rows):
                y = top + r + 0.5 + SAMPLE_Y[s]
                first, last = span(line[t], y, SAMPLE_X[s], width)
                if first < last:
                    fill(line[t], owner[t], y, SAMPLE_X[s], first, last, z[s, r], ids[s, r])
    clear = clear_start[b] < clear_start[b + 1]
    if clear:
        _wipe(cz, cids, 2 * SAMPLES, rows)
    for k in range(clear_start[b], clear_start[b + 1]):
        t = clear_sorted[k]
        for s in range(SAMPLES):
            for r in range(rows):
                y = top + r + 0.5 + SAMPLE_Y[s]
                first, last = span(clear_line[t], y, SAMPLE_X[s], width)
                if first < last:
                    _insert(clear_line[t], clear_owner[t], y, first, last, s, r, z, cz, cids)
    for r in range(rows):
        _settle(r, top + r, clear, mesh, plane, z, ids, cz, cids, film)


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
    for x in range(first, last):
        depth = start + step * f32(x - first)
        if depth <= solid[s, r, x]:
            continue
        if depth > z[s, r, x]:
            z[t, r, x], ids[t, r, x] = z[s, r, x], ids[s, r, x]
            z[s, r, x], ids[s, r, x] = depth, face
        elif depth > z[t, r, x]:
            z[t, r, x], ids[t, r, x] = depth, face


@inlined()
def _settle(
    r: Any, y: Any, clear: Any, mesh: Any, plane: Any, z: Any, ids: Any, cz: Any, cids: Any, film: Any
) -> None:
    """From samples to pixels: centres, and the samples of those pixels in which they differ."""
    width = film.near.shape[1]
    for x in range(width):
        f, zf = ids[0, r, x], z[0, r, x]
        film.face[y, x], film.near[y, x] = f, zf
        edge = 0
        for s in range(1, SAMPLES):
            if ids[s, r, x] != f and not alike(f, ids[s, r, x], zf, z[s, r, x], mesh, plane):
                edge = 1
        if edge == 1:
            for s in range(1, SAMPLES):
                film.sample_face[s - 1, y, x] = ids[s, r, x]
        film.clear_face[0, y, x], film.clear_face[1, y, x] = -1, -1
        if clear:
            for layer in range(2):
                k = SAMPLES * layer
                g, zg = cids[k, r, x], cz[k, r, x]
                film.clear_face[layer, y, x], film.clear_near[layer, y, x] = g, zg
                for s in range(k + 1, k + SAMPLES):
                    if cids[s, r, x] != g and not alike(g, cids[s, r, x], zg, cz[s, r, x], mesh, plane):
                        edge |= 2
            if edge & 2:
                for layer in range(2):
                    for s in range(1, SAMPLES):
                        film.sample_clear[layer, s - 1, y, x] = cids[SAMPLES * layer + s, r, x]
        film.edge[y, x] = edge
