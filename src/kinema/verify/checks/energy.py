"""Energy: nothing gains what it was not given, and the ledger tells the same story as the poses."""

from __future__ import annotations

import numpy as np

from kinema.physics.forces import gravity_at
from kinema.physics.ledger import tolerance
from kinema.physics.tape import Tape
from kinema.shot.shot import Shot
from kinema.verify.finding import at_most
from kinema.verify.motions import Motions, step_of
from kinema.verify.report import Finding

# Longest contact in which a body may legitimately be slower than before and after [s]: soft contacts store
# energy, which the ledger does not list. Steel on steel touches for 0.1 ms, engines' springs for 20 ms.
_CONTACT = 0.05

# Positions are float32: at ten metres their rounding is a micrometre, 1e-7 of a potential. Samples are rows
# of the ledger, so nothing else differs but the order of sums.
_AGREEMENT = 1e-5

_REMEDY = "Cross-check with the other engine (--engine), or raise the steps per frame."


def check(shot: Shot, tape: Tape, motions: Motions) -> list[Finding]:
    """Total gain, sudden gain after losses, and ledger against poses."""
    return [*_gains(shot, tape, motions), *_agrees(shot, tape, motions)]


def _gains(shot: Shot, tape: Tape, motions: Motions) -> list[Finding]:
    ledger = tape.ledger
    gain = ledger.gain
    if not np.isfinite(gain).all():
        gain = np.where(np.isfinite(gain), gain, np.inf)
    mass = np.where(motions.dynamic, tape.geometry.piece_mass, 0.0)
    strongest = max(
        [np.linalg.norm(shot.forces.gravity), *(np.linalg.norm(r.gravity) for r in shot.forces.regions)]
    )
    allowed = tolerance(ledger, float(mass.sum() * strongest))
    worst = int(np.argmax(gain - allowed))
    total = at_most(
        "energy",
        "all bodies",
        "kinetic + potential + elastic + crack energy must not exceed what was there and what was given",
        measured=float(gain[worst]),
        bound=float(allowed[worst]),
        unit="J",
        detail=f"Worst at {ledger.time[worst]:.3f} s; at the end {gain[-1]:+.4g} J (negative is dissipated).",
        not_covered="Losses: friction and impact may take any amount. Energy of sound, heat and deformation.",
        remedy=_REMEDY,
    )
    steps = max(1, round(_CONTACT / step_of(tape)))
    sudden = gain - _recent_maximum(gain, steps)
    jump = int(np.argmax(sudden - allowed))
    rise = at_most(
        "energy",
        "every moment",
        f"must not rise above the highest level of the last {1000 * _CONTACT:.0f} ms",
        measured=float(sudden[jump]),
        bound=float(allowed[jump]),
        unit="J",
        detail=f"Worst at {ledger.time[jump]:.3f} s.",
        not_covered="Gains so slow that losses outweigh them within 50 ms.",
        remedy=_REMEDY,
    )
    return [total, rise]


def _recent_maximum(values: np.ndarray, steps: int) -> np.ndarray:
    """Largest of the `steps` values before each; the value itself for the first."""
    from scipy.ndimage import maximum_filter1d

    before = np.concatenate([values[:1], values[:-1]])
    return maximum_filter1d(before, steps, origin=(steps - 1) // 2, mode="nearest")


def _agrees(shot: Shot, tape: Tape, motions: Motions) -> list[Finding]:
    """Energy of the poses against the ledger's. With regions the zero of its potential depends on history."""
    if shot.forces.regions:
        return []
    ledger = tape.ledger
    mass = np.where(motions.dynamic, tape.geometry.piece_mass, 0.0).astype(float)
    gravity = gravity_at(shot.forces, np.zeros((1, 3)))[0]
    potential = -np.einsum("p,spx,x->s", mass, tape.position.astype(float), gravity)
    moving = 0.5 * np.einsum("p,spx,spx->s", mass, tape.velocity.astype(float), tape.velocity.astype(float))
    time = np.arange(len(potential)) / float(tape.rate)
    error = np.abs(potential - np.interp(time, ledger.time, ledger.potential))
    # Spin is left out of `moving`, so it may fall short of the ledger but not exceed it.
    excess = np.maximum(error, moving - np.interp(time, ledger.time, ledger.kinetic))
    scale = max(float(np.ptp(potential)), float(np.max(ledger.kinetic)), float(np.abs(potential).max()), 1e-9)
    worst = int(np.argmax(np.where(np.isfinite(excess), excess, np.inf)))
    return [
        at_most(
            "energy",
            "ledger and poses",
            "poses and velocities must have the energy that the ledger says",
            measured=float(excess[worst] / scale),
            bound=_AGREEMENT,
            unit="of the largest energy",
            detail=f"Worst at {time[worst]:.3f} s.",
            not_covered="Energy of spin: the tape does not hold moments of inertia.",
            remedy="The tape was changed after it was simulated: simulate again.",
        )
    ]
