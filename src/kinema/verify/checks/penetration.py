"""Penetration: solids may overlap by no more than a contact solver needs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from kinema.physics.geometry import Geometry
from kinema.physics.tape import Tape
from kinema.verify.finding import at_most
from kinema.verify.motions import interval_of
from kinema.verify.report import Finding

# What a solver leaves on purpose, so that resting contacts stay in contact: 0.2 to 1 mm in both engines.
_SLOP = 1e-3

# A fifth of the thinner partner: beyond a half the nearest way out may be through the other side.
_SHARE = 0.2


def check(tape: Tape) -> list[Finding]:
    """The contact that is deepest against what its pair is allowed.

    Allowed: the solver's slop, a fifth of the thinner partner, and the way they close in one step, which is
    what an engine without continuous detection cannot see coming.
    """
    contacts = tape.contacts
    if not len(contacts.time):
        allowed, depth, detail = _SLOP, 0.0, "Nothing touched: nothing to check."
    else:
        a, b = contacts.piece.T
        thin = thicknesses(tape.geometry)
        before = interval_of(tape, contacts.time)
        closing = np.linalg.norm(tape.velocity[before, a] - tape.velocity[before, b], axis=-1)
        bound = _SLOP + _SHARE * np.minimum(thin[a], thin[b]) + closing * _step(tape)
        worst = int(np.argmax(np.nan_to_num(contacts.depth / bound, nan=np.inf)))
        allowed, depth = float(bound[worst]), float(contacts.depth[worst])
        names = [tape.geometry.bodies[tape.geometry.piece_body[p]] for p in (a[worst], b[worst])]
        detail = (
            f"{' and '.join(names)} at {contacts.time[worst]:.3f} s; "
            f"median of {len(contacts.time)} contacts {1e3 * float(np.median(contacts.depth)):.3f} mm."
        )
    return [
        at_most(
            "penetration",
            "every contact",
            "overlap at most 1 mm + a fifth of the thinner partner + the way closed in one step",
            1e3 * depth,
            1e3 * allowed,
            unit="mm",
            detail=detail,
            not_covered="Overlaps the engine did not report as contact; meshes drawn that collide as hulls.",
            remedy="Raise the steps per frame, or make thin bodies thicker.",
        )
    ]


def thicknesses(geometry: Geometry) -> Float[np.ndarray, " piece"]:
    """Smallest extent of each piece along its principal axes [m]; infinite for planes."""
    thin = np.full(len(geometry.piece_mass), np.inf)
    owner = geometry.vertex_piece
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(thin) + 1))
    for piece in np.flatnonzero(geometry.piece_mass > 0):
        points = geometry.vertices[order[starts[piece] : starts[piece + 1]]].astype(float)
        if len(points) > 1:
            axes = np.linalg.svd(points - points.mean(0), full_matrices=False)[2]
            thin[piece] = np.ptp(points @ axes.T, axis=0).min()
    return thin


def _step(tape: Tape) -> float:
    """Length of a simulation step [s]."""
    time = tape.ledger.time
    return float(time[1] - time[0]) if len(time) > 1 else 1 / float(tape.rate)
