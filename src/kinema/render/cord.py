"""Ropes and springs, which a tape does not hold because they weigh nothing, dressed as bodies that can be drawn.

A rope is a chain of round links along its line: straight while it is taut, a parabola of its own length while it is
slack. A spring is a row of rings that part as it stretches. Both are pieces like any other afterwards, with poses at
every sample, so both renderers draw them, with exact passes and motion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from kinema.physics.geometry import OUTER, Geometry
from kinema.physics.rotation import rotate, unrotate
from kinema.physics.shapes import capsule_surface
from kinema.physics.surface import Surface, grid
from kinema.physics.tape import Tape
from kinema.shot.body import Body, Sphere
from kinema.shot.force import Rope, Spring
from kinema.shot.shot import Shot

LINKS = 16
"""Of a rope that is ever slack; a taut one is a single link."""
RINGS = 18
_TAUT = 1e-3
"""A rope counts as taut while it is within this share of its length."""
_STEEL = 0.004
"""Cords at least this thick are steel cable, thinner ones nylon [m]."""


@dataclass(frozen=True)
class _Cord:
    """One rope or spring: the surface of a link, and where every link is at every sample."""

    name: str
    material: str
    link: Surface
    position: Float[np.ndarray, "sample link 3"]
    direction: Float[np.ndarray, "sample link 3"]


def dressed(shot: Shot, tape: Tape) -> tuple[Shot, Tape]:
    """The shot with a body, and the tape with pieces, for each rope and spring; both as they are if it has none.

    New bodies and pieces come last: indices of the others keep their meaning.
    """
    joints = [joint for joint in shot.forces.joints if isinstance(joint, (Rope, Spring))]
    cords = [_cord(shot, tape, number, joint) for number, joint in enumerate(joints)]
    if not cords:
        return shot, tape
    # What is drawn is the tape's geometry; the body's own shape only has to be a valid one.
    bodies = [
        Body(name=cord.name, shape=Sphere(radius=1e-3), material=cord.material, motion="static")
        for cord in cords
    ]
    return shot.model_copy(update={"bodies": (*shot.bodies, *bodies)}), _with(tape, cords)


def _cord(shot: Shot, tape: Tape, number: int, joint: Rope | Spring) -> _Cord:
    ends = [_end(tape, joint.a, joint.at_a), _end(tape, joint.b, joint.at_b)]
    radius = _radius(tape, joint.a)
    name, material = f"{joint.kind}_{number}_{joint.a}"[:64], "steel" if radius >= _STEEL else "nylon"
    if isinstance(joint, Spring):
        share = (np.arange(RINGS) + 0.5) / RINGS
        position = ends[0][:, None] * (1 - share[:, None]) + ends[1][:, None] * share[:, None]
        along = np.broadcast_to((ends[1] - ends[0])[:, None], position.shape)
        return _Cord(name, "steel", _ring(4 * radius, radius), position, _unit(along))
    span = np.linalg.norm(ends[1] - ends[0], axis=-1)
    length = joint.length or float(span[0])
    down = _unit(np.array(shot.forces.gravity)[None])[0]
    slack = bool((span < length * (1 - _TAUT)).any())
    knots = _hanging(ends[0], ends[1], length, down, LINKS) if slack else np.stack(ends, 1)
    steps = np.diff(knots, axis=1)
    # Links overlap by their round ends, so that bends show no gaps.
    link = capsule_surface(radius, float(np.linalg.norm(steps, axis=-1).max()), 12)
    return _Cord(name, material, link, (knots[:, 1:] + knots[:, :-1]) / 2, _unit(steps))


def _end(tape: Tape, body: str | None, point: tuple[float, float, float]) -> Float[np.ndarray, "sample 3"]:
    """Where a point that is given in the world at time 0 goes with its body [m]."""
    if body is None:
        return np.broadcast_to(np.asarray(point, float), (len(tape.position), 3))
    piece = int(np.argmax(tape.geometry.piece_body == tape.geometry.bodies.index(body)))
    local = unrotate(tape.orientation[0, piece], np.asarray(point) - tape.position[0, piece])
    turn = tape.orientation[:, piece].astype(float)
    return tape.position[:, piece] + rotate(turn, np.broadcast_to(local, (len(turn), 3)))


def _radius(tape: Tape, body: str) -> float:
    """Two hundredths of the radius of what hangs on it, within what cords are [m]."""
    geometry = tape.geometry
    pieces = np.flatnonzero(geometry.piece_body == geometry.bodies.index(body))
    reach = np.linalg.norm(geometry.vertices[np.isin(geometry.vertex_piece, pieces)], axis=1).max()
    return float(np.clip(0.02 * reach, 0.0005, 0.015))


def _hanging(
    a: Float[np.ndarray, "sample 3"],
    b: Float[np.ndarray, "sample 3"],
    length: float,
    down: np.ndarray,
    links: int,
) -> Float[np.ndarray, "sample knot 3"]:
    """Points at equal steps along a parabola of about `length` between the ends, hanging `down`.

    Its sag is that of the parabola whose length, to second order in sag over span, is the rope's: exact when taut,
    and 13 % short of the fold when both ends meet.
    """
    span = np.linalg.norm(b - a, axis=-1)
    sag = np.sqrt(np.maximum(length**2 - span**2, 0.0) * 3 / 16)
    u = np.linspace(0, 1, 4 * links + 1)
    line = a[:, None] * (1 - u[:, None]) + b[:, None] * u[:, None]
    curve = line + (4 * u * (1 - u))[:, None] * sag[:, None, None] * down
    arc = np.concatenate(
        [np.zeros((len(a), 1)), np.linalg.norm(np.diff(curve, axis=1), axis=-1).cumsum(1)], axis=1
    )
    even = np.linspace(0, 1, links + 1)
    return np.stack(
        [
            np.stack([np.interp(even * way[-1], way, points[:, k]) for k in range(3)], -1)
            for way, points in zip(arc, curve, strict=True)
        ]
    )


def _ring(radius: float, thick: float) -> Surface:
    """A torus about z."""
    turn, tube = np.meshgrid(np.linspace(0, 2 * np.pi, 25), np.linspace(0, 2 * np.pi, 9))
    normal = np.stack([np.cos(turn) * np.cos(tube), np.sin(turn) * np.cos(tube), np.sin(tube)], -1)
    centre = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], -1) * radius
    return grid(centre + thick * normal, normal, np.stack([turn * radius, tube * thick], -1))


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)


def _upright(direction: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 4"]:
    """The shortest turn that takes +z into a unit direction: (1 + z·d, z × d), normalised."""
    x, y, z = np.moveaxis(direction, -1, 0)
    turn = np.stack([1 + z, -y, x, np.zeros_like(x)], -1)
    turn[z < -1 + 1e-9] = (0.0, 1.0, 0.0, 0.0)
    return _unit(turn)


def _with(tape: Tape, cords: list[_Cord]) -> Tape:
    """The tape and its geometry, longer by every link."""
    geometry, counts = tape.geometry, [cord.position.shape[1] for cord in cords]
    position = np.concatenate([cord.position for cord in cords], 1).astype(np.float32)
    orientation = np.concatenate([_upright(cord.direction) for cord in cords], 1).astype(np.float32)
    links = sum(counts)
    numbers = np.arange(links) + int(tape.cluster.max()) + 1
    still = np.zeros_like(position)
    return replace(
        tape,
        geometry=_longer(geometry, cords, counts),
        position=np.concatenate([tape.position, position], 1),
        orientation=np.concatenate([tape.orientation, orientation], 1),
        velocity=np.concatenate([tape.velocity, still], 1),
        spin=np.concatenate([tape.spin, still], 1),
        cluster=np.concatenate(
            [tape.cluster, np.broadcast_to(numbers, (len(position), links))], 1, dtype=np.int32
        ),
    )


def _longer(geometry: Geometry, cords: list[_Cord], counts: list[int]) -> Geometry:
    bodies = len(geometry.bodies)
    surfaces = [cord.link for cord, count in zip(cords, counts, strict=True) for _ in range(count)]
    first = np.cumsum([len(geometry.vertices), *(len(s.vertices) for s in surfaces)])
    pieces = len(geometry.piece_body) + np.arange(len(surfaces))
    faces = np.repeat(pieces, [len(s.faces) for s in surfaces])

    def add(old: np.ndarray, new: Any) -> np.ndarray:
        return np.concatenate([old, np.asarray(new)]).astype(old.dtype)

    nothing = np.zeros(len(surfaces))
    return replace(
        geometry,
        bodies=(*geometry.bodies, *(cord.name for cord in cords)),
        piece_body=add(geometry.piece_body, np.repeat(bodies + np.arange(len(cords)), counts)),
        piece_mass=add(geometry.piece_mass, nothing),
        piece_volume=add(geometry.piece_volume, nothing),
        piece_rest=add(geometry.piece_rest, np.zeros((len(surfaces), 3))),
        vertices=add(geometry.vertices, np.concatenate([s.vertices for s in surfaces])),
        normals=add(geometry.normals, np.concatenate([s.normals for s in surfaces])),
        uv=add(geometry.uv, np.concatenate([s.uv for s in surfaces])),
        faces=add(
            geometry.faces, np.concatenate([s.faces + v for s, v in zip(surfaces, first[:-1], strict=True)])
        ),
        face_piece=add(geometry.face_piece, faces),
        face_side=add(geometry.face_side, np.full(len(faces), OUTER)),
        face_neighbour=add(geometry.face_neighbour, np.full(len(faces), -1)),
    )
