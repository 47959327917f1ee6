"""Shot → World: defaults resolved, files read, bodies cut that can break, overlaps refused."""

from __future__ import annotations

import math

import numpy as np

from kinema.errors import ShotError
from kinema.physics.aim import Actor, find_focus
from kinema.physics.assemble import Draft, assemble
from kinema.physics.bonds import make_bonds
from kinema.physics.clock import choose_clock
from kinema.physics.cut import Cut
from kinema.physics.cut_plate import cut_pane
from kinema.physics.cut_solid import cut_solid
from kinema.physics.identity import world_hash
from kinema.physics.overlap import refuse_overlap
from kinema.physics.shapes import COARSEST, ROUND
from kinema.physics.solid import Solid
from kinema.physics.whole import make_solid
from kinema.physics.world import World
from kinema.shot.body import Body, Box, Breaks, Pane, Plane, Shape
from kinema.shot.material import Material, find_material
from kinema.shot.shot import MAX_BODIES, Shot

__all__ = ["build_world", "world_hash"]

MOST_PIECES = 50_000
ROUND_FACES = 1_500_000
"""Round bodies share about so many triangles: with more than some 160 of them, each gets fewer."""


def build_world(shot: Shot, *, folder: str = ".") -> World:
    """Resolve a shot: read meshes, cut breakable bodies, compute inertia, refuse what overlaps at rest.

    `folder` is where mesh files are looked for. Same shot, same files: the same bits. Raises `ShotError`.
    """
    _refuse_too_much(shot)
    segments = _segments(shot)
    solids: dict[Shape, Solid] = {}
    actors: list[Actor] = []
    matter: list[Material] = []
    for index, body in enumerate(shot.bodies):
        path = f"bodies.{index}"
        if body.shape not in solids:
            solids[body.shape] = make_solid(
                body.shape, segments=segments, folder=folder, path=f"{path}.shape"
            )
        material = find_material(body.material, shot.materials, path=f"{path}.material")
        solid = solids[body.shape]
        actors.append(Actor(body=body, solid=solid, mass=_mass(body, material, solid, path)))
        matter.append(material)
    refuse_overlap(actors, shot.forces)
    drafts = [_draft(shot, index, actors, matter[index]) for index in range(len(actors))]
    bodies, geometry = assemble(drafts)
    return World(
        bodies=bodies,
        forces=shot.forces,
        clock=choose_clock(shot.timing, len(geometry.piece_body)),
        geometry=geometry,
        seed=shot.seed,
        world_hash=world_hash(shot, folder=folder),
    )


def _draft(shot: Shot, index: int, actors: list[Actor], material: Material) -> Draft:
    """One body, cut if it can break; random numbers by the shot's seed and its place in the list."""
    actor = actors[index]
    breaks = actor.body.fracture
    if breaks is None:
        return Draft(actor=actor, material=material, cut=None, bonds=None)
    rng = np.random.default_rng([shot.seed, index])
    if breaks.focus is not None:
        focus = np.asarray(breaks.focus)
    else:
        focus = find_focus(actors, index, shot.forces, float(shot.timing.world_seconds))
    cut = _cut(actor, breaks, focus, rng, f"bodies.{index}")
    bonds = make_bonds(
        cut, shape=actor.body.shape, solid=actor.solid, breaks=breaks, material=material, rng=rng
    )
    return Draft(actor=actor, material=material, cut=cut, bonds=bonds)


def _cut(actor: Actor, breaks: Breaks, focus: np.ndarray, rng: np.random.Generator, path: str) -> Cut:
    shape = actor.body.shape
    if isinstance(shape, Pane):
        hit = (float(focus[0]), float(focus[2]))
        return cut_pane(shape.width, shape.height, shape.thickness, breaks.pieces, hit, rng)
    return cut_solid(actor.solid.surface, breaks.pieces, focus, rng, f"{path}.shape")


def _mass(body: Body, material: Material, solid: Solid, path: str) -> float:
    """[kg]; planes have none."""
    if isinstance(body.shape, Plane):
        return 0.0
    mass = body.mass if body.mass is not None else solid.bulk.volume * (body.density or material.density)
    if not (math.isfinite(mass) and mass > 1e-12):
        raise ShotError(
            f"{path}.shape",
            "must weigh something",
            got=f"{mass:g} kg",
            next_step="Make it larger or set its mass.",
        )
    return mass


def _refuse_too_much(shot: Shot) -> None:
    """Before anything expensive."""
    if len(shot.bodies) > MAX_BODIES:
        raise ShotError(
            "bodies",
            f"must be at most {MAX_BODIES}",
            got=len(shot.bodies),
            next_step="Join some into compounds.",
        )
    pieces = sum(body.fracture.pieces if body.fracture else 1 for body in shot.bodies)
    if pieces > MOST_PIECES:
        raise ShotError(
            "bodies",
            f"must come to at most {MOST_PIECES} pieces",
            got=f"{pieces} in {len(shot.bodies)} bodies",
            next_step="Lower `breaks.pieces`, or let fewer bodies break.",
        )


def _segments(shot: Shot) -> int:
    """Round a circle, so that many small balls do not cost what one hero does."""
    rounds = sum(not isinstance(body.shape, Box | Plane | Pane) for body in shot.bodies)
    whole = ROUND * ROUND
    if rounds * whole <= ROUND_FACES:
        return ROUND
    share = math.sqrt(ROUND_FACES / (rounds * whole))
    return max(COARSEST, 8 * int(ROUND * share / 8))
