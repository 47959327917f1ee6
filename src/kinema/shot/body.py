"""Bodies: a shape, of a material, at a pose, moving or held."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from kinema.shot.asset import Person
from kinema.shot.part import Name, Part
from kinema.shot.units import (
    Colour,
    Density,
    Length,
    Mass,
    Number,
    PositiveLength,
    Seconds,
    Spin3,
    Vec3,
    Velocity3,
)

# --- rotation ----------------------------------------------------------------------------------------------


def _to_quaternion(value: Any) -> Any:
    """Four numbers are w, x, y, z and are normalised; three are degrees about x, then y, then z (fixed axes)."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, (int, float)) for v in value):
        return value
    if len(value) == 3:
        (cx, sx), (cy, sy), (cz, sz) = (
            (math.cos(h), math.sin(h)) for h in (math.radians(v) / 2 for v in value)
        )
        value = (
            cx * cy * cz + sx * sy * sz,
            sx * cy * cz - cx * sy * sz,
            cx * sy * cz + sx * cy * sz,
            cx * cy * sz - sx * sy * cz,
        )
    if len(value) != 4:
        return value
    norm = math.sqrt(sum(v * v for v in value))
    if not math.isfinite(norm) or norm < 1e-9:
        raise ValueError("must be a rotation: w, x, y, z not all zero")
    # Already a unit to rounding: keep the bits, so that a file read and written again does not drift.
    return tuple(value) if abs(norm - 1) < 1e-12 else tuple(v / norm for v in value)


_Q = Annotated[float, Field(ge=-1.0000001, le=1.0000001, allow_inf_nan=False)]
Quaternion = Annotated[tuple[_Q, _Q, _Q, _Q], BeforeValidator(_to_quaternion)]
"""Unit quaternion w, x, y, z; three numbers are read as degrees about x, y, z."""


# --- shapes: each about its own origin, which is the centre of its bounding box unless said otherwise ------


class Sphere(Part):
    kind: Literal["sphere"] = "sphere"
    radius: PositiveLength


class Box(Part):
    kind: Literal["box"] = "box"
    size: tuple[PositiveLength, PositiveLength, PositiveLength]
    """Full extents along x, y, z [m]."""


class Cylinder(Part):
    kind: Literal["cylinder"] = "cylinder"
    radius: PositiveLength
    height: PositiveLength
    """Along z [m]."""


class Capsule(Part):
    kind: Literal["capsule"] = "capsule"
    radius: PositiveLength
    height: PositiveLength
    """Of the straight part, along z [m]; the whole is `height + 2 radius`."""


class Cone(Part):
    kind: Literal["cone"] = "cone"
    radius: PositiveLength
    height: PositiveLength
    """Along z, base at -height/2, tip at +height/2 [m]."""


class Plane(Part):
    """Endless flat ground through the origin, normal +z. Static by nature. Drawn as a square of `extent`."""

    kind: Literal["plane"] = "plane"
    extent: PositiveLength = 400.0


class ConvexHull(Part):
    """The convex hull of at least four points that do not lie in one plane."""

    kind: Literal["hull"] = "hull"
    points: tuple[Vec3, ...] = Field(min_length=4, max_length=4096)


class Mesh(Part):
    """A closed surface from a glTF, OBJ, STL or USD file. Collides as its convex decomposition (CoACD)."""

    kind: Literal["mesh"] = "mesh"
    file: str = Field(min_length=1, max_length=1024)
    """Relative to the shot file."""
    prim: str | None = None
    """USD files: path of one mesh prim, taken in its own frame and units, so that `scale` is metres per unit. None =
    the whole stage, in metres and z up."""
    scale: Annotated[Number, Field(gt=0)] = 1.0


class Pane(Part):
    """A thin plate of brittle matter: width along x, height along z, thickness along y. Breakable by nature."""

    kind: Literal["pane"] = "pane"
    width: PositiveLength
    height: PositiveLength
    thickness: PositiveLength = 0.006


class Vase(Part):
    """A hollow body of revolution about z, open above: the profile of its outer wall, from foot to lip."""

    kind: Literal["vase"] = "vase"
    profile: tuple[tuple[PositiveLength, Length], ...] = Field(min_length=2, max_length=64)
    """(outer radius, height above the foot) [m]; the first height is 0 and heights rise. A smooth curve is laid
    through the points. The origin is half-way up, as for every shape."""
    wall: PositiveLength = 0.006


class Placed(Part):
    """One shape inside a compound."""

    shape: Annotated[Sphere | Box | Cylinder | Capsule | Cone | ConvexHull, Field(discriminator="kind")]
    position: Vec3 = (0.0, 0.0, 0.0)
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)


class Compound(Part):
    """Several shapes that move as one."""

    kind: Literal["compound"] = "compound"
    parts: tuple[Placed, ...] = Field(min_length=1, max_length=256)


Shape = Annotated[
    Sphere | Box | Cylinder | Capsule | Cone | Plane | ConvexHull | Mesh | Pane | Vase | Compound,
    Field(discriminator="kind"),
]


class Keyframe(Part):
    """Where a kinematic body is at a moment of world time. Between keys: linear position, slerped rotation."""

    at: Seconds
    position: Vec3
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)


class Breaks(Part):
    """How a body may come apart: the cells it is cut into beforehand, and what holds it."""

    pieces: int = Field(default=150, ge=2, le=5000)
    held: Literal["free", "edges", "base"] = "free"
    """`edges`: framed all round (panes); `base`: its lowest cells stand fast."""
    focus: Vec3 | None = None
    """Where cells are densest, in the body's frame [m]; None = where the first moving body is aimed."""
    efficiency: Annotated[Number, Field(gt=0, le=1)] = 0.03
    """Share of the impact energy that may go into cracks. A tuning constant, not a measurement."""


class Body(Part):
    """One thing in the shot."""

    name: Name
    shape: Shape
    material: Name = "concrete"
    """How it moves and breaks and, without a `finish`, how it looks."""
    finish: Name | None = None
    """The material it is drawn as; None = the one it is made of. It weighs, slides and breaks as its `material`."""
    position: Vec3 = (0.0, 0.0, 0.0)
    """Of the shape's origin, world frame [m]."""
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)
    velocity: Velocity3 = (0.0, 0.0, 0.0)
    """Of the centre of mass, world frame [m/s]."""
    spin: Spin3 = (0.0, 0.0, 0.0)
    """Angular velocity, world frame [deg/s]."""
    mass: Mass | None = None
    """[kg]; None = density times volume."""
    density: Density | None = None
    """[kg/m³]; None = the material's."""
    motion: Literal["dynamic", "static", "kinematic"] = "dynamic"
    release_at: Seconds | None = None
    """A dynamic body is held where it is until this moment of world time, then let go with `velocity`."""
    keyframes: tuple[Keyframe, ...] = Field(default=(), max_length=10_000)
    breaks: Breaks | None = None
    """None = cannot break; but see `fracture`: a pane always can. Unbreakable glass is a thin box."""
    colour: Colour | None = None
    """Replaces the material's base colour (tints clear matter)."""
    roughness: Annotated[Number, Field(ge=0, le=1)] | None = None
    """Replaces the material's roughness."""
    likeness: Person | None = None
    """The real person it is made to look like, who must have given a consent receipt."""

    @property
    def fracture(self) -> Breaks | None:
        """How it breaks, or None: what the file says, and `Breaks()` for a pane that says nothing."""
        return self.breaks or (Breaks() if isinstance(self.shape, Pane) else None)

    @model_validator(mode="before")
    @classmethod
    def _natures(cls, fields: Any) -> Any:
        """A plane need not say that it is static."""
        if not isinstance(fields, dict):
            return fields
        shape = fields.get("shape")
        kind = shape.get("kind") if isinstance(shape, dict) else getattr(shape, "kind", None)
        return {"motion": "static", **fields} if kind == "plane" else fields

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.mass is not None and self.density is not None:
            raise ValueError("must set mass or density, not both")
        if (self.motion == "kinematic") != bool(self.keyframes):
            raise ValueError("must have keyframes if, and only if, motion is kinematic")
        if any(b.at <= a.at for a, b in zip(self.keyframes, self.keyframes[1:], strict=False)):
            raise ValueError("must have keyframes in rising order of time")
        if isinstance(self.shape, Plane) and self.motion != "static":
            raise ValueError("must be static: a plane is endless ground")
        if self.breaks and not isinstance(
            self.shape, Pane | Box | Sphere | Cylinder | Cone | ConvexHull | Vase | Mesh
        ):
            raise ValueError(
                "must not break: only pane, box, sphere, cylinder, cone, hull, vase and mesh can be cut"
            )
        if self.release_at is not None and self.motion != "dynamic":
            raise ValueError("must be dynamic to be released")
        return self
