"""Mesh files → `Surface`: glTF, OBJ, STL, PLY and OFF through trimesh, USD through pxr.

glTF is metres and y up by its specification, and is turned to z up. OBJ, STL, PLY and OFF say nothing: their
numbers are metres, their z is up. A USD file without `prim` is taken whole, its units and up axis heeded; a
`prim` is taken in its own frame and units, so that `scale` is metres per unit, as the USD importer writes it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from kinema.errors import KinemaError, ShotError
from kinema.physics.surface import Surface
from kinema.shot.body import Mesh

MOST_BYTES = 512 * 2**20
MOST_FACES = 1_000_000
MOST_PLACED = 10_000
"""Nodes of a scene that show a mesh: each takes 0.15 ms."""
CREASE = 40.0
"""Faces that meet at a smaller angle are shaded as one smooth surface [deg]."""
_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
_TRIMESH = {".glb", ".gltf", ".obj", ".stl", ".ply", ".off"}
_USD = {".usd", ".usda", ".usdc", ".usdz"}


def refusal(path: str, file: Path, got: str) -> ShotError:
    """A mesh file that is no use."""
    return ShotError(
        path,
        "must be a glTF, OBJ, STL, PLY, OFF or USD file with a surface that encloses a volume",
        got=f"{file.name}: {got}",
        next_step="Open it in a modeller and export one closed mesh.",
    )


def read_surface(file: Path, shape: Mesh, path: str) -> Surface:
    """The triangles of a mesh file in metres, z up. Raises `ShotError`."""
    kind = file.suffix.lower()
    if kind not in _TRIMESH | _USD:
        raise refusal(path, file, f"{kind or 'no suffix'}")
    if file.stat().st_size > MOST_BYTES:
        raise refusal(path, file, f"{file.stat().st_size >> 20} MiB, more than {MOST_BYTES >> 20}")
    try:
        points, faces = _from_usd(file, shape, path) if kind in _USD else _from_trimesh(file, kind)
    except KinemaError:
        raise
    except Exception as error:  # parsers of seven formats, each with its own kinds
        raise refusal(path, file, f"cannot be read: {type(error).__name__}: {str(error)[:80]}") from error
    if len(faces) > MOST_FACES:
        raise refusal(path, file, f"{len(faces)} triangles, more than {MOST_FACES}: decimate it")
    if points.shape[1:] != (3,) or faces.shape[1:] != (3,):
        raise refusal(path, file, "no triangles in space")
    if len(faces) and not 0 <= faces.min() <= faces.max() < len(points):
        raise refusal(path, file, f"faces of other points than its {len(points)}")
    if len(faces) < 4 or not np.isfinite(points).all():
        raise refusal(path, file, "no triangles" if len(faces) < 4 else "points that are not finite")
    return shaded(points * shape.scale, faces)


def _from_trimesh(file: Path, kind: str) -> tuple[np.ndarray, np.ndarray]:
    import trimesh

    # Materials would be read from beside or beyond the file; only the triangles are wanted.
    loaded = trimesh.load_scene(file, process=False, skip_materials=True)
    placed = {name: len(nodes) for name, nodes in loaded.graph.geometry_nodes.items()}
    faces = sum(len(loaded.geometry[name].faces) * times for name, times in placed.items())
    if sum(placed.values()) > MOST_PLACED or faces > MOST_FACES:  # before any copy is made
        raise ValueError(f"{sum(placed.values())} placings of {faces} triangles in all")
    mesh = loaded.to_mesh()
    points = np.asarray(mesh.vertices, float)
    if kind in (".glb", ".gltf"):
        points = points @ _Y_UP.T
    return points, np.asarray(mesh.faces, np.int64)


def _from_usd(file: Path, shape: Mesh, path: str) -> tuple[np.ndarray, np.ndarray]:
    from kinema.shot.usd_pxr import pxr
    from kinema.shot.usd_stage import open_stage

    geometry = pxr("UsdGeom")
    reading = open_stage(file)
    if shape.prim is not None:
        prim = reading.stage.GetPrimAtPath(shape.prim)
        if not prim or not prim.IsA(geometry.Mesh):
            raise ShotError(
                path.removesuffix("file") + "prim",
                "must be the path of a Mesh prim",
                got=f"{shape.prim} in {file.name}",
                next_step="`usdtree` or usdview lists the prims.",
            )
        return _triangles(prim, np.eye(4))
    meshes = [prim for prim in reading.prims() if prim.IsA(geometry.Mesh)]
    parts = [_triangles(prim, reading.matrix(prim)) for prim in meshes]
    starts = np.cumsum([0, *(len(points) for points, _ in parts)])
    if not parts:
        return np.empty((0, 3)), np.empty((0, 3), int)
    return (
        np.concatenate([points for points, _ in parts]),
        np.concatenate([faces + start for (_, faces), start in zip(parts, starts, strict=False)]),
    )


def _triangles(prim: Any, matrix: Float[np.ndarray, "4 4"]) -> tuple[np.ndarray, np.ndarray]:
    """Points through `matrix`, and polygons as fans, counter-clockwise from outside."""
    from kinema.shot.usd_pxr import value_of

    points = np.array(value_of(prim, "points", ()), float).reshape(-1, 3)
    counts = np.array(value_of(prim, "faceVertexCounts", ()), int)
    indices = np.array(value_of(prim, "faceVertexIndices", ()), int)
    if counts.sum() != len(indices) or (
        len(indices) and not 0 <= indices.min() <= indices.max() < len(points)
    ):
        raise ValueError("face counts and indices do not match the points")
    starts = np.repeat(np.cumsum(counts) - counts, np.maximum(counts - 2, 0))
    step = np.concatenate([np.arange(1, n - 1) for n in counts]) if len(counts) else np.empty(0, int)
    faces = indices[np.stack([starts, starts + step, starts + step + 1], axis=1).astype(int)]
    mirrored = np.linalg.det(matrix[:3, :3]) < 0
    if (value_of(prim, "orientation", "rightHanded") == "leftHanded") != mirrored:
        faces = faces[:, ::-1]
    return points @ matrix[:3, :3].T + matrix[:3, 3], faces


def shaded(points: Float[np.ndarray, "point 3"], faces: Int[np.ndarray, "face 3"]) -> Surface:
    """Triangles with smooth normals up to the crease angle, and UV in metres projected along the axis that
    each face looks at most: continuous but for where that axis changes."""
    corners = points[faces] + 0.0
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1)
    corners, normal = corners[length > 0], normal[length > 0] / length[length > 0, None]
    _, vertex = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    normals = _smooth(corners, normal, vertex.ravel())
    axis = np.abs(normal).argmax(axis=1)
    sign = np.sign(np.take_along_axis(normal, axis[:, None], axis=1))
    right, up = np.array([1, 0, 0])[axis], np.array([2, 2, 1])[axis]
    pick = np.arange(len(corners))
    # The u axis is turned so that textures are not mirrored: x sides (y, z), y sides (-x, z), z sides (x, y).
    flip = np.where(axis == 1, -1.0, 1.0)[:, None] * sign
    uv = np.stack([corners[pick, :, right] * flip, corners[pick, :, up]], axis=-1)
    rows = np.concatenate([corners.reshape(-1, 3), normals, uv.reshape(-1, 2)], axis=1)
    unique, index = np.unique(rows, axis=0, return_inverse=True)
    return Surface(
        vertices=unique[:, :3],
        normals=unique[:, 3:6],
        uv=unique[:, 6:],
        faces=index.reshape(-1, 3).astype(np.int32),
    )


def _smooth(corners: np.ndarray, normal: np.ndarray, vertex: np.ndarray) -> Float[np.ndarray, "corner 3"]:
    """For every corner the mean normal, weighted by angle, of the faces round its vertex that are within the
    crease of its own (Thürmer & Wüthrich 1998)."""
    a, b, c = corners.transpose(1, 0, 2)
    angles = np.stack([_angle(a, b, c), _angle(b, c, a), _angle(c, a, b)], axis=1).ravel()
    face = np.arange(len(vertex)) // 3
    order = np.argsort(vertex, kind="stable")
    count = np.bincount(vertex)
    start = np.cumsum(count) - count
    each = count[vertex[order]]
    # All pairs of corners that share a vertex.
    first = np.repeat(order, each)
    offset = np.arange(len(first)) - np.repeat(np.cumsum(each) - each, each)
    second = order[start[vertex[first]] + offset]
    close = (normal[face[first]] * normal[face[second]]).sum(1) > np.cos(np.radians(CREASE))
    total = np.zeros((len(vertex), 3))
    np.add.at(total, first[close], (angles[:, None] * normal[face])[second[close]])
    size = np.linalg.norm(total, axis=1, keepdims=True)
    # Rounded, so that equal sums in another order stay one vertex.
    return np.where(size > 1e-9, np.round(total / np.maximum(size, 1e-9), 9), normal[face])


def _angle(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """At `a`, between b and c [rad]."""
    u, v = b - a, c - a
    return np.arctan2(np.linalg.norm(np.cross(u, v), axis=1), (u * v).sum(1))
