"""Optics of the shot as Mitsuba BSDFs."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from kinema.render.metal import METAL_WAVELENGTHS, metal_index
from kinema.render.pathtrace.variant import drjit, mitsuba
from kinema.render.surface import texture_of
from kinema.render.texture import Texture
from kinema.shot.material import Conductor, Dielectric, Diffuse, Flake, Optics, Plastic

SMOOTH = 0.004
"""GGX alpha below which a surface counts as polished: its lobe is narrower than the sun's disc."""


class Pattern(NamedTuple):
    """A texture on the device, shared by all that is made of its matter."""

    albedo: Any
    """Texture2f of linear RGB factors, mean 1."""
    height: Any
    """Mitsuba bitmap [m]."""
    period: float
    """[m]"""


def pattern_of(texture: Texture) -> Pattern:
    """Upload a texture."""
    mi, dr = mitsuba(), drjit()
    albedo = mi.Texture2f(mi.TensorXf(texture.albedo), wrap_mode=dr.WrapMode.Repeat)
    height = mi.load_dict(_bitmap(texture.height[..., None], texture.period))
    return Pattern(albedo, height, texture.period)


def bsdf_of(optics: Optics, pattern: Pattern | None) -> dict[str, Any]:
    """Scene dictionary of a material's BSDF; `pattern` is that which `texture_of(optics)` names."""
    if isinstance(optics, Dielectric):
        return _clear(optics)
    if isinstance(optics, Conductor):
        return _metal(optics)
    plain = _coated(optics, pattern) if isinstance(optics, Plastic) else _opaque(optics, pattern)
    if pattern is None or texture_of(optics) is None:
        return plain
    return {"type": "bumpmap", "height": pattern.height, "scale": 1.0, "inner": plain}


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


def _coated(optics: Plastic, pattern: Pattern | None) -> dict[str, Any]:
    common = {
        "int_ior": max(optics.ior, 1.01),
        "diffuse_reflectance": _colour(optics.colour, pattern),
        "nonlinear": True,
    }
    if optics.roughness < SMOOTH:
        return {"type": "plastic", **common}
    return {"type": "roughplastic", "alpha": optics.roughness, "distribution": "ggx", **common}


def _opaque(optics: Diffuse | Flake, pattern: Pattern | None) -> dict[str, Any]:
    if isinstance(optics, Diffuse):
        return {"type": "diffuse", "reflectance": _colour(optics.colour, pattern)}
    return {
        "type": "principled",
        "base_color": {"type": "rgb", "value": list(optics.colour)},
        "metallic": optics.metallic,
        "roughness": optics.roughness,
        "clearcoat": optics.clearcoat,
        "clearcoat_gloss": 1.0,
        "specular": 0.5,
    }


def _colour(colour: tuple[float, float, float], pattern: Pattern | None) -> Any:
    if pattern is None:
        return {"type": "rgb", "value": list(colour)}
    from kinema.render.pathtrace.tint import Tinted

    return Tinted(colour, pattern.albedo, pattern.period)


def _bitmap(pixels: Float[np.ndarray, "v u channel"], period: float) -> dict[str, Any]:
    mi = mitsuba()
    return {
        "type": "bitmap",
        "bitmap": mi.Bitmap(np.ascontiguousarray(pixels)),
        "raw": True,
        "to_uv": mi.ScalarTransform4f().scale([1 / period, 1 / period, 1]),
    }
