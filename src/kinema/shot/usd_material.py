"""UsdShade and UsdPhysics materials as kinema's.

In order: `kinema:material` on the shape, its body or its material, in the colour of its preview surface if
it has one; a material whose name holds the name of one in the library (`WhiteOak_Mat` is oak); else a
material of the shot's own, that looks as its UsdPreviewSurface and moves as the nearest of the library.
What UsdPhysics.MaterialAPI says (friction, restitution, density) holds in every case.
"""

from __future__ import annotations

import math
import re
from typing import Any

from kinema.shot.files import to_tree
from kinema.shot.material import Material, find_material, library
from kinema.shot.usd_pxr import pxr
from kinema.shot.usd_reading import Reading


def matter_of(reading: Reading, solid: Any, body: Any) -> dict[str, Any]:
    """The fields of a body that say what it is made of: `material` and, where nothing is bound, `colour`."""
    UsdShade = pxr("UsdShade")

    binding = UsdShade.MaterialBindingAPI(solid)
    look = binding.ComputeBoundMaterial()[0]
    physics = binding.ComputeBoundMaterial("physics")[0]
    bound = [m.GetPrim() for m in (look, physics) if m]
    given = _given([solid, body, *bound])
    named = given or next((name for prim in bound if (name := _named(reading, prim))), None)
    overrides = _physics(reading, bound)
    fields: dict[str, Any] = {}
    if named is None and look and (optics := _optics(reading, look)):
        base = library()[_moves_as(optics)]
        fields["material"] = _own(reading, look.GetPrim(), base, overrides | {"optics": optics})
    elif overrides:
        fields["material"] = _own(reading, (bound or [solid])[-1], library()[named or "abs"], overrides)
    else:
        fields["material"] = named or "abs"
    if given and look and (optics := _optics(reading, look)) and "colour" in optics:
        fields["colour"] = optics["colour"]
    if not look:
        colour = solid.GetAttribute("primvars:displayColor").Get()
        if colour is not None and len(colour):
            fields["colour"] = _colour(colour[0])
    if named is None and not look:
        reading.note(solid, f"no material is bound: {fields['material']} is taken")
    return fields


def _given(prims: list[Any]) -> str | None:
    for prim in prims:
        attribute = prim.GetAttribute("kinema:material")
        if attribute and (name := attribute.Get()):
            find_material(str(name), {}, path=str(attribute.GetPath()))
            return str(name)
    return None


def _named(reading: Reading, prim: Any) -> str | None:
    name = prim.GetName()
    words = [name.lower(), *(w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name))]
    found = next((w for w in [words[0], *reversed(words[1:])] if w in library()), None)
    if found and f"{prim.GetPath()}: is {found} of the library by its name" not in reading.notes:
        reading.note(prim, f"is {found} of the library by its name")
    return found


def _physics(reading: Reading, bound: list[Any]) -> dict[str, Any]:
    """What UsdPhysics.MaterialAPI gives: dynamic friction, restitution and density."""
    UsdPhysics = pxr("UsdPhysics")

    found: dict[str, Any] = {}
    for prim in bound:
        if not prim.HasAPI(UsdPhysics.MaterialAPI):
            continue
        value = {
            n: prim.GetAttribute(f"physics:{n}") for n in ("staticFriction", "dynamicFriction", "restitution")
        }
        given = {n: a.Get() for n, a in value.items() if a and a.HasAuthoredValue()}
        friction = given.get("dynamicFriction", given.get("staticFriction"))
        if friction is not None:
            found["friction"] = round(float(friction), 6)
        if "staticFriction" in given and given["staticFriction"] != friction:
            reading.note(prim, f"has one coefficient of friction here: {friction:g}, the dynamic one")
        if "restitution" in given:
            found["restitution"] = round(float(given["restitution"]), 6)
        density = prim.GetAttribute("physics:density")
        if density and density.Get():
            found["density"] = float(density.Get()) * reading.kilograms / reading.metres**3
    return found


def _optics(reading: Reading, look: Any) -> dict[str, Any] | None:
    """A UsdPreviewSurface as optics. Its roughness is the square root of the GGX alpha kinema has."""
    surface = look.ComputeSurfaceSource()[0]
    if not surface or surface.GetIdAttr().Get() != "UsdPreviewSurface":
        if surface:
            reading.note(look.GetPrim(), "has no UsdPreviewSurface: its look is not read")
        return None

    def value(name: str, otherwise: Any) -> Any:
        port = surface.GetInput(name)
        if not port:
            return otherwise
        sources = port.GetValueProducingAttributes()
        if sources and sources[0].GetPrim() != surface.GetPrim():
            if sources[0].GetPrim().GetTypeName() == "Shader":
                reading.note(
                    sources[0].GetPrim(), f"the texture of {name} is not read; its plain value is taken"
                )
                return otherwise if port.Get() is None else port.Get()
            return sources[0].Get()
        return otherwise if port.Get() is None else port.Get()

    colour = _colour(value("diffuseColor", (0.18, 0.18, 0.18)))
    rough = min(max(round(float(value("roughness", 0.5)), 6), 0.0), 1.0)
    alpha = round(rough**2, 6)
    ior = min(max(round(float(value("ior", 1.5)), 6), 1.0), 4.0)
    if any(value("emissiveColor", (0, 0, 0))):
        reading.note(surface.GetPrim(), "a surface that glows is left out: make it a light")
    if float(value("opacity", 1.0)) < 0.5:
        absorption = [round(-math.log(max(c, 1e-3)) / 0.01, 3) + 0.0 for c in colour]  # its colour after 1 cm
        return {"kind": "dielectric", "ior": ior, "absorption": absorption, "roughness": alpha}
    if float(value("metallic", 0.0)) > 0.5:
        coat = min(max(float(value("clearcoat", 0.0)), 0.0), 1.0)
        return {"kind": "flake", "colour": colour, "metallic": 1.0, "roughness": rough, "clearcoat": coat}
    if rough >= 0.9:
        return {"kind": "diffuse", "colour": colour}
    return {"kind": "plastic", "colour": colour, "ior": ior, "roughness": alpha}


def _colour(color: Any) -> list[float]:
    """Within 0 and 1, without the dust of single precision."""
    return [min(max(round(float(c), 6), 0.0), 1.0) for c in color]


def _moves_as(optics: dict[str, Any]) -> str:
    return {"dielectric": "glass", "flake": "steel", "diffuse": "concrete"}.get(optics["kind"], "abs")


def _own(reading: Reading, prim: Any, base: Material, overrides: dict[str, Any]) -> str:
    """Add a material to the shot's own, once per prim. Returns its name."""
    entry = to_tree(base) | overrides
    entry["sources"] = {field: str(prim.GetPath()) for field in overrides}
    for name, other in reading.materials.items():
        if other == entry:
            return name
    name = reading.name_for(prim, "material")
    reading.materials[name] = entry
    if "optics" in overrides:
        reading.note(prim, f"looks as its preview surface and moves as {_moves_as(overrides['optics'])}")
    return name
