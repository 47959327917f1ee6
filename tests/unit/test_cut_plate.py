"""A cracked pane tiles the pane: nothing is lost, nothing overlaps, every crack has two equal faces."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.physics.crack_pattern import SMALLEST, crack_pattern
from kinema.physics.cut import Cut
from kinema.physics.cut_plate import cut_pane
from kinema.physics.geometry import INNER, OUTER

PANES = st.tuples(
    st.floats(0.05, 4.0),  # width
    st.floats(0.05, 4.0),  # height
    st.floats(1e-3, 0.03),  # thickness
    st.integers(2, 160),  # shards
    st.floats(-0.7, 0.7),  # aim, in widths and heights: also outside the pane
    st.floats(-0.7, 0.7),
    st.integers(0, 2**32 - 1),  # seed
)


def pane(width=1.0, height=1.0, thickness=0.006, count=150, aim=(0.0, 0.0), seed=0) -> Cut:
    return cut_pane(width, height, thickness, count, aim, np.random.default_rng(seed))


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


@settings(max_examples=25, deadline=None)
@given(PANES)
def test_shards_fill_the_pane_and_their_outer_faces_are_its_surface(given_pane):
    width, height, thickness, count, x, z, seed = given_pane
    cut = pane(width, height, thickness, count, (x * width, z * height), seed)
    assert len(cut.cells) == count
    volume = sum(cell.bulk.volume for cell in cut.cells)
    # Sums of a few hundred products of doubles: 1e-12 leaves two orders above rounding.
    np.testing.assert_allclose(volume, width * height * thickness, rtol=1e-12)
    faces = [np.linalg.norm(c.surface.area_vectors, axis=1)[c.side == OUTER].sum() for c in cut.cells]
    np.testing.assert_allclose(
        sum(faces), 2 * (width * height + width * thickness + height * thickness), rtol=1e-12
    )
    centre = sum(cell.bulk.volume * cell.bulk.centre for cell in cut.cells) / volume
    np.testing.assert_allclose(centre, 0, atol=1e-12 * max(width, height))


@settings(max_examples=25, deadline=None)
@given(PANES)
def test_plates_are_convex_and_no_sliver(given_pane):
    width, height, _, count, x, z, seed = given_pane
    size = np.array([width, height])
    pattern = crack_pattern(size, np.array([x, z]) * size, count, np.random.default_rng(seed))
    least = min(SMALLEST, 0.05 * np.sqrt(width * height / count))
    for index in range(len(pattern.rings)):
        polygon = pattern.polygon(index)
        run = np.roll(polygon, -1, axis=0) - polygon
        turn = cross(run, np.roll(run, -1, axis=0))
        # Corners where another crack ends lie on straight sides; rounding turns them by 1e-16 of the size².
        assert turn.min() > -1e-14 * size.max() ** 2
        assert np.linalg.norm(run, axis=1).min() > 0.999 * least


def test_every_crack_face_has_its_twin():
    cut = pane(seed=3)
    for index, cell in enumerate(cut.cells):
        vectors = cell.surface.area_vectors
        for other in np.unique(cell.neighbour[cell.side == INNER]):
            twin = cut.cells[other]
            here = vectors[cell.neighbour == other].sum(0)
            there = twin.surface.area_vectors[twin.neighbour == index].sum(0)
            np.testing.assert_allclose(
                here, -there, atol=1e-17
            )  # the same corners, so the same bits but for order
            assert set(map(tuple, cell.surface.corners[cell.neighbour == other].reshape(-1, 3))) == set(
                map(tuple, twin.surface.corners[twin.neighbour == index].reshape(-1, 3))
            )
    assert all((cell.neighbour[cell.side == OUTER] == -1).all() for cell in cut.cells)


def test_cracks_are_the_inner_faces():
    cut = pane(seed=4, count=90)
    for pair, area, middle, normal in zip(
        cut.cracks.piece, cut.cracks.area, cut.cracks.midpoint, cut.cracks.normal, strict=True
    ):
        cell = cut.cells[pair[0]]
        faces = cell.neighbour == pair[1]
        vectors = cell.surface.area_vectors[faces]
        np.testing.assert_allclose(vectors.sum(0), area * normal, atol=1e-15)
        weight = np.linalg.norm(vectors, axis=1)
        centroid = (weight[:, None] * cell.surface.corners[faces].mean(1)).sum(0) / weight.sum()
        np.testing.assert_allclose(middle, centroid, atol=1e-12)
    inner = sum(np.linalg.norm(c.surface.area_vectors, axis=1)[c.side == INNER].sum() for c in cut.cells)
    np.testing.assert_allclose(2 * cut.cracks.area.sum(), inner, rtol=1e-12)


def test_shards_keep_the_uv_of_the_pane():
    for cell in pane(seed=5).cells:
        front = np.abs(cell.surface.normals[:, 1]) > 0.5
        np.testing.assert_array_equal(cell.surface.uv[front], cell.surface.vertices[front][:, [0, 2]])


def test_shards_are_small_where_the_pane_is_hit():
    """The forecast of the law that is simulated: about half of all shards within 0.35 sides of the hit."""
    for seed in range(4):
        aim = np.array([0.15, -0.1])
        centres = np.array([c.bulk.centre[[0, 2]] for c in pane(seed=seed, count=200, aim=tuple(aim)).cells])
        near = np.linalg.norm(centres - aim, axis=1) < 0.35
        assert 0.4 < near.mean() < 0.75


def test_daggers_point_at_the_hit():
    """Long shards lie along the spokes, as cracks in annealed glass run: mean |cos| of the angle between long
    axis and spoke is 2/pi = 0.64 for shards that lie anyhow."""
    cells = pane(seed=1, count=200).cells
    cosines = []
    for cell in cells:
        outline = cell.hulls[0][: len(cell.hulls[0]) // 2][:, [0, 2]]
        _, stretch, axes = np.linalg.svd(outline - outline.mean(0), full_matrices=False)
        spoke = cell.bulk.centre[[0, 2]]
        if stretch[0] > 1.5 * stretch[1]:
            cosines.append(abs(axes[0] @ spoke) / np.linalg.norm(spoke))
    assert len(cosines) > 40
    assert np.mean(cosines) > 0.8


def test_border_shards_are_those_with_a_rim():
    cut = pane(seed=6)
    for cell, border in zip(cut.cells, cut.border, strict=True):
        outline = cell.hulls[0][:, [0, 2]]
        on_rim = (np.abs(np.abs(outline) - 0.5) == 0).any(axis=1).sum() >= 4  # two corners, front and back
        assert border == on_rim


def test_same_seed_same_bits_other_seed_other_shards():
    one, same, other = pane(seed=7), pane(seed=7), pane(seed=8)
    assert all(
        a.surface.vertices.tobytes() == b.surface.vertices.tobytes()
        for a, b in zip(one.cells, same.cells, strict=True)
    )
    assert one.cells[0].surface.vertices.tobytes() != other.cells[0].surface.vertices.tobytes()
