"""Mass: the pieces of a body weigh what the body weighs, and fill what its shape fills."""

from __future__ import annotations

import math

import numpy as np

from kinema.physics.tape import Tape
from kinema.shot.body import Body, Box, Capsule, Cone, Cylinder, Pane, Sphere
from kinema.shot.material import find_material
from kinema.shot.shot import Shot
from kinema.verify.finding import at_most
from kinema.verify.report import Finding

# The brief's bound. Cutting works in float64; float32 tapes and thousands of shards leave 1e-7.
_ERROR = 1e-6


def check(shot: Shot, tape: Tape) -> list[Finding]:
    """The largest relative error of mass or volume over all bodies that have one."""
    worst, subject, detail = 0.0, "all bodies", "No body has a mass: nothing to check."
    for number, name in enumerate(tape.geometry.bodies):
        body, mine = shot.body(name), tape.geometry.piece_body == number
        mass = float(tape.geometry.piece_mass[mine].astype(float).sum())
        volume = float(tape.geometry.piece_volume[mine].astype(float).sum())
        if body.shape.kind == "plane":
            continue
        for what, found, wanted in (
            ("mass", mass, _mass_of(body, shot, volume)),
            ("volume", volume, volume_of(body)),
        ):
            if wanted is None:
                continue
            error = abs(found / wanted - 1)
            if not error <= worst or detail.startswith("No body"):
                worst, subject = error, name
                detail = f"{what} of {int(mine.sum())} pieces: {found:.9g} for {wanted:.9g}."
    return [
        at_most(
            "mass",
            subject,
            "masses and volumes of the pieces must add up to the body's",
            worst,
            _ERROR,
            unit="relative",
            detail=detail,
            not_covered="Volume of meshes, hulls, vases and compounds: there is no second way to know it.",
            remedy="A piece is missing or was cut wrongly: simulate again with another seed.",
        )
    ]


def _mass_of(body: Body, shot: Shot, volume: float) -> float:
    """What the shot asks for [kg]."""
    if body.mass is not None:
        return body.mass
    material = find_material(body.material, shot.materials, path=f"{body.name}.material")
    return (body.density or material.density) * volume


def volume_of(body: Body) -> float | None:
    """Volume of a shape that has a closed form [m³]."""
    match body.shape:
        case Sphere(radius=r):
            return 4 / 3 * math.pi * r**3
        case Box(size=size):
            return float(np.prod(size))
        case Cylinder(radius=r, height=h):
            return math.pi * r**2 * h
        case Capsule(radius=r, height=h):
            return math.pi * r**2 * (h + 4 / 3 * r)
        case Cone(radius=r, height=h):
            return math.pi * r**2 * h / 3
        case Pane(width=w, height=h, thickness=t):
            return w * h * t
    return None
