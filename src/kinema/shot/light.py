"""Lights, in photometric units, each with a name and a switch.

Directions: elevation is degrees above the horizon; azimuth is degrees clockwise from north (+y) seen from
above, so east (+x) is 90. The default camera looks north: camera left is azimuth 270.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kinema.shot.part import Name, Part
from kinema.shot.units import Angle, Colour, In, Kelvin, Number, PositiveLength, Vec3

Lux = Annotated[float, In("lux", gt=0)]
Nits = Annotated[float, In("cd/m^2", gt=0)]
Lumen = Annotated[float, In("lumen", gt=0)]
Candela = Annotated[float, In("candela", gt=0)]
_Elevation = Annotated[Angle, Field(ge=-10, le=90)]


class Light(Part):
    """What all lights share."""

    name: Name
    on: bool = True
    kelvin: Kelvin = 6500.0
    """Correlated colour temperature: Planckian spectrum [K]."""


class Sun(Light):
    """Parallel light from a disc in the sky."""

    kind: Literal["sun"] = "sun"
    elevation: _Elevation = 40.0
    azimuth: Angle = 225.0
    lux: Lux = 80_000.0
    """Illuminance on a surface that faces the sun [lx]."""
    diameter: Annotated[Angle, Field(gt=0, le=20)] = 0.533
    """Angular diameter of the disc [deg]; larger = softer shadows."""
    kelvin: Kelvin = 5500.0


class _Power(Light):
    """A lamp: total flux in lumen, or intensity along its axis in candela. One of the two."""

    lumen: Lumen | None = None
    candela: Candela | None = None

    @model_validator(mode="after")
    def _one_power(self) -> Self:
        if (self.lumen is None) == (self.candela is None):
            raise ValueError(
                "must have exactly one of lumen and candela: a light without power lights nothing"
            )
        return self


class SphereLight(_Power):
    """A glowing ball: lumen = 4 pi candela."""

    kind: Literal["sphere"] = "sphere"
    position: Vec3
    radius: PositiveLength = 0.05


class AreaLight(_Power):
    """A rectangle that glows on one side, Lambertian: lumen = pi candela (candela along its normal)."""

    kind: Literal["area"] = "area"
    position: Vec3
    aim: Vec3
    """The point its glowing side faces [m]."""
    width: PositiveLength = 1.0
    height: PositiveLength = 1.0


class SpotLight(_Power):
    """A cone of light from a small source, even within `beam`, smooth to nothing at its edge."""

    kind: Literal["spot"] = "spot"
    position: Vec3
    aim: Vec3
    beam: Annotated[Angle, Field(gt=1, lt=170)] = 40.0
    """Full angle of the cone [deg]."""
    softness: Annotated[Number, Field(ge=0, le=1)] = 0.3
    """Share of the half angle over which the edge fades."""


class Environment(Light):
    """Light from all around at infinity: one luminance, or an HDRI file (equirectangular; .exr, .hdr)."""

    kind: Literal["environment"] = "environment"
    nits: Nits = 1000.0
    """Mean luminance over the sphere [cd/m²]; an HDRI is scaled to it."""
    file: str | None = None
    tint: Colour | None = None
    """Multiplies the colour of `kelvin`; ignored for an HDRI."""
    turn: Angle = 0.0
    """Rotation of an HDRI about the vertical, clockwise from above [deg]."""


class Sky(Light):
    """Clear to hazy daylight without the sun's disc (Preetham, Shirley, Smits 1999), lit by the sun of the shot."""

    kind: Literal["sky"] = "sky"
    turbidity: Annotated[Number, Field(ge=1.7, le=10)] = 3.0
    elevation: _Elevation = 40.0
    """Of the sun that lights the sky [deg]."""
    azimuth: Angle = 225.0
    lux: Lux = 15_000.0
    """Illuminance of the sky alone on level ground [lx]."""
    ground: Colour = (0.2, 0.19, 0.18)
    """Reflectance of the far ground seen below the horizon."""
    hills: Annotated[Angle, Field(ge=0, le=30)] = 0.0
    """Height of the highest hills on the horizon [deg]; 0 = a bare horizon."""


AnyLight = Annotated[
    Sun | SphereLight | AreaLight | SpotLight | Environment | Sky, Field(discriminator="kind")
]
