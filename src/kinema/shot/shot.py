"""`Shot`: the typed, frozen, versioned description of one shot. The first of kinema's six nouns."""

from __future__ import annotations

from collections import Counter
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from kinema.shot.asset import Asset
from kinema.shot.body import Body, Mesh
from kinema.shot.camera import Camera, Track
from kinema.shot.force import Forces
from kinema.shot.goal import Goal, Hits, Scatters
from kinema.shot.light import AnyLight, Environment
from kinema.shot.material import Material
from kinema.shot.part import Look, Name, Part
from kinema.shot.timing import Timing

MAX_BODIES = 20_000


class Shot(Part):
    """What is asked, whole: bodies, light, camera, forces, time, and what must be seen to happen.

    World frame: metres, z up, right-handed, y into the picture for the default camera.
    """

    format: Literal["kinema.shot/1"] = Field(default="kinema.shot/1", alias="schema")
    title: str = Field(default="", max_length=200)
    prompt: str = Field(default="", max_length=32_000)
    """The words it was compiled from, if any."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Of everything random: how matter cracks, how the camera is held, the noise of the picture."""
    timing: Timing = Timing()
    bodies: tuple[Body, ...] = Field(default=(), max_length=MAX_BODIES)
    lights: tuple[AnyLight, ...] = Field(default=(), max_length=256)
    camera: Camera = Camera()
    forces: Forces = Forces()
    goals: tuple[Goal, ...] = Field(default=(), max_length=256)
    materials: dict[Name, Material] = Field(default_factory=dict)
    """The shot's own materials, over the library's."""
    assets: dict[str, Asset] = Field(default_factory=dict, max_length=MAX_BODIES)
    """By file name, as a body's mesh or a light's HDRI names it: source, licence, and whom it shows."""
    look: Look = "natural"
    """The grade of the delivered clip, a painted style, or `diffusers:` and a model: see `kinema looks`."""
    dressing: str = Field(default="", max_length=32_000)
    """The words of `kinema shoot --look` that it was dressed in, if any. What they set is in the other fields."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    def body(self, name: str) -> Body:
        """The body of that name."""
        return next(body for body in self.bodies if body.name == name)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files it is made of, each once, in order."""
        meshes = [body.shape.file for body in self.bodies if isinstance(body.shape, Mesh)]
        spheres = [light.file for light in self.lights if isinstance(light, Environment) and light.file]
        return tuple(dict.fromkeys([*meshes, *spheres]))

    @model_validator(mode="after")
    def _assets_used(self) -> Self:
        unused = self.assets.keys() - set(self.files)
        if unused:
            raise ValueError(f"must name a file of the shot at assets: nothing uses {min(unused)!r}")
        return self

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        for group, names in (("bodies", self.bodies), ("lights", self.lights)):
            repeated = [name for name, n in Counter(part.name for part in names).items() if n > 1]
            if repeated:
                raise ValueError(
                    f"must give each of its {group} a name of its own: {repeated[0]} is used twice"
                )
        return self

    @model_validator(mode="after")
    def _names_known(self) -> Self:
        known = {body.name for body in self.bodies}
        wanted: list[tuple[str, str | None]] = [
            (f"forces.pushes.{i}.body", push.body) for i, push in enumerate(self.forces.pushes)
        ]
        for i, joint in enumerate(self.forces.joints):
            wanted += [(f"forces.joints.{i}.a", joint.a), (f"forces.joints.{i}.b", joint.b)]
        for i, goal in enumerate(self.goals):
            if isinstance(goal, Scatters):
                names = goal.bodies
            else:
                names = (goal.a, goal.b) if isinstance(goal, Hits) else (goal.body,)
            wanted += [(f"goals.{i}", name) for name in names]
        wanted += [
            (f"camera.moves.{i}.body", move.body)
            for i, move in enumerate(self.camera.moves)
            if isinstance(move, Track)
        ]
        for field in ("aim", "focus"):
            value = getattr(self.camera, field)
            if isinstance(value, str) and not (field == "focus" and value == "deep"):
                wanted.append((f"camera.{field}", value))
        for path, name in wanted:
            if name is not None and name not in known:
                raise ValueError(f"must name a body of the shot at {path}: there is no {name!r}")
        return self

    @model_validator(mode="after")
    def _is_lit(self) -> Self:
        if self.bodies and not any(light.on for light in self.lights):
            raise ValueError("must have at least one light that is on: the clip would be black")
        return self
