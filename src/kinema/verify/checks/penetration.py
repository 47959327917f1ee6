"""Penetration: solids may overlap by no more than a contact solver needs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.geometry import Geometry
from kinema.physics.tape import Tape
from kinema.verify.finding import at_most
from kinema.verify.motions import interval_of, step_of
from kinema.verify.overlap import overlap
from kinema.verify.report import Finding

# What a solver leaves on purpose, so that resting contacts stay in contact: 0.2 to 1 mm in both engines.
_SLOP = 1e-3

# Pairs that have closed slower than this [m/s] for this long [s] are at rest: the solver has had time to part
# them.
_RESTING = 0.1
_SETTLED = 0.05

# Shares of the smaller partner's size. Measured on shattering panes, 80 000 contacts each: a sound run stays
# below 0.07 at rest and 0.29 in blows; one with shards stuck in the floor reaches 0.85. Beyond a half the
# nearest way out is through the other side.
_SHARE_AT_REST = 0.1
_SHARE_IN_BLOWS = 0.4

# The deepest are looked at one by one, at a millisecond each; more than this many are believed unseen.
_CONFIRMED = 1000

_NOT_COVERED = "Overlaps the engine did not report as contact; meshes drawn that collide as hulls."
_REMEDY = "Raise the steps per frame, or cross-check with the other engine."


def check(tape: Tape) -> list[Finding]:
    """Contacts at rest and in blows: the one that is deepest against what its pair is allowed.

    In a blow they may also overlap by the way they close in one step, which is what an engine without
    continuous detection cannot see coming.
    """
    closing = _closing_speed(tape, 0.0)
    size = sizes(tape.geometry)[tape.contacts.piece].min(axis=1, initial=np.inf)
    resting = _closing_speed(tape, _SETTLED) < _RESTING
    return [
        _deepest(tape, "contacts at rest", _SLOP + _SHARE_AT_REST * size, resting, _SHARE_AT_REST),
        _deepest(
            tape, "blows", _SLOP + _SHARE_IN_BLOWS * size + closing * step_of(tape), ~resting, _SHARE_IN_BLOWS
        ),
    ]


def _deepest(
    tape: Tape,
    subject: str,
    bound: Float[np.ndarray, " contact"],
    which: Bool[np.ndarray, " contact"],
    share: float,
) -> Finding:
    contacts = tape.contacts
    depth, allowed, detail = 0.0, _SLOP, "There were none: nothing to check."
    if which.any():
        found = confirmed(tape, np.flatnonzero(which & ~(contacts.depth <= bound)))
        worst = int(np.argmax(np.where(which, np.nan_to_num(found / bound, nan=np.inf), -1.0)))
        depth, allowed = float(found[worst]), float(bound[worst])
        names = [tape.geometry.bodies[tape.geometry.piece_body[p]] for p in contacts.piece[worst]]
        over = int((which & (found > bound)).sum())
        detail = (
            f"Worst: {' and '.join(names)} at {contacts.time[worst]:.3f} s; {over} of {int(which.sum())} are "
            f"deeper than allowed; the median is {1e3 * float(np.median(found[which])):.3f} mm."
        )
    return at_most(
        "penetration",
        subject,
        f"must overlap by at most 1 mm + {share:g} of the smaller partner"
        + (" + the way closed in one step" if subject == "blows" else ""),
        1e3 * depth,
        1e3 * allowed,
        unit="mm",
        detail=detail,
        not_covered=_NOT_COVERED,
        remedy=_REMEDY,
    )


def confirmed(tape: Tape, doubtful: Int[np.ndarray, " doubtful"]) -> Float[np.ndarray, " contact"]:
    """Depths as reported [m], but those of `doubtful` contacts no deeper than the poses around them show: engines
    report the distance of a single contact point, which for shards edge to edge can be their whole length."""
    contacts, depth = tape.contacts, tape.contacts.depth.astype(float)
    intervals = interval_of(tape, contacts.time)
    for index in doubtful[np.argsort(-depth[doubtful], kind="stable")][:_CONFIRMED]:
        (a, b), k = contacts.piece[index], int(intervals[index])
        shown = max(overlap(tape, int(a), int(b), sample) for sample in (k, k + 1))
        depth[index] = min(depth[index], shown)
    return depth


def sizes(geometry: Geometry) -> Float[np.ndarray, " piece"]:
    """Edge of the cube of the piece's volume [m]; infinite for planes."""
    volume = geometry.piece_volume.astype(float)
    return np.where(volume > 0, np.cbrt(volume), np.inf)


def _closing_speed(tape: Tape, before: float) -> Float[np.ndarray, " contact"]:
    """Largest relative speed of the two pieces [m/s] at the samples around the contact and `before` [s] it."""
    a, b = tape.contacts.piece.T
    k = interval_of(tape, tape.contacts.time)
    fastest = np.zeros(len(k))
    for back in range(-1, round(before * float(tape.rate)) + 1):
        j = np.maximum(k - back, 0)
        fastest = np.maximum(fastest, np.linalg.norm(tape.velocity[j, a] - tape.velocity[j, b], axis=-1))
    return fastest
