"""Opaque surfaces: one shading per pixel, with the exact passes; then the edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinema.render.preview.compile import inlined, kernel
from kinema.render.preview.exact import pixel_of, ray_of, record, record_nothing
from kinema.render.preview.fragment import FRAGMENT, find
from kinema.render.preview.light import lit
from kinema.render.preview.optics import backdrop
from kinema.render.preview.span import draw_run, run_of
from kinema.render.preview.visible import alike

f32 = np.float32
# Samples 1 to 4 of the lattice, and the pixels to ask, those on the sample's side first.
OFFSET_X = np.array([0.2, 0.4, -0.2, -0.4])
OFFSET_Y = np.array([0.4, -0.2, -0.4, 0.2])
SIGN_X = np.array([1, 1, -1, -1], np.int64)
SIGN_Y = np.array([1, -1, -1, 1], np.int64)
NEIGHBOUR_X = np.array([0, 0, 1, 1, -1], np.int64)
NEIGHBOUR_Y = np.array([0, 1, 0, 1, 0], np.int64)

BRIGHTEST = f32(8.0)
"""A sample brighter than this counts as this when a pixel is averaged: one spark must not make a jagged edge."""
CENTRES, EDGES = 0, 1
_BATCH = 64
"""Fragments found before they are lit: 4 kB."""


@kernel()
def shade(
    items: Any, step: int, mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, sky: Any, lamps: Any,
    film: Any, out: Any,
) -> None:  # fmt: skip
    """Step `CENTRES`: colour at every pixel's centre into `film.colour` and the picture, with the passes. Step
    `EDGES`: into the picture the average of five samples where they differ.

    One kernel for both, since most of its code, and of the time to compile it, is shared.
    """
    width = film.near.shape[1]
    work = np.empty((4 * width, 2), np.int32)  # column, sample
    fragments = np.empty((_BATCH, FRAGMENT), np.float32)
    for n in range(items.shape[0]):
        y = items[n]
        count = (
            _centres(y, mesh, plane, frame, view, sky, lamps, film, out, work)
            if step == CENTRES
            else _edges(y, mesh, plane, view, sky, film, out, work)
        )
        for first in range(0, count, _BATCH):
            last = min(first + _BATCH, count)
            _find(step, y, first, last, work, fragments, mesh, plane, frame, normal, view, film, out)
            _light(step, y, first, last, work, fragments, mesh, sky, lamps, film, out)
        if step == EDGES:
            _average(y, film, out)


@inlined()
def _centres(
    y: Any, mesh: Any, plane: Any, frame: Any, view: Any, sky: Any, lamps: Any, film: Any, out: Any, work: Any
) -> int:
    """Draw the background of a row and the long runs of matt matter; list the other pixels to shade."""
    height, width = film.near.shape
    count, drawn = 0, 0
    for x in range(width):
        if x < drawn:
            continue
        if film.face[y, x] >= 0:
            drawn = run_of(y, x, mesh, film)
            if drawn > x:
                draw_run(y, x, drawn, mesh, plane, frame, view, sky, lamps, film, out)
                continue
            work[count, 0], work[count, 1] = x, 0
            count += 1
            continue
        rx, ry, rz = ray_of(view, x + 0.5, y + 0.5, width, height)
        r, g, b = backdrop(sky, f32(rx), f32(ry), f32(rz))
        film.colour[y, x, 0], film.colour[y, x, 1], film.colour[y, x, 2] = r, g, b
        out.colour[y, x, 0], out.colour[y, x, 1], out.colour[y, x, 2] = r, g, b
        record_nothing(out, y, x, rx, ry, rz, view)
    return count


@inlined()
def _edges(y: Any, mesh: Any, plane: Any, view: Any, sky: Any, film: Any, out: Any, work: Any) -> int:
    """Sum up, in pixels on edges, those samples that some pixel's centre shows; list the rest."""
    height, width = film.near.shape
    count = 0
    for x in range(width):
        if film.edge[y, x] & 1 == 0:
            continue
        r = min(film.colour[y, x, 0], BRIGHTEST)
        g = min(film.colour[y, x, 1], BRIGHTEST)
        b = min(film.colour[y, x, 2], BRIGHTEST)
        for s in range(4):
            f = film.sample_face[s, y, x]
            v, u = _like(s, f, y, x, mesh, plane, film)
            if v >= 0:
                sr, sg, sb = film.colour[v, u, 0], film.colour[v, u, 1], film.colour[v, u, 2]
            elif f < 0:
                rx, ry, rz = ray_of(view, x + 0.5 + OFFSET_X[s], y + 0.5 + OFFSET_Y[s], width, height)
                sr, sg, sb = backdrop(sky, f32(rx), f32(ry), f32(rz))
            else:
                work[count, 0], work[count, 1] = x, s
                count += 1
                continue
            r, g, b = r + min(sr, BRIGHTEST), g + min(sg, BRIGHTEST), b + min(sb, BRIGHTEST)
        out.colour[y, x, 0], out.colour[y, x, 1], out.colour[y, x, 2] = r, g, b
    return count


@inlined()
def _find(
    step: Any, y: Any, first: Any, last: Any, work: Any, fragments: Any,
    mesh: Any, plane: Any, frame: Any, normal: Any, view: Any, film: Any, out: Any,
) -> None:  # fmt: skip
    """Fragments of the pixels and samples listed, and the passes of those at centres."""
    height, width = film.near.shape
    pixel = pixel_of(view, width)
    for k in range(first, last):
        x, s = work[k, 0], work[k, 1]
        f, dx, dy = film.face[y, x], 0.0, 0.0
        if step == EDGES:
            f, dx, dy = film.sample_face[s, y, x], OFFSET_X[s], OFFSET_Y[s]
        rx, ry, rz = ray_of(view, x + 0.5 + dx, y + 0.5 + dy, width, height)
        near = max(film.near[y, x], f32(1e-6))
        depth, nx, ny, nz, ar, ag, ab = find(
            f, rx, ry, rz, near, pixel, mesh, plane, frame, normal, view, fragments[k - first]
        )
        if step == CENTRES:
            record(out, y, x, mesh.face_piece[f], depth, nx, ny, nz, ar, ag, ab, rx, ry, rz, view)


@inlined()
def _light(
    step: Any, y: Any, first: Any, last: Any, work: Any, fragments: Any,
    mesh: Any, sky: Any, lamps: Any, film: Any, out: Any,
) -> None:  # fmt: skip
    """Light the fragments, into the picture or onto the sums of their pixels."""
    for k in range(first, last):
        x, s = work[k, 0], work[k, 1]
        f = film.face[y, x] if step == CENTRES else film.sample_face[s, y, x]
        m = mesh.optics[mesh.face_body[np.uint32(f)]]
        r, g, b = lit(fragments[k - first], m, film.smooth[y, x], sky, lamps)
        if step == CENTRES:
            film.colour[y, x, 0], film.colour[y, x, 1], film.colour[y, x, 2] = r, g, b
            out.colour[y, x, 0], out.colour[y, x, 1], out.colour[y, x, 2] = r, g, b
        else:
            out.colour[y, x, 0] += min(r, BRIGHTEST)
            out.colour[y, x, 1] += min(g, BRIGHTEST)
            out.colour[y, x, 2] += min(b, BRIGHTEST)


@inlined()
def _average(y: Any, film: Any, out: Any) -> None:
    for x in range(film.near.shape[1]):
        if film.edge[y, x] & 1:
            for c in range(3):
                out.colour[y, x, c] *= f32(0.2)


@inlined()
def _like(s: Any, f: Any, y: Any, x: Any, mesh: Any, plane: Any, film: Any) -> Any:
    """The nearest pixel whose centre sees the same surface as sample `s`, those on its side first; or -1, -1."""
    height, width = film.near.shape
    z = film.near[y, x]
    for k in range(5):
        v, u = y + NEIGHBOUR_Y[k] * SIGN_Y[s], x + NEIGHBOUR_X[k] * SIGN_X[s]
        if v >= 0 and u >= 0 and v < height and u < width:
            g = film.face[v, u]
            if g == f or (f >= 0 and g >= 0 and alike(g, f, film.near[v, u], z, mesh, plane)):
                return v, u
    return -1, -1
