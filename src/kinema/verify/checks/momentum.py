"""Momentum: only gravity changes that of what touches nothing, or nothing but each other."""

from __future__ import annotations

import numpy as np

from kinema.physics.tape import Tape
from kinema.verify.finding import at_most
from kinema.verify.motions import Motions, cluster_means, step_of
from kinema.verify.report import Finding

# Half a per cent of earth's gravity; rounding of float32 velocities at 100 m/s over 4 ms is 0.003 m/s².
_FLIGHT = 0.05

# Share of the momentum that met. Float32 solvers balance each contact to 1e-6, hundreds of them in ten passes
# to 1e-4; an impulse on one partner alone is 1e-2 and more.
_COLLISION = 1e-3

# Of a step of gravity: engines that leapfrog hold velocities of the middle of a step, and switch between that
# and its end when a contact begins.
_HALF_STEP = 0.5


def check(tape: Tape, motions: Motions) -> list[Finding]:
    """One finding for flight, one for collisions."""
    return [_flight(tape, motions), _collisions(tape, motions)]


def _flight(tape: Tape, motions: Motions) -> Finding:
    velocity = cluster_means(tape, tape.velocity)
    felt = np.diff(velocity, axis=0) * float(tape.rate)
    off = np.linalg.norm(felt - motions.gravity, axis=-1)
    free = motions.free & motions.dynamic
    off = np.where(free, np.nan_to_num(off, nan=np.inf), 0.0)
    k, piece = np.unravel_index(int(off.argmax()), off.shape)
    name = tape.geometry.bodies[tape.geometry.piece_body[piece]]
    share = free[:, motions.dynamic].mean() if motions.dynamic.any() else 0.0
    return at_most(
        "momentum",
        "free flight",
        "of what touches nothing only gravity may change the velocity",
        measured=float(off[k, piece]),
        bound=_FLIGHT,
        unit="m/s²",
        detail=f"{100 * share:.0f} % of all piece-time is free flight; "
        f"worst: {name} at {int(k) / float(tape.rate):.3f} s."
        if free.any()
        else "Nothing flew freely: nothing to check.",
        not_covered="Spin in flight; bodies on joints, in wind, or pushed in that interval.",
        remedy="Something unseen acted on it: look for a contact that the engine did not report.",
    )


def _collisions(tape: Tape, motions: Motions) -> Finding:
    mass = np.where(motions.dynamic, tape.geometry.piece_mass, 0.0).astype(float)
    momentum = mass[:, None] * tape.velocity.astype(float)
    worst, found, allowed, when, met = -1.0, 0.0, 0.0, 0, 0
    for k in range(len(tape.position) - 1):
        labels = motions.group[k]
        checked = motions.closed[k] & ~motions.free[k] & motions.dynamic
        if not checked.any():
            continue
        groups = np.unique(labels[checked])
        pull = mass[:, None] * motions.gravity[k]
        change = momentum[k + 1] - momentum[k] - pull / float(tape.rate)
        off = np.linalg.norm([np.bincount(labels, change[:, axis]) for axis in range(3)], axis=0)[groups]
        size = np.bincount(labels, np.linalg.norm(momentum[k], axis=1))[groups]
        weight = np.bincount(labels, np.linalg.norm(pull, axis=1))[groups]
        bound = _COLLISION * size + _HALF_STEP * weight * step_of(tape) + 1e-12
        share = np.nan_to_num(off / bound, nan=np.inf)
        met += len(groups)
        if share.max() > worst:
            first = int(share.argmax())
            worst, found, allowed, when = float(share[first]), float(off[first]), float(bound[first]), k
    return at_most(
        "momentum",
        "collisions",
        "what bodies that touch only each other lose, their partners must gain",
        measured=found,
        bound=allowed,
        unit="N s",
        detail=f"{met} closed collisions; worst at {when / float(tape.rate):.3f} s."
        if met
        else "No collision was closed (ground, frame or joint took part in each): nothing to check.",
        not_covered="Collisions in which ground, a frame or a joint takes part: they may take any momentum.",
        remedy="An impulse acted on one partner only: cross-check with the other engine.",
    )
