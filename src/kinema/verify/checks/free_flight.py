"""Free flight: between contacts every centre of mass follows a parabola."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from kinema.physics.tape import Tape
from kinema.verify.finding import at_most
from kinema.verify.motions import Motions, cluster_means
from kinema.verify.report import Finding

# Float32 positions a few metres from the origin, summed over a thousand steps, wander 0.1 mm; a pixel of a
# 35 mm lens at 5 m is 6 mm. A millimetre is ten times the first and a sixth of the second.
_RESIDUAL = 1e-3

# Two unknowns per axis are fitted: fewer samples than this leave nothing to test.
_SHORTEST = 4


def check(tape: Tape, motions: Motions) -> list[Finding]:
    """Largest distance of a sampled centre from the parabola fitted to its flight."""
    centre = cluster_means(tape, tape.position)
    worst, subject, when, flights = 0.0, "", 0.0, 0
    for piece in np.flatnonzero(motions.dynamic).tolist():
        for start, end in spans(motions.free[:, piece]):
            if end - start + 1 < _SHORTEST or _seen_before(motions.group, piece, start):
                continue
            flights += 1
            off = residual(centre[start : end + 1, piece], motions.gravity[start, piece], float(tape.rate))
            k = int(np.argmax(off))
            if off[k] > worst:
                worst, when = float(off[k]), (start + k) / float(tape.rate)
                subject = tape.geometry.bodies[tape.geometry.piece_body[piece]]
    return [
        at_most(
            "free_flight",
            "every flight",
            "must follow x0 + v0 t + ½ g t²",
            measured=1e3 * worst,
            bound=1e3 * _RESIDUAL,
            unit="mm",
            detail=f"{flights} flights; worst: {subject or 'none'} at {when:.3f} s."
            if flights
            else "Nothing flew freely for four samples: nothing to check.",
            not_covered="Rotation in flight; shorter flights; bodies on joints or in wind.",
            remedy="A position jumped without a cause: the tape is damaged, or the engine moved a body.",
        )
    ]


def spans(flags: Bool[np.ndarray, " interval"]) -> list[tuple[int, int]]:
    """First sample and last sample of every unbroken run of true intervals."""
    edges = np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def residual(
    path: Float[np.ndarray, "sample 3"], gravity: Float[np.ndarray, " 3"], rate: float
) -> Float[np.ndarray, " sample"]:
    """Distance [m] of each sample from the least-squares x0 + v0 t + ½ g t²; no number is infinitely far."""
    time = np.arange(len(path)) / rate
    straight = path - 0.5 * gravity * (time**2)[:, None]
    if not np.isfinite(straight).all():
        return np.full(len(path), np.inf)
    basis = np.stack([np.ones_like(time), time - time.mean()], axis=1)
    fitted = basis @ np.linalg.lstsq(basis, straight, rcond=None)[0]
    return np.linalg.norm(straight - fitted, axis=1)


def _seen_before(group: Int[np.ndarray, "interval piece"], piece: int, start: int) -> bool:
    """Pieces of one rigid cluster share a centre: the first of them stands for all."""
    return bool(np.argmax(group[start] == group[start, piece]) != piece)
