"""The result page: one file that tells a reader without tools where a clip comes from, and on what evidence.

Self-contained, as every page made here: pictures inside, no script, no font, nothing fetched.
"""

from __future__ import annotations

import base64
from importlib.resources import files
from pathlib import Path

import numpy as np

from kinema.media.decode import read_clip, read_frames
from kinema.media.image import png_bytes, thumbnail
from kinema.provenance.trace.lines import lines_of
from kinema.provenance.trace.trace import Trace

STILLS = 4
_WIDTH = 420
"""Pixels of a still."""


def stills_of(path: str | Path) -> list[bytes]:
    """PNG files, spread over the clip. Raises `MediaError`."""
    shown = set(np.linspace(0, max(read_clip(path).frames - 1, 0), STILLS).astype(int).tolist())
    return [
        png_bytes(thumbnail(frame, min(_WIDTH, frame.shape[1])))
        for number, frame in enumerate(read_frames(path))
        if number in shown
    ]


def trace_page(found: Trace, stills: list[bytes]) -> str:
    """HTML text."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = files("kinema.provenance.trace").joinpath("page.html.jinja").read_text("utf-8")
    return environment.from_string(text).render(
        found=found,
        words=found.words[0].upper() + found.words[1:],
        layers=lines_of(found.evidence),
        facts=_facts(found),
        stills=[base64.b64encode(png).decode("ascii") for png in stills],
        gaps=GAPS,
    )


GAPS = (
    ("manifest", "It tells what its signer said. Whether that is true, no signature can show."),
    ("watermark", "A small p says that the mark is ours, not that the picture around it is. A mark that is not "
                  "found may have been worn away: not found is no proof of another origin."),
    ("fingerprint", "It tells what looks alike. Two takes of one shot do."),
    ("registry", "It knows what was registered on this machine, or in the database it is told to ask."),
)  # fmt: skip
"""Layers, and what they cannot see."""


def _facts(found: Trace) -> list[tuple[str, str]]:
    """What the signed manifest says of the take; nothing where none was found."""
    facts = found.facts
    if facts is None:
        return []
    checks = f"{facts.verdict.checks - len(facts.verdict.failed)} of {facts.verdict.checks} kinds passed"
    told = [
        (
            "Drawn by",
            facts.renderer if facts.drawn_by in facts.renderer else f"{facts.drawn_by} ({facts.renderer})",
        ),
        ("Engine", facts.engine),
        ("Seeds", ", ".join(f"{name} {seed}" for name, seed in facts.seeds.items())),
        ("Its checks", "passed" if facts.verdict.passed else checks),
        ("Shot", facts.shot[:16]),
        ("Tape", facts.tape[:16]),
        ("Made with", f"kinema {facts.versions.get('kinema', 'of an unknown version')}"),
        ("Training on it", {"notAllowed": "not allowed"}.get(facts.mining, facts.mining)),
    ]
    if facts.size is not None:
        told.insert(0, ("Picture as signed", f"{facts.size.width} × {facts.size.height}"))
    return [*told, *(("Model", f"{model.name} ({model.licence})") for model in facts.models)]
