"""Massive and hollow bodies in cells: volumes, surfaces and cracks add up, whatever the shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from kinema.errors import ShotError
from kinema.physics.cut import Cut
from kinema.physics.cut_solid import cut_solid
from kinema.physics.geometry import INNER, OUTER
from kinema.physics.inertia import polyhedron_bulk, sum_of
from kinema.physics.shapes import box_surface, cone_surface, cylinder_surface, sphere_surface
from kinema.physics.surface import Surface, joined
from kinema.physics.vase import vase_solid
from kinema.shot.body import Vase

VASE = Vase(profile=((0.05, 0), (0.09, 0.08), (0.1, 0.14), (0.05, 0.22), (0.065, 0.27)), wall=0.005)
BODIES = {
    "ball": sphere_surface(0.1, 48),
    "block": box_surface((0.2, 0.1, 0.07)),
    "drum": cylinder_surface(0.1, 0.2, 48),
    "cone": cone_surface(0.1, 0.2, 48),
    "vase": vase_solid(VASE, 48, "shape").surface,
}


def cut(surface: Surface, count=30, focus=(0.1, 0.0, 0.0), seed=0) -> Cut:
    return cut_solid(surface, count, np.array(focus), np.random.default_rng(seed), "shape")


@pytest.fixture(scope="module", params=BODIES)
def cut_body(request) -> tuple[str, Surface, Cut]:
    surface = BODIES[request.param]
    return request.param, surface, cut(surface)


def test_cells_fill_the_body(cut_body):
    _, surface, cells = cut_body
    whole, sum_of_cells = polyhedron_bulk(surface.corners), sum_of([cell.bulk for cell in cells.cells])
    # manifold3d is exact to rounding; measured 4e-16, a slip of any face would be above 1e-6.
    assert sum_of_cells.volume == pytest.approx(whole.volume, rel=1e-12)
    np.testing.assert_allclose(sum_of_cells.centre, whole.centre, atol=1e-13)
    np.testing.assert_allclose(sum_of_cells.inertia, whole.inertia, rtol=1e-10, atol=1e-18)


def test_every_cell_is_closed(cut_body):
    for cell in cut_body[2].cells:
        # The area vectors of a closed surface sum to nothing (Minkowski); 1e-15 m² is a hundredth of a µm².
        np.testing.assert_allclose(cell.surface.area_vectors.sum(0), 0, atol=1e-15)


def test_outer_faces_are_the_surface_of_the_body(cut_body):
    _, surface, cells = cut_body
    outer = sum(np.linalg.norm(c.surface.area_vectors, axis=1)[c.side == OUTER].sum() for c in cells.cells)
    assert outer == pytest.approx(surface.area, rel=1e-12)


def test_every_crack_face_has_its_twin(cut_body):
    cells = cut_body[2].cells
    for index, cell in enumerate(cells):
        assert (cell.neighbour[cell.side == INNER] >= 0).all()
        assert index not in cell.neighbour
        vectors = cell.surface.area_vectors
        for other in np.unique(cell.neighbour[cell.side == INNER]):
            twin = cells[other]
            here = vectors[cell.neighbour == other].sum(0)
            there = twin.surface.area_vectors[twin.neighbour == index].sum(0)
            # Both lie in one plane but are triangulated apart: equal to rounding of their corners.
            np.testing.assert_allclose(here, -there, atol=1e-14)


def test_cracks_are_the_inner_faces(cut_body):
    cells, cracks = cut_body[2].cells, cut_body[2].cracks
    inner = sum(np.linalg.norm(c.surface.area_vectors, axis=1)[c.side == INNER].sum() for c in cells)
    assert 2 * cracks.area.sum() == pytest.approx(inner, rel=1e-9)
    np.testing.assert_allclose(np.linalg.norm(cracks.normal, axis=1), 1, rtol=1e-12)
    ahead = np.array([cells[b].bulk.centre - cells[a].bulk.centre for a, b in cracks.piece])
    # Voronoi cells: the crack's normal is the direction between sites, and centroids do not change its sign.
    assert ((ahead * cracks.normal).sum(1) > 0).mean() > 0.97


def test_hulls_of_cells_do_not_overlap(cut_body):
    """Their volumes are at least the cells' own, but within the convex cells that tile space: sampled points
    of one hull lie in no other."""
    name, _, cells = cut_body
    hulls = [(i, ConvexHull(h)) for i, c in enumerate(cells.cells) for h in c.hulls]
    rng = np.random.default_rng(0)
    for index, hull in hulls:
        weight = rng.dirichlet(np.ones(len(hull.vertices)), 20)
        points = weight @ hull.points[hull.vertices]
        for other, beside in hulls:
            if other != index:
                depth = -(points @ beside.equations[:, :3].T + beside.equations[:, 3]).max(axis=1)
                assert depth.max() < 1e-9, (name, index, other)  # 1 nm: rounding of corners


def test_hulls_of_massive_cells_reach_their_surface():
    # Measured on a ball in 30 cells: 32 corners leave at most 2.13 % of a piece's size outside.
    for cell in cut(sphere_surface(0.1, 96)).cells:
        equations = ConvexHull(cell.hulls[0]).equations
        outside = (cell.surface.vertices @ equations[:, :3].T + equations[:, 3]).max()
        assert outside < 0.0225 * np.ptp(cell.surface.vertices, axis=0).max()


def test_outer_faces_keep_smooth_normals_and_uv():
    for cell in cut(BODIES["ball"]).cells:
        corners = np.unique(cell.surface.faces[cell.side == OUTER])
        if len(corners):
            vertices = cell.surface.vertices[corners]
            radial = vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
            # Normals between two corners of a 48-gon are interpolated along its chord.
            assert (radial * cell.surface.normals[corners]).sum(1).min() > np.cos(np.radians(1.0))
            # v is radius times latitude, linear between rows of facets 7.5° high.
            latitude = 0.1 * np.arcsin(np.clip(radial[:, 2], -1, 1))
            np.testing.assert_allclose(cell.surface.uv[corners, 1], latitude, atol=0.1 * np.radians(0.2))


def test_inner_faces_are_flat_with_uv_in_metres():
    for cell in cut(BODIES["block"]).cells:
        faces = cell.surface.faces[cell.side == INNER]
        a, b, c = cell.surface.vertices[faces].transpose(1, 0, 2)
        u, v, w = cell.surface.uv[faces].transpose(1, 0, 2)
        np.testing.assert_allclose(np.linalg.norm(b - a, axis=1), np.linalg.norm(v - u, axis=1), atol=1e-12)
        np.testing.assert_allclose(np.linalg.norm(c - a, axis=1), np.linalg.norm(w - u, axis=1), atol=1e-12)


@settings(max_examples=8, deadline=None)
@given(
    st.tuples(*[st.floats(0.02, 2.0)] * 3),
    st.integers(2, 40),
    st.tuples(*[st.floats(-1.5, 1.5)] * 3),
    st.integers(0, 2**32 - 1),
)
def test_blocks_of_any_size_keep_their_mass(size, count, focus, seed):
    cells = cut(box_surface(size), count, tuple(np.multiply(focus, size)), seed).cells
    assert sum(c.bulk.volume for c in cells) == pytest.approx(np.prod(size), rel=1e-12)
    assert min(c.bulk.volume for c in cells) > 0


def test_a_dumbbell_cell_that_comes_in_two_parts_becomes_two_pieces():
    """Two cubes joined by nothing but a thin bar, cut in two cells across the bar's axis would be whole; cut
    along it, each half of the pair stays connected only through the bar. No part may be lost either way."""
    left, right = box_surface((0.1, 0.1, 0.1)), box_surface((0.1, 0.1, 0.1))
    apart = joined(
        [left.moved(np.eye(3), np.array([-0.2, 0, 0])), right.moved(np.eye(3), np.array([0.2, 0, 0]))]
    )
    for seed in range(3):
        cells = cut(apart, 3, (0, 0, 0), seed).cells
        assert sum(c.bulk.volume for c in cells) == pytest.approx(0.002, rel=1e-12)
        for cell in cells:
            assert np.ptp(cell.surface.vertices[:, 0]) <= 0.1 + 1e-12, "a piece reaches across the gap"


def test_same_seed_same_bits():
    one, same = cut(BODIES["vase"], seed=5), cut(BODIES["vase"], seed=5)
    assert all(
        a.surface.vertices.tobytes() == b.surface.vertices.tobytes()
        for a, b in zip(one.cells, same.cells, strict=True)
    )


def test_open_surface_is_refused():
    box = BODIES["block"]
    with pytest.raises(ShotError, match="closed"):
        cut(box.part(np.arange(10)))
