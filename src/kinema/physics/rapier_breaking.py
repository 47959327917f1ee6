"""A step in which things may break: try, find the blow that breaks something, roll back, split, try again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from kinema.physics.fracture import Hit, broken_by, components, crack_energy
from kinema.physics.rapier_contacts import Blow, blows, hard_pairs
from kinema.physics.rapier_scene import Motion, Scene
from kinema.physics.rapier_settling import Failure, carry, failure_ride, pay
from kinema.physics.rapier_unit import Unit
from kinema.physics.rotation import cross
from kinema.physics.touches import Broken, Touches

if TYPE_CHECKING:
    import rapier3d as rp

ROUNDS = 8
"""At most so many times a step is tried again; what would break after that breaks in the next step."""


def step_with_breaking(
    scene: Scene, prepare: Callable[[], None], on_split: Callable[[Unit, list[Unit]], None]
) -> tuple[Motion, list[rp.ContactPair], list[Broken]]:
    """One step of Rapier. Returns the motion before it (of the units there are now), the pairs that were hit
    hard, and what broke. `prepare` is called before every try; `on_split` for each unit that came apart."""
    broken: list[Broken] = []
    # By cluster: a unit that cracked but held has had its share of this collision; its parts have not.
    spent: dict[int, float] = defaultdict(float)
    for attempt in range(ROUNDS + 1):
        before = scene.motion()
        prepare()
        scene.advance()
        pairs = hard_pairs(scene)
        failure = None if attempt == ROUNDS else _first_failure(scene, before, pairs, spent)
        if failure is None:
            return before, pairs, broken
        unit, bonds = failure.unit, failure.unit.body.bonds
        assert bonds is not None, "what fails has bonds"
        spent[unit.cluster] += float(failure.energy.sum())
        scene.alive[unit.number][failure.bonds] = False
        tape_piece = np.array([piece.index for piece in unit.body.pieces])
        part = components(bonds, scene.alive[unit.number])[unit.members]
        numbers = np.unique(part)
        members = [unit.members[part == k] for k in numbers]
        scene.restore(before)
        way = failure_ride(failure, members if len(members) > 1 else [])
        met = [own.nearest(own.at_rest(failure.blow.point))[1] for own in (unit, failure.striker)]
        closing, impulse = pay(failure, way.taken)
        scene.disturb()
        # Even what only cracked is made anew: Rapier lets only new contacts bounce.
        parts = scene.split(unit, members)
        if len(parts) > 1:
            carry(failure, way, parts, closing)
            impulse += closing * float(np.linalg.norm(way.recoil))
            scene.disturb()
        broken.append(
            Broken(
                piece=tape_piece[bonds.piece[failure.bonds]],
                energy=failure.energy,
                blow=Touches.one(met, impulse, failure.blow.point),
            )
        )
        on_split(unit, parts)
    raise AssertionError("the last attempt always returns")


def _first_failure(
    scene: Scene, before: Motion, pairs: list[rp.ContactPair], spent: dict[int, float]
) -> Failure | None:
    """The strongest blow that breaks a bond, and what it breaks."""
    for blow in blows(scene, pairs):
        for unit in (blow.first, blow.second):
            bonds = unit.body.bonds
            if bonds is None or blow.strength < unit.least_impulse:
                continue
            closing, mobility = _approach(scene, before, blow)
            available = 0.5 * closing**2 / mobility if mobility > 0 else 0.0
            hit = Hit(point=unit.at_rest(blow.point), impulse=blow.strength, energy=available)
            member = np.zeros(len(unit.body.pieces), bool)
            member[unit.members] = True
            gone = broken_by(bonds, scene.alive[unit.number], member, hit, spent[unit.cluster])
            if len(gone):
                return Failure(
                    unit=unit,
                    blow=blow,
                    closing=closing,
                    mobility=mobility,
                    bonds=gone,
                    energy=crack_energy(bonds, gone),
                )
    return None


def _approach(scene: Scene, before: Motion, blow: Blow) -> tuple[float, float]:
    """Closing speed along the blow [m/s] and the inverse of the mass that meets there [1/kg].

    ½ v²/mobility is all that a collision without friction can take (Goldsmith, Impact, 1960).
    """
    normal = blow.impulse / blow.strength
    closing = mobility = 0.0
    for unit, sign in ((blow.first, 1.0), (blow.second, -1.0)):
        arm = blow.point - unit.pose[0]
        mobility += unit.mobility(arm, normal)
        row = scene.row.get(id(unit))
        if row is not None:
            closing += sign * float(normal @ (before.velocity[row] + cross(before.spin[row], arm)))
    return max(closing, 0.0), mobility
