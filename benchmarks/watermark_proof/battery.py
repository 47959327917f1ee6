"""One clip through the battery: marked, attacked, read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kinema.provenance.watermark import Detection, Detector, Watermark
from kinema.provenance.watermark.code import bits_of
from kinema.provenance.watermark.embedder import GENTLE, STURDY
from watermark_proof.attacks import Row
from watermark_proof.codecs import Clip

KEY = b"the key of kinema's own benchmark"
STRENGTHS = {"gentle": GENTLE, "sturdy": STURDY}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One clip, one strength, one attack."""

    clip: str
    kind: str
    strength: str
    attack: str
    bits: float
    """Share right."""
    word: bool
    """All right."""
    log10_p: float
    found: bool
    """The right id at p <= 1e-6."""
    seconds: float
    """Of detection, frames in memory."""


def identity_for(name: str) -> int:
    """Another id for every clip."""
    return int.from_bytes(np.random.default_rng([*name.encode()]).bytes(8), "big")


def marked(clip: Clip, name: str, strength: str) -> Clip:
    """All frames."""
    mark = Watermark(KEY, identity_for(name), distortion=STRENGTHS[strength])
    return np.stack([mark.embed(frame) for frame in clip])


def read(clip: Clip, key: bytes = KEY) -> Detection:
    """All frames."""
    detector = Detector(key)
    for frame in clip:
        detector.add(frame)
    return detector.result()


def outcomes(clip: Clip, name: str, kind: str, strength: str, rows: Iterable[Row]) -> list[Outcome]:
    """Every attack at one strength."""
    identity, out = identity_for(name), []
    clean = marked(clip, name, strength)
    for row in rows:
        attacked = row.attack(clean)
        began = time.perf_counter()
        seen = read(attacked)
        out.append(
            Outcome(
                clip=name,
                kind=kind,
                strength=strength,
                attack=row.name,
                bits=float(np.mean(seen.bits == bits_of(identity))),
                word=seen.id == identity,
                log10_p=seen.log10_p,
                found=seen.found and seen.id == identity,
                seconds=time.perf_counter() - began,
            )
        )
    return out
