"""Shot → World: defaults resolved, files read, bodies cut that can break, overlaps refused."""

from __future__ import annotations

import math

import numpy as np

from kinema.errors import ShotError
from kinema.physics.actor import Actor
from kinema.physics.aim import Forecast
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
MOST_FACES = 20_000_000
MOST_CUTTING = 300_000_000
"""Triangles times pieces: some minutes of cutting."""
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
    faces = sum(len(actor.solid.surface.faces) for actor in actors)
    if faces > MOST_FACES:
        raise ShotError(
            "bodies", f"must have at most {MOST_FACES} triangles", got=faces, next_step="Decimate the meshes."
        )
    refuse_overlap(actors, shot.forces)
    forecast = Forecast(actors, shot.forces, float(shot.timing.world_seconds))
    drafts = [_draft(shot, index, actor, matter[index], forecast) for index, actor in enumerate(actors)]
    bodies, geometry = assemble(drafts)
    return World(
        bodies=bodies,
        forces=shot.forces,
        clock=choose_clock(shot.timing, len(geometry.piece_body)),
        geometry=geometry,
        seed=shot.seed,
        world_hash=world_hash(shot, folder=folder),
    )


def _draft(shot: Shot, index: int, actor: Actor, material: Material, forecast: Forecast) -> Draft:
    """One body, cut if it can break; random numbers by the shot's seed and its place in the list."""
    breaks = actor.body.fracture
    if breaks is None:
        return Draft(actor=actor, material=material, cut=None, bonds=None)
    rng = np.random.default_rng([shot.seed, index])
    focus = forecast.focus(index) if breaks.focus is None else np.asarray(breaks.focus, float)
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
    if breaks.held == "edges":
        raise ShotError(
            f"{path}.breaks.held",
            "must be free or base: only a pane has edges to be framed by",
            got=f"edges on a {shape.kind}",
            next_step="Use base, or hold it with a fixed joint.",
        )
    work = len(actor.solid.surface.faces) * breaks.pieces
    if work > MOST_CUTTING:
        raise ShotError(
            f"{path}.breaks.pieces",
            f"must be at most {MOST_CUTTING // len(actor.solid.surface.faces)} for so fine a mesh",
            got=breaks.pieces,
            next_step="Ask for fewer pieces, or decimate the mesh.",
        )
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
