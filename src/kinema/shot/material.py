"""A material: how it moves, how it breaks, how it looks, and where each number comes from."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from kinema.errors import ShotError
from kinema.shot.part import Name, Part
from kinema.shot.units import Colour, Density, FractureEnergy, Number, Pascals

_Unit = Annotated[Number, Field(ge=0, le=1)]
_Ior = Annotated[Number, Field(ge=1, le=4)]
Texture = Literal[
    "concrete",
    "wood",
    "brick",
    "masonry",
    "granite",
    "marble",
    "sand",
    "asphalt",
    "leather",
    "cork",
    "paper",
    "snow",
    "grass",
    "tile",
]
"""Procedural, seamless, made by `render.texture` from the body's UV in metres."""

Metal = Literal["Ag", "Al", "Au", "Cr", "Cu", "CuZn", "Hg", "Ir", "Fe", "Li", "MgO", "Ni", "W", "Zn", "Ti"]
"""Measured complex index of refraction, tabulated in `render.metal`."""


class Dielectric(Part):
    """Clear matter: refracts, reflects, absorbs (Beer-Lambert)."""

    kind: Literal["dielectric"] = "dielectric"
    ior: _Ior
    """Index of refraction at 589 nm."""
    absorption: tuple[Number, Number, Number] = (0.0, 0.0, 0.0)
    """Absorption coefficient for linear R, G, B [1/m]."""
    roughness: _Unit = 0.0
    """GGX alpha of the surface; 0 = polished, ice and frosted glass are above."""


class Conductor(Part):
    """Bare metal, by measured complex IOR."""

    kind: Literal["conductor"] = "conductor"
    metal: Metal
    """Name of the measured spectrum."""
    roughness: _Unit = 0.1


class Plastic(Part):
    """A coloured body under a clear dielectric surface: ABS, glazed porcelain, varnished wood."""

    kind: Literal["plastic"] = "plastic"
    colour: Colour
    texture: Texture | None = None
    ior: _Ior = 1.5
    roughness: _Unit = 0.1


class Diffuse(Part):
    """Rough matter without a visible highlight: concrete, cork, paper, cloth."""

    kind: Literal["diffuse"] = "diffuse"
    colour: Colour
    texture: Texture | None = None


class Flake(Part):
    """Car paint: metallic flakes under clear coat (Disney principled, Burley 2012)."""

    kind: Literal["flake"] = "flake"
    colour: Colour
    metallic: _Unit = 0.55
    roughness: _Unit = 0.35
    clearcoat: _Unit = 1.0


Optics = Annotated[Dielectric | Conductor | Plastic | Diffuse | Flake, Field(discriminator="kind")]


class Material(Part):
    """One real substance. Between two bodies friction is the geometric mean, restitution the lower one: the
    lossier partner decides."""

    density: Density
    """[kg/m³]"""
    friction: Annotated[Number, Field(ge=0, le=5)]
    """Coulomb coefficient, sliding on itself or the commonest partner (see `sources`)."""
    restitution: Annotated[Number, Field(ge=0, le=1)]
    """Speed after over speed before, a ball of it on a slab of it at a few m/s."""
    youngs_modulus: Pascals
    """[Pa]"""
    poisson_ratio: Annotated[Number, Field(ge=0, lt=0.5)] = 0.25
    strength: Pascals
    """Tensile (for brittle matter: bending) strength [Pa]."""
    fracture_energy: FractureEnergy
    """Energy per area of new crack, Gc [J/m²]."""
    optics: Optics
    sources: dict[str, str] = Field(default_factory=dict)
    """Field name to citation."""


@lru_cache(maxsize=1)
def library() -> dict[str, Material]:
    """The materials that ship with kinema, by name, from `materials.yaml`."""
    import yaml

    text = files("kinema.shot").joinpath("materials.yaml").read_text("utf-8")
    return {
        name: Material.model_validate(entry)
        for name, entry in yaml.load(text, Loader=yaml.CSafeLoader).items()
    }


def find_material(name: str, own: dict[Name, Material], *, path: str) -> Material:
    """The shot's own material of that name, else the library's. Unknown names list the nearest known ones."""
    if name in own:
        return own[name]
    if name in library():
        return library()[name]
    from difflib import get_close_matches

    known = sorted({*own, *library()})
    near = get_close_matches(name, known, n=3, cutoff=0.5) or known[:6]
    raise ShotError(
        path,
        "must name a material of the library or of the shot's own `materials`",
        got=repr(name),
        next_step=f"Nearest: {', '.join(near)}; `kinema materials` lists all {len(known)}.",
    )
