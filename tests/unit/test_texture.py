"""Textures: seamless, level, the same each time."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from kinema.errors import UsageError
from kinema.render.texture import texture
from kinema.render.texture.bake import bake, makers
from kinema.render.texture.field import Field
from kinema.shot.material import Texture as TextureName

NAMES = get_args(TextureName)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINEMA_CACHE", str(tmp_path))


def test_every_texture_of_the_schema_has_a_maker() -> None:
    assert set(makers()) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_texture(name: str) -> None:
    made = bake(makers()[name], 128)
    assert made.albedo.shape == (128, 128, 3)
    assert made.albedo.mean((0, 1)) == pytest.approx(1, abs=1e-4)  # float32 over 16k texels
    assert made.roughness.mean() == pytest.approx(1, abs=1e-4)
    assert abs(made.height.mean()) < 1e-6
    assert (made.albedo >= 0).all()
    assert made.albedo.std() > 0.003  # it is a texture
    for image in (made.albedo.mean(-1), made.height):
        seam, inside = _steps(image)
        # Across the seam neighbours differ no more than they do anywhere: within the spread of 128-texel lines.
        assert seam <= 2.5 * inside


def _steps(image: np.ndarray) -> tuple[float, float]:
    """Mean difference of neighbours across the tile's edges, and the largest among all other lines' means."""
    seam = max(np.abs(image[0] - image[-1]).mean(), np.abs(image[:, 0] - image[:, -1]).mean())
    inside = max(np.abs(np.diff(image, axis=0)).mean(1).max(), np.abs(np.diff(image, axis=1)).mean(0).max())
    return float(seam), float(inside)


def test_baked_twice_is_the_same_and_kept(tmp_path: Path) -> None:
    first = bake(makers()["concrete"], 64)
    assert np.array_equal(first.albedo, bake(makers()["concrete"], 64).albedo)
    once = texture("cork", 64)
    assert list((tmp_path / "textures").glob("cork-64-*.npz"))
    from kinema.render.texture.bake import _texture

    _texture.cache_clear()
    kept = texture("cork", 64)
    assert np.array_equal(kept.albedo, once.albedo)


def test_a_torn_cache_is_baked_anew(tmp_path: Path) -> None:
    from kinema.render.texture.bake import _texture

    _texture.cache_clear()
    whole = texture("snow", 64)
    (path,) = (tmp_path / "textures").glob("snow-64-*.npz")
    path.write_bytes(path.read_bytes()[:500])
    _texture.cache_clear()
    assert np.array_equal(texture("snow", 64).height, whole.height)


def test_unknown_texture() -> None:
    with pytest.raises(UsageError, match="kinema makes"):
        texture("plaid")  # type: ignore[arg-type]


def test_noise_is_periodic_and_standard() -> None:
    field = Field(64, 1.0, 1).noise(0.2, slope=2.0)
    assert field.mean() == pytest.approx(0, abs=1e-12)
    assert field.std() == pytest.approx(1, abs=1e-12)


def test_noise_is_drawn_out_along_u() -> None:
    field = Field(256, 1.0, 1).noise(0.02, stretch=8.0)
    along, across = np.abs(np.diff(field, axis=1)).mean(), np.abs(np.diff(field, axis=0)).mean()
    assert across > 3 * along


def test_nearest_points_are_found_round_the_torus() -> None:
    f = Field(32, 1.0, 3)
    points = f.spread(0.2)
    distance, index = f.nearest(points)
    at = np.stack([f.u, f.v], -1)[:, :, None] - points
    plain = np.linalg.norm(at - np.round(at), axis=-1)
    assert distance == pytest.approx(np.sort(plain, -1)[..., :2], abs=1e-12)
    assert np.array_equal(index[..., 0], plain.argmin(-1))


def test_scaled_up_a_texture_keeps_its_large_features() -> None:
    """The same field at 512 and 1024 texels: low frequencies are the same draw."""
    coarse, fine = (Field(n, 1.0, 5).noise(0.3) for n in (512, 1024))
    halved = fine.reshape(512, 2, 512, 2).mean((1, 3))
    assert np.corrcoef(coarse.ravel(), halved.ravel())[0, 1] > 0.999
