"""A request read off a shot and a job: what rules may ask, without asking anything of the user twice."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from kinema.diffusion.manifest import PAINTER
from kinema.diffusion.open_weights.card import UNKNOWN
from kinema.job import Job
from kinema.physics.tape import file_hash
from kinema.policy.request import LOCAL, Act, AssetUse, Purpose, Request
from kinema.shot.asset import Asset
from kinema.shot.shot import Shot


def request_of(
    shot: Shot,
    job: Job,
    *,
    assets: str | Path = ".",
    purpose: Purpose = LOCAL,
    ingredients: Sequence[Mapping[str, Any]] = (),
    act: Act = "make",
    receipts: tuple[str, ...] = (),
    plates: tuple[Path, ...] = (),
    clip: str = "",
    day: date | None = None,
) -> Request:
    """The request of a take. `assets` is the folder of the shot's files, `ingredients` what `footage.ingredients_of`
    says of weights of others' making. What a dream starts from is a plate like any other."""
    return Request(
        text=words_of(shot, job),
        act=act,
        purpose=purpose,
        width=job.width,
        height=job.height,
        frames=shot.timing.frames,
        milliseconds=math.ceil(1000 * shot.timing.frames / shot.timing.fps),
        look=shot.look,
        assets=(*assets_of(shot, Path(assets)), *map(_weights, ingredients)),
        plates=(*plates, *(Path(placed.file) for placed in job.given.pictures)),
        persons=tuple(dict.fromkeys(body.likeness for body in shot.bodies if body.likeness)),
        receipts=receipts,
        clip=clip,
        day=day or date.today(),
    )


def words_of(shot: Shot, job: Job) -> str:
    """All that people wrote and that the picture, or who sees it, may show."""
    names = [body.name for body in shot.bodies] + [light.name for light in shot.lights] + list(shot.materials)
    files = [Path(name).stem for name in shot.files]
    model = _said_to_model(job) if shot.look.startswith("diffusers:") else []
    kinds = (re.sub(r"_?\d+$", "", name) for name in names)  # brick_1 to brick_9000 are one word
    return ".\n".join([shot.prompt, shot.title, *model, *dict.fromkeys([*kinds, *files])])


def _said_to_model(job: Job) -> list[str]:
    """What shall not be seen is read as that: to leave `nudity` out is harmless, to leave `clothes` out is not."""
    unwanted = (job.open_weights.negative or "").split(",")
    return [job.open_weights.words, *(f"no {words.strip()}" for words in unwanted if words.strip())]


def assets_of(shot: Shot, folder: Path) -> tuple[AssetUse, ...]:
    """The files of a shot with what it states of them."""
    return tuple(_use(name, shot.assets.get(name) or Asset(), folder / name) for name in shot.files)


def _use(name: str, stated: Asset, path: Path) -> AssetUse:
    return AssetUse(
        name=name,
        source=stated.source,
        licence=stated.licence,
        likeness=stated.likeness,
        training=stated.training,
        altered=bool(stated.sha256) and hash_of(path) not in (stated.sha256, None),
    )


def _weights(part: Mapping[str, Any]) -> AssetUse:
    licence = str(part.get("licence") or UNKNOWN)
    stated, name = "" if licence == UNKNOWN else licence, str(part.get("name"))
    # What kinema's own weights were trained on is kinema's own.
    training = "allowed" if part.get("pipeline") == PAINTER else "constrained"
    return AssetUse(name=name, kind="weights", source=name, licence=stated, training=training)


def hash_of(path: Path) -> str | None:
    """SHA-256 of a file in hexadecimal; None if it cannot be read: whoever uses it says so."""
    try:
        return file_hash(path)
    except OSError:
        return None
