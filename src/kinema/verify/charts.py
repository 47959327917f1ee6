"""The charts of the report: what happened, by the tape, and what was seen, by the frames."""

from __future__ import annotations

import numpy as np

from kinema.physics.ledger import tolerance
from kinema.physics.tape import Tape
from kinema.shot.shot import Shot
from kinema.verify.chart import Line, chart
from kinema.verify.drawn import Drawn

_BODIES_SHOWN = 6


def charts_of(shot: Shot, tape: Tape, drawn: Drawn) -> list[str]:
    """SVG figures, in the order of the report."""
    return [
        _energy(tape),
        _gain(shot, tape),
        _momentum(shot, tape),
        _contacts(tape),
        _pieces(tape),
        _seen(shot, tape, drawn),
    ]


def _energy(tape: Tape) -> str:
    ledger, t = tape.ledger, tape.ledger.time
    potential = ledger.potential - np.nanmin(ledger.potential)
    total = ledger.kinetic + potential + ledger.elastic + ledger.crack
    lines = [
        Line(name="total", x=t, y=total, tone=6),
        Line(name="kinetic", x=t, y=ledger.kinetic, tone=1),
        Line(name="potential, above its lowest", x=t, y=potential, tone=2),
    ]
    for name, values, tone in (
        ("elastic", ledger.elastic, 3),
        ("cracks", ledger.crack, 4),
        ("work", ledger.work, 5),
    ):
        if np.nanmax(np.abs(values), initial=0.0) > 0:
            lines.append(Line(name=name, x=t, y=values, tone=tone, dashed=name == "work"))
    return chart("Energy of all bodies", lines, x_label="world time [s]", y_label="J")


def _gain(shot: Shot, tape: Tape) -> str:
    dynamic = [shot.body(name).motion == "dynamic" for name in tape.geometry.bodies]
    mass = tape.geometry.piece_mass[np.array(dynamic)[tape.geometry.piece_body]].sum()
    bound = tolerance(tape.ledger, float(mass * np.linalg.norm(shot.forces.gravity)))
    t = tape.ledger.time
    lines = [
        Line(name="gained (negative: dissipated)", x=t, y=tape.ledger.gain, tone=1),
        Line(name="allowed", x=t, y=bound, tone=4, dashed=True),
    ]
    return chart("Energy from nowhere", lines, x_label="world time [s]", y_label="J")


def _momentum(shot: Shot, tape: Tape) -> str:
    dynamic = np.array([shot.body(name).motion == "dynamic" for name in tape.geometry.bodies])
    mass = np.where(dynamic[tape.geometry.piece_body], tape.geometry.piece_mass, 0.0).astype(float)
    momentum = np.einsum("p,spx->sx", mass, tape.velocity.astype(float))
    t = np.arange(len(momentum)) / float(tape.rate)
    lines = [Line(name=axis, x=t, y=momentum[:, i], tone=i + 1) for i, axis in enumerate("xyz")]
    return chart("Momentum of all bodies", lines, x_label="world time [s]", y_label="kg m/s")


def _contacts(tape: Tape) -> str:
    """Per sample interval, so that a long contact and a blow of equal impulse look equally strong."""
    contacts, rate = tape.contacts, float(tape.rate)
    bins = np.bincount(np.floor(contacts.time * rate - 1e-3).clip(0).astype(int), contacts.impulse)
    struck = np.flatnonzero(bins)
    # With the two ends of the tape, so that the axis is that of the other charts.
    x = np.concatenate([[0.0], (struck + 0.5) / rate, [(len(tape.position) - 1) / rate]])
    y = np.concatenate([[0.0], bins[struck], [0.0]])
    lines = [Line(name=f"summed over {1000 / rate:.3g} ms", x=x, y=y, tone=1, stems=True)]
    return chart("Contact impulses", lines, x_label="world time [s]", y_label="N s")


def _pieces(tape: Tape) -> str:
    t = np.arange(len(tape.cluster)) / float(tape.rate)
    breakable = [
        number
        for number in range(len(tape.geometry.bodies))
        if (tape.geometry.piece_body == number).sum() > 1
    ]
    lines = []
    for tone, body in enumerate(breakable[:_BODIES_SHOWN], start=1):
        mine = tape.cluster[:, tape.geometry.piece_body == body]
        count = 1 + (np.diff(np.sort(mine, axis=1), axis=1) != 0).sum(1)
        lines.append(Line(name=tape.geometry.bodies[body], x=t, y=count, tone=tone, steps=True))
    if not lines:
        lines = [
            Line(
                name="all bodies (none can break)", x=t, y=np.full(len(t), len(tape.geometry.bodies)), tone=1
            )
        ]
    return chart("Pieces each body is in", lines, x_label="world time [s]", y_label="pieces")


def _seen(shot: Shot, tape: Tape, drawn: Drawn) -> str:
    """Share of the picture each body covers: what left, what came, what hides what."""
    frames = [facts.index for facts in drawn.frames]
    cover = np.zeros((len(frames), len(tape.geometry.bodies)))
    for row, facts in zip(cover, drawn.frames, strict=True):
        for piece, count in facts.pixels.items():
            row[tape.geometry.piece_body[piece]] += 100 * count / (drawn.width * drawn.height)
    moving = [b for b, name in enumerate(tape.geometry.bodies) if shot.body(name).motion != "static"]
    shown = sorted(moving, key=lambda b: -cover[:, b].max(initial=0.0))[:_BODIES_SHOWN]
    lines = [
        Line(name=tape.geometry.bodies[b], x=frames, y=cover[:, b], tone=i + 1) for i, b in enumerate(shown)
    ]
    return chart("Picture covered by what moves", lines, x_label="frame", y_label="% of pixels")
