"""What the kernels read and write, as named tuples of arrays: numba takes them apart at no cost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8, UInt32


class Mesh(NamedTuple):
    """All triangles of a tape, and what their surfaces are made of. Constant over a clip.

    Indices are uint32: of a signed index numba tests at every access whether it counts from the end.
    """

    vertices: Float[np.ndarray, "vertex 3"]
    """Piece frame [m], float32."""
    normals: Float[np.ndarray, "vertex 3"]
    uv: Float[np.ndarray, "vertex 2"]
    """[m]"""
    vertex_piece: Int[np.ndarray, " vertex"]
    faces: Int[np.ndarray, "face 3"]
    face_piece: Int[np.ndarray, " face"]
    face_body: Int[np.ndarray, " face"]
    face_side: UInt8[np.ndarray, " face"]
    flat: UInt8[np.ndarray, " face"]
    """1 where the shading normals are the face's own."""
    level: Int[np.ndarray, " face"]
    """Number of the plane it lies in: the same for all faces of a piece in that plane, and never a face's index."""
    optics: Float[np.ndarray, "body optic"]
    """See `matter.py`."""
    texels: UInt32[np.ndarray, "texel word"]
    """All levels of all textures, row by row: colour, roughness and slopes packed as `texel.py` says."""
    scale: Float[np.ndarray, "texture 6"]
    offset: Float[np.ndarray, "texture 6"]
    """Channel = stored number times scale plus offset."""
    levels: Int[np.ndarray, "texture level 2"]
    """First texel and side of each level."""


class Surroundings(NamedTuple):
    """Light from infinity, exposed."""

    harmonics: Float[np.ndarray, "9 3"]
    """Irradiance as a polynomial in the normal: Ramamoorthi and Hanrahan 2001, constants folded in."""
    glossy: Float[np.ndarray, "texel 3"]
    """Octahedral maps, each with a border of one texel, blurred by GGX of `GLOSS` alphas."""
    glossy_level: Int[np.ndarray, "level 2"]
    """First texel and side without border."""
    floor: Float[np.ndarray, " 6"]
    """See `floor.py`."""
    split: Float[np.ndarray, "gloss cosine 2"]
    """Scale and bias of F0 over even light, by the root of alpha and by n·v, both 0 to 1."""
    backdrop: Float[np.ndarray, "texel 3"]
    """What the camera sees, unblurred, in the same layout."""
    backdrop_side: int


class Lamps(NamedTuple):
    """Lights, exposed, with the maps of what stands in their way."""

    lamp: Float[np.ndarray, "lamp number"]
    """See `lamps.py`."""
    to_map: Float[np.ndarray, "lamp 4 4"]
    """World to depth map: rows X, Y, Q, W; float32."""
    solid: Float[np.ndarray, "lamp row column"]
    """Depth quantity of the nearest opaque surface."""
    clear: Float[np.ndarray, "lamp row column"]
    """Of the nearest clear surface."""
    clear_face: Int[np.ndarray, "lamp row column"]
    nearest: Float[np.ndarray, "lamp tile tile"]
    """Depth quantity of the nearest surface in this tile of the map and those about it; 0 = none."""
    through: Float[np.ndarray, " face"]
    """Share of light that passes the body behind a clear face."""


class View(NamedTuple):
    """The lens, as kernels need it; all float64."""

    eye: Float[np.ndarray, " 3"]
    right: Float[np.ndarray, " 3"]
    """Times the tangent of half the horizontal field, so that the picture's edge is at 1."""
    up: Float[np.ndarray, " 3"]
    forward: Float[np.ndarray, " 3"]
    matrix: Float[np.ndarray, "3 4"]
    """World to pixels times depth."""
    carry: Float[np.ndarray, "piece 3 4"]
    """A point seen now, relative to the eye, to its pixel in the next frame times depth, by the piece it is on."""
    turn: Float[np.ndarray, "3 3"]
    """The same for a direction at infinity."""


class Film(NamedTuple):
    """Visibility and what is computed from it, one set per picture size."""

    near: Float[np.ndarray, "row column"]
    """1/depth of the opaque surface at the pixel's centre; 0 = none."""
    face: Int[np.ndarray, "row column"]
    """Its face; -1 = none."""
    clear_near: Float[np.ndarray, "layer row column"]
    """1/depth of the two nearest clear surfaces in front of it."""
    clear_face: Int[np.ndarray, "layer row column"]
    edge: UInt8[np.ndarray, "row column"]
    """Bit 0: opaque surfaces differ within the pixel; bit 1: clear ones do."""
    sample_face: Int[np.ndarray, "sample row column"]
    """Of samples 1 to 4, where bit 0 is set."""
    sample_clear: Int[np.ndarray, "layer sample row column"]
    """Where bit 1 is set."""
    lonely: UInt8[np.ndarray, "tile tile"]
    """1 where one plane fills the neighbourhood: nothing shuts out ambient light."""
    shade: Float[np.ndarray, "row column term"]
    """Ambient light that reaches the pixel, then direct light of each lamp with a map; 0 to 1."""
    soft: UInt8[np.ndarray, "row column"]
    """Bit per term: its noise is to be smoothed."""
    smooth: Float[np.ndarray, "row column term"]
    """`shade` after smoothing."""
    colour: Float[np.ndarray, "row column 3"]
    """Opaque colour at centres."""
    glass: Float[np.ndarray, "row column 3"]
    """Colour at centres where a clear surface is in front."""


class Output(NamedTuple):
    """The arrays of a `Frame` and its `Passes`."""

    colour: Float[np.ndarray, "row column 3"]
    depth: Float[np.ndarray, "row column"]
    normal: Float[np.ndarray, "row column 3"]
    albedo: Float[np.ndarray, "row column 3"]
    motion: Float[np.ndarray, "row column 2"]
    piece: Int[np.ndarray, "row column"]


TERMS = 4
"""Of `Film.shade`: ambient and the three strongest lamps."""


def film_of(width: int, height: int) -> Film:
    """An empty film."""
    size = (height, width)

    def empty(*shape: int, kind: type = np.float32) -> np.ndarray:
        return np.zeros(shape, kind)

    return Film(
        near=empty(*size),
        face=empty(*size, kind=np.int32),
        clear_near=empty(2, *size),
        clear_face=empty(2, *size, kind=np.int32),
        edge=empty(*size, kind=np.uint8),
        sample_face=empty(4, *size, kind=np.int32),
        sample_clear=empty(2, 4, *size, kind=np.int32),
        lonely=empty(-(-height // 16), -(-width // 16), kind=np.uint8),
        shade=empty(*size, TERMS),
        soft=empty(*size, kind=np.uint8),
        smooth=empty(*size, TERMS),
        colour=empty(*size, 3),
        glass=empty(*size, 3),
    )


def output_of(width: int, height: int) -> Output:
    """Arrays for one frame, not initialised: every pixel is written."""
    size = (height, width)
    return Output(
        colour=np.empty((*size, 3), np.float32),
        depth=np.empty(size, np.float32),
        normal=np.empty((*size, 3), np.float32),
        albedo=np.empty((*size, 3), np.float32),
        motion=np.empty((*size, 2), np.float32),
        piece=np.empty(size, np.int32),
    )


def order_of(count: int, block: int = 1) -> Int[np.ndarray, " count"]:
    """A permutation that scatters blocks of neighbours by the golden ratio: threads get equal shares of sky and
    ground whatever their number, and rows that read the same texels follow each other."""
    blocks = np.argsort((np.arange(-(-count // block)) * 0.6180339887498949) % 1, kind="stable")
    order = (blocks[:, None] * block + np.arange(block)).ravel()
    return order[order < count].astype(np.int32)
