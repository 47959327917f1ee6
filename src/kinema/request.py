"""What the user pointed at, as a shot: a shot file, a USD stage, a finished take, or words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from kinema.diffusion.looks import is_look
from kinema.errors import ShotError, UsageError
from kinema.folder import TakeFolder
from kinema.shot.change import change
from kinema.shot.dressing import dress
from kinema.shot.files import load_shot
from kinema.shot.shot import Shot
from kinema.shot.units import to_rational

_FILES = (".yaml", ".yml", ".json")
_STAGES = (".usd", ".usda", ".usdc", ".usdz")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A shot and where it came from."""

    shot: Shot
    assets: Path
    """Folder that the shot's files are relative to."""
    name: str
    """For the take, if the user names none."""
    tape_from: Path | None = None
    notes: tuple[str, ...] = ()
    """What the user should know: words not understood, prims left out, defaults assumed."""


def read_request(source: str, *, strict: bool = False, llm: bool = False) -> Request:
    """Read `source`. Raises `ShotError` for what is not a shot, and for a path that is not there."""
    path = Path(source) if len(source) < 1024 and "\n" not in source else None
    if path and (path / "take.json").is_file():
        shot = load_shot(TakeFolder(path).shot)
        return Request(shot=shot, assets=TakeFolder(path).assets, name=path.stem, tape_from=path)
    if path and path.suffix.lower() in _FILES:
        return Request(shot=load_shot(path), assets=path.parent, name=path.stem)
    if path and path.suffix.lower() in _STAGES:
        from kinema.shot.usd import load_usd

        stage = load_usd(path)
        return Request(shot=stage.shot, assets=path.parent, name=path.stem, notes=stage.notes)
    if path and (path.is_dir() or path.suffix == ".take"):
        raise ShotError(
            source,
            "must be a take, a shot file, a USD stage or words",
            got="a folder without take.json" if path.is_dir() else "nothing there",
            next_step="Name a take that kinema made, or describe a shot.",
        )
    return _from_words(source, strict=strict, llm=llm)


def _from_words(text: str, *, strict: bool, llm: bool) -> Request:
    if llm:
        from kinema.shot.prompt.llm import compile_by_llm

        return Request(shot=compile_by_llm(text), assets=Path(), name=slug(text))
    from kinema.shot.prompt import compile_prompt

    compiled = compile_prompt(text, strict=strict)
    notes = tuple(f"not understood: {unknown}" for unknown in compiled.unknown)
    return Request(shot=compiled.shot, assets=Path(), name=slug(text), notes=notes)


def slug(text: str) -> str:
    """Up to four telling words of a prompt, as a file name."""
    dull = {
        "a",
        "an",
        "the",
        "of",
        "at",
        "into",
        "in",
        "on",
        "and",
        "kg",
        "m",
        "s",
        "cm",
        "mm",
        "it",
        "is",
        "from",
    }
    words = [w for w in re.findall(r"[a-z]+", text.lower()) if w not in dull]
    return "_".join(words[:4]) or "shot"


def in_look(request: Request, look: str) -> Request:
    """The request in another look: one by its name, or a style, matter and light in words.

    Raises `UsageError` or `ShotError` for words that are not understood, or would change what happens.
    """
    if is_look(look):
        return replace(request, shot=change(request.shot, "look", look))
    dressed = dress(request.shot, look)
    notes = [
        f"look: “{phrase.words}” → {'; '.join(map(str, phrase.sets))}"
        for phrase in dressed.phrases
        if phrase.sets
    ]
    notes += [f"look: assumed {line}" for line in dressed.assumed]
    return replace(request, shot=dressed.shot, notes=(*request.notes, *notes))


def with_options(
    shot: Shot,
    *,
    seconds: str | None = None,
    fps: str | None = None,
    seed: int | None = None,
    sets: tuple[str, ...] = (),
) -> Shot:
    """The shot with what the command line changes. `--fps` alone keeps the length in seconds."""
    timing = shot.timing
    rate = _positive("--fps", fps) if fps else timing.fps
    length = _positive("--seconds", seconds) if seconds else timing.seconds
    if fps or seconds:
        frames = max(1, round(length * rate))
        shot = change(change(shot, "timing.fps", str(rate)), "timing.frames", str(frames))
    if seed is not None:
        shot = change(shot, "seed", str(seed))
    for item in sets:
        name, equals, value = item.partition("=")
        if not equals:
            raise UsageError(
                "--set", "must be path=value", got=repr(item), next_step="E.g. --set light.sun.kelvin=3200"
            )
        shot = change(shot, name.strip(), value.strip())
    return shot


def _positive(option: str, text: str) -> Fraction:
    try:
        value = to_rational(text)
    except ValueError as error:
        raise UsageError(
            option, "must be a number or a ratio", got=repr(text), next_step="E.g. 24000/1001"
        ) from error
    if value <= 0:
        raise UsageError(option, "must be above 0", got=text, next_step="Give a positive number.")
    return value


def free_name(name: str) -> Path:
    """`name.take`, or the first of `name-2.take`, `name-3.take`… that is free or unfinished."""
    number = 1
    while True:
        path = Path(f"{name}.take" if number == 1 else f"{name}-{number}.take")
        if not path.exists():
            return path
        number += 1
