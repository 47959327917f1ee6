"""What a film of water does to the look of matter; not to its friction, which is the tape's."""

from __future__ import annotations

from typing import Final

from kinema.shot.material import Conductor, Dielectric, Diffuse, Flake, Optics, Plastic

WET: Final = "wet_"
"""Begins the name of a material that is another one under water."""
WATER: Final = 1.333
"""Index of refraction of water at 589 nm and 20 °C."""
ROUGHNESS: Final = 0.08
"""GGX alpha of the film: it levels out what is finer than itself, and the grain of the ground stands out of it."""
SOAKED: Final = 0.7
"""Base colour of porous matter that has soaked, over that when dry. The film darkens it further where light is traced
through it: what comes back from below is thrown back down from within (Lekner and Dorf, Applied Optics 27, 1278, 1988).
Together, by the albedo pass of the preview and by the path tracer, 0.7 and about 0.4; asphalt and soil measure 0.4-0.6
(Twomey, Bohren and Mergenthaler, Applied Optics 25, 431, 1986)."""


def wet(optics: Optics) -> Optics:
    """The same matter under a film of water: rough matter soaks and darkens, all of it shines."""
    match optics:
        case Diffuse():
            r, g, b = (round(SOAKED * part, 6) for part in optics.colour)
            return Plastic(colour=(r, g, b), texture=optics.texture, ior=WATER, roughness=ROUGHNESS)
        case Plastic() | Conductor() | Dielectric():
            return optics.model_copy(update={"roughness": min(optics.roughness, ROUGHNESS)})
        case Flake():
            return optics.model_copy(update={"clearcoat": 1.0})
