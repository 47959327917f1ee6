"""A USD stage as a shot: UsdGeom, UsdPhysics, UsdLux, UsdShade and a camera. What is not understood is said.

What maps to what is in `usd_body`, `usd_shape`, `usd_material`, `usd_light`, `usd_joint` and `usd_camera`;
units, axes and time in `usd_stage` and `usd_reading`. kinema's own attributes, all optional, stand on a body
or its shape: `kinema:material` (a name of the library), `kinema:breaks:pieces` and `kinema:breaks:held`; a
thin breaking cube is a pane. `kinema:title`, `kinema:slowMotion`, `kinema:seed`, `kinema:look` and
`kinema:camera` stand in the root layer's customLayerData.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from kinema.shot.files import validate_shot
from kinema.shot.shot import Shot
from kinema.shot.usd_body import read_bodies
from kinema.shot.usd_camera import read_camera
from kinema.shot.usd_joint import read_forces
from kinema.shot.usd_light import read_lights
from kinema.shot.usd_pxr import pxr
from kinema.shot.usd_stage import not_usd, open_stage, told_by


@dataclass(frozen=True, kw_only=True)
class FromUsd:
    """A shot, and what of the stage is not in it or was assumed."""

    shot: Shot
    notes: tuple[str, ...]


def load_usd(path: str | Path) -> FromUsd:
    """Read a `.usd`, `.usda`, `.usdc` or `.usdz` stage. Raises `ShotError` for what cannot be a shot.

    Layers, meshes and textures outside the file's folder are refused, and nothing is fetched from a network.
    """
    try:
        return _load(Path(path))
    except pxr("Tf").ErrorException as error:  # opens, but a prim deeper down is malformed
        raise not_usd(Path(path), told_by(error)) from error
    except (
        TypeError,
        ValueError,
        OverflowError,
    ) as error:  # an attribute is not of the type its schema gives it
        raise not_usd(Path(path), f"a value of a wrong type: {error}") from error


def _load(path: Path) -> FromUsd:
    reading = open_stage(path)
    bodies, names = read_bodies(reading)
    tree: dict[str, Any] = {
        "title": path.stem,
        "timing": reading.timing,
        "bodies": bodies,
        "lights": read_lights(reading),
        "forces": read_forces(reading, names),
        "camera": read_camera(reading, bodies),
        "materials": reading.materials,
    }
    layer = dict(reading.stage.GetRootLayer().customLayerData)
    for key, field in (("kinema:seed", "seed"), ("kinema:look", "look"), ("kinema:title", "title")):
        if key in layer:
            tree[field] = layer[key]
    if "kinema:slowMotion" in layer:
        tree["timing"]["slow_motion"] = str(Fraction(str(layer["kinema:slowMotion"])))
    shot = validate_shot(tree, source=path.name)
    return FromUsd(shot=shot, notes=tuple(dict.fromkeys([*reading.notes, *reading.unread()])))
