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
"""Base colour of rough matter that has soaked, over that when dry: water in its pores throws light on more than back
(Twomey, Bohren and Mergenthaler, Applied Optics 25, 431, 1986). Where light is traced through the film, what comes back
from below is also thrown down again from within (Lekner and Dorf, Applied Optics 27, 1278, 1988). A choice, not a
measurement. The preview, which has no such inner light, draws 0.7 of the dry albedo; the path tracer, of asphalt,
concrete and snow in the sun from above, 0.50, 0.43 and 0.51 of the dry light, its gleam included."""


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
