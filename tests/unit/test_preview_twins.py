"""The preview's short cuts against the long way: what is left out, and what is drawn in vectors."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kinema.config import read_config

SIZE = (160, 90)
ROOM = {
    "bodies": [
        {"name": "floor", "shape": {"kind": "plane"}, "material": "concrete"},
        {
            "name": "block",
            "shape": {"kind": "box", "size": [0.5, 0.4, 0.3]},
            "material": "oak",
            "position": [-0.5, 0.3, 0.15],
        },
        {
            "name": "ball",
            "shape": {"kind": "sphere", "radius": 0.25},
            "material": "steel",
            "position": [0.5, 0.2, 0.3],
        },
        {
            "name": "pane",
            "shape": {"kind": "pane", "width": 0.8, "height": 0.6},
            "material": "glass",
            "breaks": {"pieces": 12},
            "position": [0.1, -0.5, 0.4],
        },
    ],
    "lights": [
        {"name": "sun", "kind": "sun", "elevation": 30, "azimuth": 250},
        {"name": "sky", "kind": "sky", "elevation": 30, "azimuth": 250},
        {"name": "lamp", "kind": "sphere", "position": [1, -1, 2], "radius": 0.1, "lumen": 3000},
    ],
    "camera": {"position": [0.4, -2.4, 0.9], "aim": [0.05, 0, 0.35]},
}


@pytest.fixture
def drawn(stand_still: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Draw frame 0 of the room; `meddle`: with the stage before it is drawn. Film, scene as kernels get it."""
    from kinema.render.preview.compile import keep_kernels

    keep_kernels(read_config().cache)
    from kinema.render.preview.crew import Crew
    from kinema.render.preview.stage import Stage

    played = stand_still(ROOM)

    def draw(meddle: Any = None, *, smooth: bool = True) -> SimpleNamespace:
        scene: dict[str, Any] = {}
        each = Crew.each

        def noted(self: Any, kernel: Any, items: Any, *args: Any) -> None:
            scene[kernel.py_func.__name__] = args
            each(self, kernel, items, *args)

        with Crew(1) as crew, monkeypatch.context() as patch:
            patch.setattr(Crew, "each", noted)
            stage = Stage(played.shot, played.tape, *SIZE, assets=".", smooth=smooth, crew=crew)
            if meddle is not None:
                meddle(stage, patch)
            frame = stage.draw(0)
        return SimpleNamespace(film=stage._film, frame=frame, scene=scene)

    return draw


def test_one_plane_shuts_out_no_ambient_light(drawn: Any) -> None:
    """Tiles about which there is one plane are left out; looking at every pixel of them finds nothing."""

    def everywhere(stage: Any, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(stage, "_lonely", lambda _reach: np.zeros_like(stage._film.lonely))

    quick, slow = drawn(), drawn(everywhere)
    assert 0.1 < quick.film.lonely.mean() < 0.9
    np.testing.assert_array_equal(quick.film.shade, slow.film.shade)
    assert (slow.film.shade[..., 0] < 0.9).any()


def test_tiles_of_depth_maps_leave_out_no_shadow(drawn: Any) -> None:
    """With something near everywhere each pixel asks the map itself."""

    def near(stage: Any, patch: pytest.MonkeyPatch) -> None:
        cast = stage._cast

        def cast_near(show: np.ndarray) -> None:
            cast(show)
            stage._lamps.nearest[:] = np.inf

        patch.setattr(stage, "_cast", cast_near)

    quick, slow = drawn(), drawn(near)
    np.testing.assert_array_equal(quick.film.shade, slow.film.shade)
    assert (slow.film.shade[..., 1:3] < 0.5).any((0, 1)).all()


def test_smoothing_equals_a_plain_box(drawn: Any) -> None:
    """The slow twin of `soothe`: the box of 4 x 4, pixel by pixel, without leaving out quiet stretches."""
    film = drawn().film
    height, width, terms = film.shade.shape
    wanted = film.shade.copy()
    for y, x in np.argwhere(film.face >= 0):
        y0, y1, x0, x1 = max(y - 2, 0), min(y + 1, height - 1), max(x - 2, 0), min(x + 1, width - 1)
        ya, xa = (y0 + 1) & ~1, (x0 + 1) & ~1
        yb, xb = min(ya + 2, y1 & ~1), min(xa + 2, x1 & ~1)
        around = (
            film.soft[y, x] | film.soft[ya, xa] | film.soft[ya, xb] | film.soft[yb, xa] | film.soft[yb, xb]
        )
        if not around:
            continue
        v, u = (grid.ravel() for grid in np.mgrid[y0 : y1 + 1, x0 : x1 + 1])
        same = np.abs(film.near[v, u] - film.near[y, x]) < np.float32(0.02) * film.near[y, x]
        even = same & ((u | v) & 1 == 0)
        if even.any():
            wanted[y, x, 0] = film.shade[v, u, 0][even].mean()
        for c in range(1, terms):
            if around & (1 << c):
                wanted[y, x, c] = film.shade[v, u, c][same].mean()
    # Sums of sixteen float32.
    np.testing.assert_allclose(film.smooth, wanted, atol=2e-6)
    assert (film.smooth != film.shade).any()


def test_what_was_drawn_before_leaves_no_trace(drawn: Any) -> None:
    """Edges whose centre sees the background once took the shadows of the frame before."""

    def scribble(stage: Any, _patch: pytest.MonkeyPatch) -> None:
        for part in stage._film:
            part[...] = 3

    np.testing.assert_array_equal(drawn().frame.colour, drawn(scribble).frame.colour)


def test_runs_of_a_pane_equal_it_pixel_by_pixel(drawn: Any) -> None:
    """The slow twin: `glass.through` at every pixel of the pane. Without smooth edges, so that the opaque picture that
    the glass is laid over is still at hand.

    Rays are float32: places on the picture behind are good to 1e-4 px, times the contrast of neighbours.
    """
    import numba

    from kinema.render.preview.exact import ray_of
    from kinema.render.preview.glass import through

    @numba.njit
    def one_by_one(mesh, plane, frame, normal, view, sky, lamps, film, out):
        height, width = film.near.shape
        for y in range(height):
            for x in range(width):
                f = film.clear_face[0, y, x]
                if f >= 0:
                    rx, ry, rz = ray_of(view, x + 0.5, y + 0.5, width, height)
                    near = max(film.clear_near[0, y, x], np.float32(1e-6))
                    r, g, b, _d, _x, _y, _z = through(
                        f, film.clear_face[1, y, x], x, y, rx, ry, rz, near, near,
                        mesh, plane, frame, normal, view, sky, lamps, film, film.colour,
                    )  # fmt: skip
                    out[y, x, 0], out[y, x, 1], out[y, x, 2] = r, g, b

    found = drawn(smooth=False)
    film, wanted = found.film, np.zeros_like(found.film.glass)
    mesh, plane, frame, normal, view, sky, lamps = found.scene["glaze"][1:-2]
    one_by_one(mesh, plane, frame, normal, view, sky, lamps, film, wanted)
    clear = film.clear_face[0] >= 0
    assert clear.sum() > 1000
    contrast = max(np.abs(np.diff(film.colour, axis=axis)).max() for axis in (0, 1))
    np.testing.assert_allclose(film.glass[clear], wanted[clear], rtol=1e-5, atol=1e-4 * contrast)


def test_decay_is_the_exponential() -> None:
    import numba

    from kinema.render.preview.optics import decay

    @numba.vectorize
    def vectors(x: Any) -> Any:
        return decay(x)

    x = np.concatenate([[0, 80], np.geomspace(1e-6, 80, 5000)]).astype(np.float32)
    # The argument's own rounding counts for as much as the polynomial: 80 in float32 is good to 4e-6.
    np.testing.assert_allclose(vectors(x), np.exp(-x.astype(float)), rtol=6e-6)
