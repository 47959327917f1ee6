"""What touched what in a step of MuJoCo, as rows of the tape and as blows that may break things."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.fracture import Hit, broken_by, components, crack_energy
from kinema.physics.mujoco_contact import Meeting
from kinema.physics.mujoco_step import Stepper
from kinema.physics.mujoco_units import Unit, is_held, parts_of, split
from kinema.physics.rotation import cross
from kinema.physics.settling import ride, speed_left
from kinema.physics.touches import Touches

LEAST = 1e-7
"""Impulses below this are rounding [N s]."""


def touches(stepper: Stepper) -> Touches:
    """What passed between pieces in the step that is solved."""
    contact = stepper.contact
    assert contact is not None, "something touches"
    impulse = stepper.normal_impulse()
    keep = np.flatnonzero(impulse > LEAST)
    piece = stepper.pieces_at(contact.unit[keep].ravel(), np.repeat(contact.point[keep], 2, axis=0))
    depth = np.maximum(-contact.gap[keep], 0.0)
    return Touches(piece=piece.reshape(-1, 2), impulse=impulse[keep], point=contact.point[keep], depth=depth)


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


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A unit of which a blow breaks bonds."""

    unit: int
    striker: int
    blow: Blow
    closing: float
    """Speed along the blow before it [m/s]."""
    mobility: float
    """1/m_eff [1/kg]"""
    bonds: Int[np.ndarray, " broken"]
    energy: Float[np.ndarray, " broken"]
    """Of each [J]."""


def first_failure(
    stepper: Stepper, alive: dict[int, Bool[np.ndarray, " bond"]], spent: dict[int, float]
) -> Failure | None:
    """The strongest blow that breaks a bond, and what it breaks."""
    assert stepper.contact is not None, "something touches"
    on = np.flatnonzero(stepper.delicate[stepper.contact.unit].any(axis=1))
    for blow in blows(stepper.contact.part(on), stepper.normal_impulse()[on]):
        for k, striker in (blow.unit, blow.unit[::-1]):
            unit = stepper.units[k]
            bonds = unit.body.bonds
            if not stepper.delicate[k] or bonds is None or blow.strength < stepper.least_impulse[k]:
                continue
            closing, mobility = _approach(stepper, blow)
            available = 0.5 * closing**2 / mobility if mobility > 0 else 0.0
            hit = Hit(point=stepper.now(k).in_body(blow.point), impulse=blow.strength, energy=available)
            member = np.zeros(len(unit.body.pieces), bool)
            member[unit.members] = True
            gone = broken_by(bonds, alive[unit.number], member, hit, spent[unit.cluster])
            if len(gone):
                return Failure(
                    unit=k,
                    striker=striker,
                    blow=blow,
                    closing=closing,
                    mobility=mobility,
                    bonds=gone,
                    energy=crack_energy(bonds, gone),
                )
    return None


def _approach(stepper: Stepper, blow: Blow) -> tuple[float, float]:
    """Closing speed along the blow [m/s] and the inverse of the mass that meets there [1/kg].

    ½ v²/mobility is all that a collision without friction can take (Goldsmith, Impact, 1960).
    """
    normal = blow.impulse / blow.strength
    closing = mobility = 0.0
    for k, sign in zip(blow.unit, (1.0, -1.0), strict=True):
        unit = stepper.now(k)
        arm = blow.point - unit.position
        closing += sign * float(normal @ (unit.velocity + cross(unit.spin, arm)))
        mobility += unit.mobility(arm, normal)
    return max(closing, 0.0), mobility


def after_failure(
    units: list[Unit], failure: Failure, alive: Bool[np.ndarray, " bond"], next_cluster: int
) -> tuple[list[Unit], float]:
    """The units as the blow leaves them: cracks paid for, the parts apart and carried along (see `settling`); and the
    impulse that passed [N s]."""
    unit, blow = units[failure.unit], failure.blow
    bonds = unit.body.bonds
    assert bonds is not None, "what fails has bonds"
    groups = parts_of(unit, components(bonds, alive))
    members = groups if len(groups) > 1 else []
    push = blow.impulse / blow.strength * (1.0 if blow.unit[1] == failure.unit else -1.0)
    striker = units[failure.striker]
    way = ride(
        unit.body,
        members,
        np.array([is_held(unit, group) for group in members], bool),
        turn=unit.orientation,
        point=unit.in_body(blow.point),
        push=push,
        mobility=striker.mobility(blow.point - striker.position, push),
    )
    closing = speed_left(failure.closing, failure.mobility, float(failure.energy.sum()), way.taken)
    passed = (failure.closing - closing) / failure.mobility
    unit, striker = unit.struck(passed * push, blow.point), striker.struck(-passed * push, blow.point)
    parts = [unit]
    if members:
        striker = striker.struck(closing * way.recoil, blow.point)
        passed += closing * float(np.linalg.norm(way.recoil))
        parts = [
            replace(part, velocity=part.velocity + closing * v, spin=part.spin + closing * w)
            if part.mode == "free"
            else part
            for part, v, w in zip(split(unit, members, next_cluster), way.velocity, way.spin, strict=True)
        ]
    others = [other for k, other in enumerate(units) if k not in (failure.unit, failure.striker)]
    return [*others, striker, *parts], passed
