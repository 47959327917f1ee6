"""What a body of the shot looks like: the optics of its finish, or else of its material, with the body's own
colour and roughness on top."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from kinema.render.metal import metal_colour
from kinema.shot.body import Body
from kinema.shot.material import (
    Conductor,
    Dielectric,
    Diffuse,
    Flake,
    Optics,
    Plastic,
    Texture,
    find_material,
)
from kinema.shot.shot import Shot

TINT_DEPTH = 0.010
"""A body's colour on clear matter is what white light becomes after this much of it [m]: stained-glass
practice."""
_DARKEST = 1e-3


def surface_of(shot: Shot, body: Body) -> Optics:
    """Resolved optics. A colour replaces the base colour, tints clear matter, or makes a metal's reflectance
    that colour; a roughness replaces the roughness, and gives matter that has none a coat of that
    roughness."""
    index = next(i for i, other in enumerate(shot.bodies) if other.name == body.name)
    field = "material" if body.finish is None else "finish"
    optics = find_material(getattr(body, field), shot.materials, path=f"bodies.{index}.{field}").optics
    if body.colour is not None:
        optics = _coloured(optics, body.colour)
    if body.roughness is None:
        return optics
    if isinstance(optics, Diffuse):
        return Plastic(colour=optics.colour, texture=optics.texture, roughness=body.roughness)
    return optics.model_copy(update={"roughness": body.roughness})


def _coloured(optics: Optics, colour: tuple[float, float, float]) -> Optics:
    if isinstance(optics, Dielectric):
        absorption = tuple(-math.log(max(c, _DARKEST)) / TINT_DEPTH for c in colour)
        return optics.model_copy(update={"absorption": absorption})
    if isinstance(optics, Conductor):
        return Flake(colour=colour, metallic=1.0, roughness=math.sqrt(optics.roughness), clearcoat=0.0)
    return optics.model_copy(update={"colour": colour})


def base_colour(optics: Optics) -> Float[np.ndarray, " rgb"]:
    """Linear Rec.709 base colour of the albedo pass, texture apart: clear matter is white, metal its
    reflectance."""
    if isinstance(optics, Dielectric):
        return np.ones(3)
    if isinstance(optics, Conductor):
        return metal_colour(optics.metal)
    return np.array(optics.colour)


def texture_of(optics: Optics) -> Texture | None:
    """Name of the texture that multiplies the base colour."""
    return optics.texture if isinstance(optics, Plastic | Diffuse) else None


def alpha_of(optics: Optics) -> float:
    """GGX roughness alpha of the outer surface; 1 for matter without a highlight. A flake's is Disney's
    squared."""
    if isinstance(optics, Diffuse):
        return 1.0
    return optics.roughness**2 if isinstance(optics, Flake) else optics.roughness
