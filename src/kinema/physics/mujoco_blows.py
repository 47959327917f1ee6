"""What touched what in a step of MuJoCo, as rows of the tape and as blows that may break things."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.fracture import Hit, broken_by, components, crack_energy, least_impulse
from kinema.physics.mujoco_contact import Meeting
from kinema.physics.mujoco_step import Stepper
from kinema.physics.mujoco_units import Unit
from kinema.physics.rotation import cross, unrotate

LEAST = 1e-7
"""Impulses below this are rounding [N s]."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """Bonds of one body that broke in a step."""

    piece: Int[np.ndarray, "crack 2"]
    """On the tape."""
    energy: Float[np.ndarray, " crack"]
    """[J]"""


@dataclass(frozen=True, kw_only=True)
class Touches:
    """Rows as of `tape.Contacts`."""

    piece: Int[np.ndarray, "row 2"]
    impulse: Float[np.ndarray, " row"]
    point: Float[np.ndarray, "row 3"]
    depth: Float[np.ndarray, " row"]


def touches(stepper: Stepper) -> Touches:
    """What passed between pieces in the step that is solved."""
    contact = stepper.contact
    assert contact is not None, "something touches"
    impulse = stepper.normal_impulse()
    keep = np.flatnonzero(impulse > LEAST)
    piece = stepper.pieces_at(contact.unit[keep].ravel(), np.repeat(contact.point[keep], 2, axis=0))
    depth = np.maximum(-contact.gap[keep], 0.0)
    return Touches(piece=piece.reshape(-1, 2), impulse=impulse[keep], point=contact.point[keep], depth=depth)


def merged(rows: list[Touches]) -> Touches:
    """One row per pair of pieces."""
    piece = np.concatenate([row.piece for row in rows])
    weight = np.concatenate([row.impulse for row in rows])
    point = np.concatenate([row.point for row in rows])
    pairs, group = np.unique(np.sort(piece, axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    total = np.bincount(group, weight, len(pairs))
    mean = np.stack([np.bincount(group, weight * point[:, k], len(pairs)) for k in range(3)], -1)
    depth = np.zeros(len(pairs))
    np.maximum.at(depth, group, np.concatenate([row.depth for row in rows]))
    return Touches(piece=pairs, impulse=total, point=mean / total[:, None], depth=depth)


@dataclass(frozen=True, kw_only=True)
class Blow:
    """All that passed between two units in a step."""

    unit: tuple[int, int]
    impulse: Float[np.ndarray, " 3"]
    """Normal impulse on the second, world [N s]."""
    strength: float
    point: Float[np.ndarray, " 3"]


def blows(meeting: Meeting, impulse: Float[np.ndarray, " contact"]) -> list[Blow]:
    """By pair of units, strongest first."""
    pairs, group = np.unique(meeting.unit, axis=0, return_inverse=True)
    group = group.reshape(-1)
    total = np.zeros((len(pairs), 3))
    np.add.at(total, group, impulse[:, None] * meeting.frame[:, 0])
    point = np.zeros((len(pairs), 3))
    np.add.at(point, group, impulse[:, None] * meeting.point)
    weight = np.bincount(group, impulse, len(pairs))
    strength = np.linalg.norm(total, axis=1)
    return [
        Blow(
            unit=(int(pairs[k, 0]), int(pairs[k, 1])),
            impulse=total[k],
            strength=float(strength[k]),
            point=point[k] / weight[k],
        )
        for k in np.argsort(-strength, kind="stable")
        if strength[k] > LEAST
    ]


def first_split(
    stepper: Stepper,
    alive: dict[int, Bool[np.ndarray, " bond"]],
    spent: dict[int, float],
    broken: list[Broken],
) -> int | None:
    """Let the blows, strongest first, break bonds (in `alive`), until a unit comes apart; return which."""
    assert stepper.contact is not None, "something touches"
    on = np.flatnonzero(stepper.delicate[stepper.contact.unit].any(axis=1))
    for blow in blows(stepper.contact.part(on), stepper.normal_impulse()[on]):
        for k in (k for k in blow.unit if stepper.delicate[k]):
            unit = stepper.now(k)
            bonds = unit.body.bonds
            if bonds is None or blow.strength < least_impulse(bonds):
                continue
            member = np.zeros(len(unit.body.pieces), bool)
            member[unit.members] = True
            hit = Hit(point=unit.in_body(blow.point), impulse=blow.strength, energy=_available(stepper, blow))
            gone = broken_by(bonds, alive[unit.number], member, hit, spent[unit.number])
            if not len(gone):
                continue
            energy = crack_energy(bonds, gone)
            alive[unit.number][gone] = False
            spent[unit.number] += float(energy.sum())
            tape_piece = np.array([piece.index for piece in unit.body.pieces])
            broken.append(Broken(piece=tape_piece[bonds.piece[gone]], energy=energy))
            label = components(bonds, alive[unit.number])[unit.members]
            if (label != label[0]).any():
                return k
    return None


def _available(stepper: Stepper, blow: Blow) -> float:
    """Kinetic energy of the approach along the blow, ½ m_eff v² [J]: all that a collision without friction
    can take (Goldsmith, Impact, 1960)."""
    normal = blow.impulse / blow.strength
    closing = mobility = 0.0
    for k, sign in zip(blow.unit, (1.0, -1.0), strict=True):
        unit = stepper.now(k)
        arm = blow.point - unit.position
        closing += sign * float(normal @ (unit.velocity + cross(unit.spin, arm)))
        mobility += _mobility(unit, arm, normal)
    return 0.5 * max(closing, 0.0) ** 2 / mobility if mobility > 0 else 0.0


def _mobility(unit: Unit, arm: Float[np.ndarray, " 3"], direction: Float[np.ndarray, " 3"]) -> float:
    """Inverse of the mass that a blow along `direction` at `arm` from the centre meets [1/kg]."""
    if unit.mode != "free":
        return 0.0
    lever = unrotate(unit.orientation, cross(arm, direction))
    return 1 / unit.mass + float(lever @ np.linalg.solve(unit.inertia, lever))
