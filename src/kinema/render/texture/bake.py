"""`texture(name)`: bake once, keep on disk, hand out."""

from __future__ import annotations

import hashlib
import inspect
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from jaxtyping import Float

from kinema.config import read_config
from kinema.errors import UsageError
from kinema.render.texture.field import Field
from kinema.shot.material import Texture as TextureName


@dataclass(frozen=True, kw_only=True)
class Texture:
    """One period of a pattern that repeats in u and v. Row i, column j is the texel centred at
    u = (j + 0.5) / n * period, v = (i + 0.5) / n * period."""

    albedo: Float[np.ndarray, "v u 3"]
    """Multiplier of the base colour, mean 1 per channel, float32."""
    roughness: Float[np.ndarray, "v u"]
    """Multiplier of the surface's roughness, mean 1, float32."""
    height: Float[np.ndarray, "v u"]
    """For bump mapping [m], float32."""
    period: float
    """[m]"""


class Pattern(NamedTuple):
    """What a maker returns, not yet normalised: colour (v, u, 3), roughness (v, u), height (v, u) [m]."""

    colour: Float[np.ndarray, "v u 3"]
    roughness: Float[np.ndarray, "v u"]
    height: Float[np.ndarray, "v u"]


class Maker(NamedTuple):
    """How to make one texture."""

    period: float
    """[m]"""
    seed: int
    make: Callable[[Field], Pattern]


def texture(name: TextureName, size: int = 1024) -> Texture:
    """The texture of that name with `size` x `size` texels, from the cache if it was baked before.

    Deterministic: a function of name, size and the makers' source alone.
    """
    if name not in get_args(TextureName):
        known = ", ".join(get_args(TextureName))
        raise UsageError(
            "texture", "must be one that kinema makes", got=repr(name), next_step=f"Known: {known}."
        )
    return _texture(name, size)


@lru_cache(maxsize=8)
def _texture(name: TextureName, size: int) -> Texture:
    maker = makers()[name]
    path = read_config().cache / "textures" / f"{name}-{size}-{_version()}.npz"
    if (kept := _load(path, maker.period)) is not None:
        return kept
    baked = bake(maker, size)
    _save(path, baked)
    return baked


def bake(maker: Maker, size: int) -> Texture:
    """Make a texture and bring its means to 1."""
    pattern = maker.make(Field(size, maker.period, maker.seed))
    colour = np.maximum(pattern.colour, 0.0)
    roughness = np.maximum(pattern.roughness, 0.0)
    return Texture(
        albedo=(colour / colour.mean((0, 1))).astype(np.float32),
        roughness=(roughness / roughness.mean()).astype(np.float32),
        height=(pattern.height - pattern.height.mean()).astype(np.float32),
        period=maker.period,
    )


def makers() -> dict[str, Maker]:
    """All textures by name."""
    from kinema.render.texture import ground, masonry, organic, stone

    return {**stone.MAKERS, **masonry.MAKERS, **organic.MAKERS, **ground.MAKERS}


@lru_cache(maxsize=1)
def _version() -> str:
    """Of the source that decides a texture's content: a changed maker never meets its old bakes."""
    from kinema.render.texture import field, ground, masonry, organic, stone

    source = "".join(inspect.getsource(part) for part in (field, ground, masonry, organic, stone))
    return hashlib.sha256((source + inspect.getsource(bake)).encode()).hexdigest()[:12]


def _load(path: Path, period: float) -> Texture | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            parts = {part: kept[part].astype(np.float32) for part in ("albedo", "roughness", "height")}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # not there, or half written by a process that died: bake anew
    return Texture(**parts, period=period)


def _save(path: Path, baked: Texture) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, albedo=baked.albedo, roughness=baked.roughness, height=baked.height)
    partial = path.with_suffix(f".{id(buffer)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(buffer.getvalue())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)  # a cache that cannot be written costs time, not the picture
