"""Optics of the shot as Mitsuba BSDFs."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from kinema.render.metal import METAL_WAVELENGTHS, metal_index
from kinema.render.pathtrace.variant import mitsuba
from kinema.render.surface import texture_of
from kinema.render.texture import Texture
from kinema.shot.material import Conductor, Dielectric, Diffuse, Flake, Optics, Plastic

SMOOTH = 0.004
"""GGX alpha below which a surface counts as polished: its lobe is narrower than the sun's disc."""


def bsdf_of(optics: Optics, texture: Texture | None) -> dict[str, Any]:
    """Scene dictionary of a material's BSDF; `texture` is that which `texture_of(optics)` names."""
    if isinstance(optics, Dielectric):
        return _clear(optics)
    if isinstance(optics, Conductor):
        return _metal(optics)
    plain = _coated(optics, texture) if isinstance(optics, Plastic) else _opaque(optics, texture)
    if texture is None or texture_of(optics) is None:
        return plain
    return {
        "type": "bumpmap",
        "height": _bitmap(texture.height[..., None], texture.period, raw=True),
        "scale": 1.0,
        "inner": plain,
    }


def _clear(optics: Dielectric) -> dict[str, Any]:
    if optics.roughness < SMOOTH:
        return {"type": "dielectric", "int_ior": optics.ior, "ext_ior": 1.0}
    return {
        "type": "roughdielectric",
        "int_ior": optics.ior,
        "ext_ior": 1.0,
        "alpha": optics.roughness,
        "distribution": "ggx",
    }


def _metal(optics: Conductor) -> dict[str, Any]:
    eta, k = (_measured(part) for part in metal_index(optics.metal))
    if optics.roughness < SMOOTH:
        return {"type": "conductor", "eta": eta, "k": k}
    return {"type": "roughconductor", "eta": eta, "k": k, "alpha": optics.roughness, "distribution": "ggx"}


def _measured(values: Float[np.ndarray, " wavelength"]) -> dict[str, Any]:
    """Outside the measured range its ends hold on: Mitsuba would take 0 there, which no metal has."""
    grid = np.arange(360.0, 831.0, 10.0)
    return spectrum(grid, np.interp(grid, METAL_WAVELENGTHS, values))


def spectrum(
    wavelengths: Float[np.ndarray, " wavelength"], values: Float[np.ndarray, " wavelength"]
) -> dict[str, Any]:
    """An evenly sampled spectrum."""
    return {
        "type": "regular",
        "wavelength_min": float(wavelengths[0]),
        "wavelength_max": float(wavelengths[-1]),
        "values": ",".join(f"{value:.9e}" for value in values),
    }


def _coated(optics: Plastic, texture: Texture | None) -> dict[str, Any]:
    common = {
        "int_ior": max(optics.ior, 1.01),
        "diffuse_reflectance": _colour(optics.colour, texture),
        "nonlinear": True,
    }
    if optics.roughness < SMOOTH:
        return {"type": "plastic", **common}
    return {"type": "roughplastic", "alpha": optics.roughness, "distribution": "ggx", **common}


def _opaque(optics: Diffuse | Flake, texture: Texture | None) -> dict[str, Any]:
    if isinstance(optics, Diffuse):
        return {"type": "diffuse", "reflectance": _colour(optics.colour, texture)}
    return {
        "type": "principled",
        "base_color": {"type": "rgb", "value": list(optics.colour)},
        "metallic": optics.metallic,
        "roughness": optics.roughness,
        "clearcoat": optics.clearcoat,
        "clearcoat_gloss": 1.0,
        "specular": 0.5,
    }


def _colour(colour: tuple[float, float, float], texture: Texture | None) -> dict[str, Any]:
    if texture is None:
        return {"type": "rgb", "value": list(colour)}
    return _bitmap(tinted(colour, texture), texture.period, raw=False)


def tinted(colour: tuple[float, float, float], texture: Texture) -> Float[np.ndarray, "v u 3"]:
    """Reflectance: base colour times texture. Nothing reflects all light; 0.98 is fresh snow."""
    return np.clip(np.array(colour, np.float32) * texture.albedo, 0.0, 0.98).astype(np.float32)


def _bitmap(pixels: Float[np.ndarray, "v u channel"], period: float, *, raw: bool) -> dict[str, Any]:
    mi = mitsuba()
    return {
        "type": "bitmap",
        "bitmap": mi.Bitmap(np.ascontiguousarray(pixels)),
        "raw": raw,
        "to_uv": mi.ScalarTransform4f().scale([1 / period, 1 / period, 1]),
    }
