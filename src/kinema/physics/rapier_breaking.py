"""A step in which things may break: try, find the blow that breaks something, roll back, split, try again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from kinema.physics.fracture import Hit, broken_by, components, crack_energy, least_impulse
from kinema.physics.rapier_contacts import Blow, blows, hard_pairs
from kinema.physics.rapier_scene import Motion, Scene
from kinema.physics.rapier_unit import Unit
from kinema.physics.rotation import cross

if TYPE_CHECKING:
    import rapier3d as rp

ROUNDS = 8
"""At most so many times a step is tried again; what would break after that breaks in the next step."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """Bonds of one body that broke in a step."""

    piece: Int[np.ndarray, "crack 2"]
    """On the tape."""
    energy: Float[np.ndarray, " crack"]
    """[J]"""


def step_with_breaking(
    scene: Scene, prepare: Callable[[], None], on_split: Callable[[Unit, list[Unit]], None]
) -> tuple[Motion, list[rp.ContactPair], list[Broken]]:
    """One step of Rapier. Returns the motion before it (of the units there are now), the pairs that were
    hit hard, and what broke. `prepare` is called before every try; `on_split` for each unit that came
    apart."""
    broken: list[Broken] = []
    spent: dict[int, float] = defaultdict(float)
    for attempt in range(ROUNDS + 1):
        before = scene.motion()
        prepare()
        scene.rapier.step()
        pairs = hard_pairs(scene)
        if attempt == ROUNDS or not any(unit.breakable for unit in scene.units):
            break
        split = _first_split(scene, before, blows(scene, pairs), spent, broken)
        if split is None:
            break
        unit, part = split
        scene.restore(before)
        on_split(unit, scene.split(unit, part))
    return before, pairs, broken


def _first_split(
    scene: Scene, before: Motion, candidates: list[Blow], spent: dict[int, float], broken: list[Broken]
) -> tuple[Unit, Int[np.ndarray, " member"]] | None:
    """Let the blows, strongest first, break bonds, until a unit comes apart."""
    for blow in candidates:
        for unit in (blow.first, blow.second):
            bonds = unit.body.bonds
            if not unit.breakable or bonds is None or blow.strength < least_impulse(bonds):
                continue
            alive = scene.alive[unit.number]
            member = np.zeros(len(unit.body.pieces), bool)
            member[unit.members] = True
            hit = Hit(
                point=unit.at_rest(blow.point),
                impulse=blow.strength,
                energy=_available(scene, before, blow),
            )
            gone = broken_by(bonds, alive, member, hit, spent[unit.number])
            if not len(gone):
                continue
            energy = crack_energy(bonds, gone)
            alive[gone] = False
            spent[unit.number] += float(energy.sum())
            tape_piece = np.array([piece.index for piece in unit.body.pieces])
            broken.append(Broken(piece=tape_piece[bonds.piece[gone]], energy=energy))
            part = components(bonds, alive)[unit.members]
            if (part != part[0]).any():
                return unit, part
    return None


def _available(scene: Scene, before: Motion, blow: Blow) -> float:
    """Kinetic energy of the approach along the blow, ½ m_eff v² [J]: all that a collision without friction
    can take (Goldsmith, Impact, 1960)."""
    normal = blow.impulse / blow.strength
    speed = mobility = 0.0
    for unit, sign in ((blow.first, 1.0), (blow.second, -1.0)):
        arm = blow.point - unit.pose[0]
        mobility += unit.mobility(arm, normal)
        row = scene.row.get(id(unit))
        if row is not None:
            speed += sign * float(normal @ (before.velocity[row] + cross(before.spin[row], arm)))
    return 0.5 * max(speed, 0.0) ** 2 / mobility if mobility > 0 else 0.0
