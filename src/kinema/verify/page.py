"""`report.html`: one page that a producer can read and a supervisor can hold against the numbers.

Self-contained: pictures inside, charts as SVG, no script, no font, nothing fetched.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any

import numpy as np

from kinema.physics.tape import Tape
from kinema.shot.shot import Shot
from kinema.verify.charts import charts_of
from kinema.verify.drawn import Drawn
from kinema.verify.report import Report


def report_page(
    shot: Shot, tape: Tape, drawn: Drawn, report: Report, stills: Sequence[bytes], meter: Mapping[str, Any]
) -> str:
    """HTML text. `stills` are PNG files spread over the clip; `meter` is what `cost.meter` reads."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    template = environment.from_string(files("kinema.verify").joinpath("page.html.jinja").read_text("utf-8"))
    return template.render(
        report=report,
        shot=shot,
        facts=_facts(shot, tape, drawn),
        checks=[(name, list(found)) for name, found in groupby(report.findings, key=lambda f: f.check)],
        gaps=_gaps(report),
        charts=charts_of(shot, tape, drawn),
        stills=[base64.b64encode(png).decode("ascii") for png in stills],
        meter=meter,
        tape=tape,
    )


def number(value: float) -> str:
    """Four figures; whole numbers as they are."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}" if 1e-3 <= abs(value) < 1e6 else f"{value:.2e}"


def _facts(shot: Shot, tape: Tape, drawn: Drawn) -> list[tuple[str, str]]:
    pieces = len(tape.geometry.piece_body)
    samples = [facts.samples for facts in drawn.frames]
    facts = [
        (
            "Picture",
            f"{drawn.width} × {drawn.height}, {len(drawn.frames)} frames at {shot.timing.fps} per second",
        ),
        (
            "World",
            f"{float(shot.timing.world_seconds):.3g} s, {len(tape.geometry.bodies)} bodies, {pieces} pieces",
        ),
        ("Look", f"{shot.look}: {shot.dressing}" if shot.dressing else shot.look),
        ("Engine", tape.engine),
        ("Seeds", f"shot {shot.seed}, tape {tape.seed}"),
        ("World hash", tape.world_hash[:16]),
    ]
    if samples and max(samples) > 1:
        facts.insert(1, ("Samples", f"{np.mean(samples):.0f} per pixel on average, {max(samples)} at most"))
    return facts


def _gaps(report: Report) -> list[tuple[str, str]]:
    """Check and what it cannot see, each once."""
    return list(dict.fromkeys((f.check, f.not_covered) for f in report.findings if f.not_covered))
