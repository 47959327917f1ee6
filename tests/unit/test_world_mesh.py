"""Mesh files: the same solid from every format, units and axes heeded, bad files refused in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from kinema.errors import ShotError
from kinema.physics.build import world_hash
from kinema.physics.cut_solid import cut_solid
from kinema.physics.mesh import mesh_solid
from kinema.physics.mesh_file import shaded
from kinema.shot.body import Mesh
from kinema.shot.files import validate_shot
from kinema.shot.usd_pxr import pxr


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("KINEMA_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def folder(tmp_path):
    """A block 0.1 x 0.2 x 0.3 m in every format; glTF's y is up, so it is turned there."""
    block = trimesh.creation.box((0.1, 0.2, 0.3))
    for suffix in ("obj", "stl", "ply", "off"):
        block.export(tmp_path / f"block.{suffix}")
    turned = block.copy()
    turned.apply_transform(np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]], float))
    turned.export(tmp_path / "block.glb")
    return tmp_path


def usd(path, *, up: str = "Z", metres: float = 1.0, scale: float = 1.0, left: bool = False) -> None:
    Gf, Usd, UsdGeom = pxr("Gf"), pxr("Usd"), pxr("UsdGeom")

    stage = Usd.Stage.CreateNew(str(path))
    UsdGeom.SetStageUpAxis(stage, up)
    UsdGeom.SetStageMetersPerUnit(stage, metres)
    UsdGeom.Xform.Define(stage, "/world").AddTranslateOp().Set(Gf.Vec3d(5, 0, 0))
    mesh = UsdGeom.Mesh.Define(stage, "/world/block")
    size = np.array([0.1, 0.2, 0.3]) * scale
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * size / 2
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    mesh.CreatePointsAttr(corners.tolist())
    mesh.CreateFaceVertexCountsAttr([4] * 6)
    mesh.CreateFaceVertexIndicesAttr([i for quad in quads for i in (quad[::-1] if left else quad)])
    mesh.CreateOrientationAttr("leftHanded" if left else "rightHanded")
    stage.Save()


def read(folder, **shape):
    return mesh_solid(Mesh(**shape), folder=str(folder), path="bodies.0.shape")


@pytest.mark.parametrize("suffix", ["obj", "stl", "ply", "off", "glb"])
def test_every_format_is_the_same_block(folder, suffix):
    solid = read(folder, file=f"block.{suffix}")
    np.testing.assert_allclose(np.ptp(solid.surface.vertices, axis=0), [0.1, 0.2, 0.3], rtol=1e-6)
    assert solid.bulk.volume == pytest.approx(0.006, rel=1e-6)  # glb, stl and ply hold float32
    assert len(solid.colliders) == 1  # convex: its own hull
    assert solid.hull_area == pytest.approx(0.22, rel=1e-6)


def test_scale_is_a_length(folder):
    assert read(folder, file="block.obj", scale=2.0).bulk.volume == pytest.approx(0.048)


def test_usd_whole_stage_heeds_units_and_axis(tmp_path):
    usd(tmp_path / "cm.usda", up="Y", metres=0.01, scale=100.0)
    solid = read(tmp_path, file="cm.usda")
    # y up: the stage's y is the world's z, its z the world's -y; the parent's 5 units are 5 cm.
    np.testing.assert_allclose(np.ptp(solid.surface.vertices, axis=0), [0.1, 0.3, 0.2], rtol=1e-6)
    np.testing.assert_allclose(solid.bulk.centre, [0.05, 0, 0], atol=1e-8)


def test_usd_prim_is_in_its_own_frame(tmp_path):
    usd(tmp_path / "cm.usda", up="Y", metres=0.01, scale=100.0)
    solid = read(tmp_path, file="cm.usda", prim="/world/block", scale=0.01)
    np.testing.assert_allclose(np.ptp(solid.surface.vertices, axis=0), [0.1, 0.2, 0.3], rtol=1e-6)
    np.testing.assert_allclose(solid.bulk.centre, 0, atol=1e-8)


def test_left_handed_meshes_are_turned_outward(tmp_path):
    usd(tmp_path / "left.usda", left=True)
    assert read(tmp_path, file="left.usda").bulk.volume == pytest.approx(0.006, rel=1e-6)


def test_uv_is_in_metres_and_normals_keep_creases(folder):
    surface = read(folder, file="block.obj").surface
    a, b, _ = surface.corners.transpose(1, 0, 2)
    u, v, _ = surface.uv[surface.faces].transpose(1, 0, 2)
    np.testing.assert_allclose(np.linalg.norm(b - a, axis=1), np.linalg.norm(v - u, axis=1), atol=1e-9)
    np.testing.assert_allclose(np.abs(surface.normals).max(axis=1), 1)  # 90° edges stay sharp
    assert len(surface.vertices) == 24


def test_smooth_meshes_are_shaded_smoothly():
    ball = trimesh.creation.icosphere(3, radius=0.5)
    surface = shaded(np.asarray(ball.vertices), np.asarray(ball.faces))
    radial = surface.vertices / np.linalg.norm(surface.vertices, axis=1, keepdims=True)
    # Angle-weighted normals of a triangulated sphere (edge 0.14 rad): measured 0.1° at most.
    assert (radial * surface.normals).sum(1).min() > np.cos(np.radians(0.3))


def test_concave_meshes_collide_as_convex_parts_and_the_cache_gives_the_same(tmp_path):
    ring = trimesh.creation.torus(0.2, 0.06, major_sections=16, minor_sections=8)
    ring.export(tmp_path / "ring.ply")
    first = read(tmp_path, file="ring.ply")
    again = read(tmp_path, file="ring.ply")
    assert len(first.colliders) > 3
    for a, b in zip(first.colliders, again.colliders, strict=True):
        assert a.points is not None
        assert b.points is not None
        assert a.points.tobytes() == b.points.tobytes()
    # The hole is open: the middle is in no part.
    from scipy.spatial import ConvexHull

    for collider in first.colliders:
        assert collider.points is not None
        assert ConvexHull(collider.points).equations[:, 3].max() > 0
    assert first.bulk.volume == pytest.approx(ring.volume, rel=1e-6)


def test_holes_are_capped_for_mass_but_cannot_be_cut(tmp_path):
    block = trimesh.creation.box((0.1, 0.2, 0.3))
    trimesh.Trimesh(block.vertices, block.faces[:-3]).export(tmp_path / "open.stl")
    solid = read(tmp_path, file="open.stl")
    assert len(solid.surface.faces) == 9
    # One corner of the block is in no face that is left: a tetrahedron, a sixth of the block, may be missing.
    assert 0.8 * 0.006 < solid.bulk.volume < 1.001 * 0.006
    with pytest.raises(ShotError, match="closed"):
        cut_solid(solid.surface, 5, np.zeros(3), np.random.default_rng(0), "bodies.0.shape")


def test_an_open_tube_weighs_as_a_full_one(tmp_path):
    tube = trimesh.creation.cylinder(0.1, 0.3, sections=24)
    wall = tube.faces[np.abs(tube.face_normals[:, 2]) < 0.5]
    trimesh.Trimesh(tube.vertices, wall).export(tmp_path / "tube.ply")
    assert read(tmp_path, file="tube.ply").bulk.volume == pytest.approx(tube.volume, rel=1e-6)


def test_a_mesh_breaks_like_any_solid(folder):
    solid = read(folder, file="block.ply")
    cells = cut_solid(solid.surface, 12, np.zeros(3), np.random.default_rng(0), "x").cells
    assert sum(cell.bulk.volume for cell in cells) == pytest.approx(solid.bulk.volume, rel=1e-12)


@pytest.mark.parametrize(
    ("file", "content", "rule"),
    [
        ("missing.obj", None, "must be an existing mesh file"),
        ("../block.obj", None, "must lie in the shot's folder"),
        ("bad.glb", b"not a mesh", "cannot be read"),
        ("bad.obj", b"v 0 0 0\nf 7 8 9\n", "cannot be read"),
        ("empty.stl", b"solid x\nendsolid x\n", "no triangles|cannot be read"),
        (
            "nan.obj",
            b"v nan 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 2 3\nf 1 2 4\nf 2 3 4\nf 1 3 4\n",
            "not finite",
        ),
        ("flat.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nv 1 1 0\nf 1 2 3\nf 2 4 3\nf 1 3 2\nf 2 3 4\n", "flat"),
        ("prose.txt", b"hello", r"\.txt"),
        ("bad.usda", b"#usda 1.0\n(((", "USD"),
    ],
)
def test_bad_files_are_refused(folder, file, content, rule):
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(ShotError, match=rule):
        read(folder, file=file)


def test_inside_out_is_refused(tmp_path):
    block = trimesh.creation.box((0.1, 0.2, 0.3))
    trimesh.Trimesh(block.vertices, block.faces[:, ::-1]).export(tmp_path / "turned.stl")
    with pytest.raises(ShotError, match="inside out"):
        read(tmp_path, file="turned.stl")


def test_world_hash_follows_the_bytes_of_the_file(folder):
    tree = {
        "bodies": [{"name": "b", "shape": {"kind": "mesh", "file": "block.stl"}, "material": "steel"}],
        "lights": [{"name": "s", "kind": "sun"}],
    }
    before = world_hash(validate_shot(tree), folder=str(folder))
    (folder / "copy.stl").write_bytes((folder / "block.stl").read_bytes())
    tree["bodies"][0]["shape"] = {"kind": "mesh", "file": "copy.stl"}
    assert world_hash(validate_shot(tree), folder=str(folder)) == before
    trimesh.creation.box((0.1, 0.2, 0.31)).export(folder / "copy.stl")
    assert world_hash(validate_shot(tree), folder=str(folder)) != before
