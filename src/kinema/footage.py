"""Frames onto film: drawn or read back, graded, encoded. Streams; memory does not grow with length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from kinema.config import read_config
from kinema.diffusion.footprint import beyond_training
from kinema.diffusion.given import Given
from kinema.diffusion.looks import DREAM, painted_looks, refuse_unknown
from kinema.diffusion.manifest import read_manifest, weights_folder
from kinema.diffusion.open_weights.card import UNKNOWN
from kinema.diffusion.open_weights.options import Options, is_open
from kinema.diffusion.plates import hashes_of, notes_of, refuse_unusable
from kinema.errors import UsageError
from kinema.folder import TakeFolder
from kinema.interruption import deferred, stop_if_asked
from kinema.job import Job
from kinema.media.codec import container_of, recipe_for
from kinema.media.encode import ClipWriter
from kinema.media.image import contact_sheet, png_bytes, write_png
from kinema.media.picture import PictureTransform
from kinema.media.view import Display, ViewTransform
from kinema.physics.tape import Tape
from kinema.policy.label import Labelled, Stamp
from kinema.progress import Progress
from kinema.provenance.watermark import Marked, Watermark
from kinema.render.camera import CameraPath
from kinema.render.cord import dressed
from kinema.render.frame import Picture, Renderer
from kinema.rushes import Rushes, rushes_for
from kinema.shot.shot import Shot
from kinema.verify.drawn import Drawn, FrameFacts, facts_of

if TYPE_CHECKING:
    from kinema.diffusion.open_weights.adapter import OpenWeights
    from kinema.diffusion.painter import Painter

STILLS = 12
"""Frames of the contact sheet."""


@dataclass(frozen=True)
class Footage:
    """A clip on disk, and what was seen while it was made."""

    clip: Path
    drawn: Drawn
    stills: tuple[bytes, ...]
    """PNG files, spread over the clip."""
    renderer: str


def renderer_named(
    look: str,
    quality: Literal["draft", "final"],
    assets: str | Path,
    options: Options | None = None,
    given: Given | None = None,
) -> Renderer:
    """A painted look is the painter's, 2 steps for `draft`, 4 for `final`, and a dream starts from `given`;
    `diffusers:` is open weights, run by `options`, whose `gpu` holds for painted looks too. Of the others, `draft` =
    preview rasteriser, `final` = path tracer."""
    if is_open(look):
        from kinema.diffusion.open_weights.adapter import OpenWeights

        return OpenWeights(look, options=options or Options(), assets=assets, quality=quality)
    if look in painted_looks():
        return _painter(look, quality, assets, gpu=options is not None and options.gpu, given=given)
    if quality == "draft":
        from kinema.render.preview import Preview

        return Preview(assets=assets)
    from kinema.render.pathtrace import PathTracer

    return PathTracer(assets=assets)


def _painter(
    look: str,
    quality: Literal["draft", "final"] = "final",
    assets: str | Path = ".",
    *,
    gpu: bool,
    given: Given | None,
) -> Painter:
    """Unloaded; making one refuses what its weights cannot do, and a GPU that is not there."""
    from kinema.diffusion.gpu import on_gpu
    from kinema.diffusion.painter import Painter

    steps = 2 if quality == "draft" else 4
    return Painter(look, assets=assets, steps=steps, given=given, runtime=on_gpu() if gpu else None)


def film(
    shot: Shot,
    tape: Tape,
    take: TakeFolder,
    job: Job,
    assets: str | Path,
    progress: Progress,
    *,
    stamp: Stamp | None,
    mark: Watermark | None,
) -> Footage:
    """Draw what is missing, encode all of it in order, remember what was seen. The clip and its stills carry the
    label, the clip the watermark under it."""
    simulated = len(tape.geometry.piece_body)
    shot, tape = dressed(shot, tape)
    wanted = frames_wanted(shot, job)
    renderer = renderer_named(shot.look, job.quality, assets, job.open_weights, job.given)
    rushes = rushes_for(take, tape, shot, job)
    views = [view_of(renderer, shot.look, display) for display in ("bt1886", "srgb")]
    video, still = (Labelled(view, stamp) if stamp else view for view in views)
    video = Marked(video, mark) if mark else video
    clip = take.clip(container_of(job.codec))
    facts: list[FrameFacts] = []
    stills: list[np.ndarray] = []
    shown = {wanted[i] for i in np.linspace(0, len(wanted) - 1, min(STILLS, len(wanted))).astype(int)}
    size, draft = (job.width, job.height), job.quality == "draft"
    writer = ClipWriter(clip, job.codec, *size, shot.timing.fps, draft=draft, view=video)
    with deferred(), progress.stage("draw", "frame") as report, writer:
        for colour, seen in frames(renderer, shot, tape, job, wanted, rushes):
            writer.write(colour)
            facts.append(_only(seen, simulated))
            if seen.index in shown:
                stills.append(still(colour))
            report(len(facts), len(wanted))
            stop_if_asked()
    write_png(take.thumbnail, stills[len(stills) // 2])
    write_png(take.contact_sheet, contact_sheet(stills, columns=3))
    drawn = Drawn(width=job.width, height=job.height, first=wanted.start, frames=tuple(facts))
    return Footage(clip, drawn, tuple(png_bytes(picture) for picture in stills), renderer.name)


def view_of(renderer: Renderer, look: str, display: Display) -> ViewTransform | PictureTransform:
    """A scene is graded and rendered for the display; a finished picture is shown as it is."""
    if renderer.referred == "display":
        return PictureTransform(display=display)
    return ViewTransform(look, display=display, cache=read_config().cache)


def _only(seen: FrameFacts, simulated: int) -> FrameFacts:
    """What was seen of simulated pieces: ropes and springs are drawn, but the tape knows nothing of them."""
    pixels = {piece: count for piece, count in seen.pixels.items() if piece < simulated}
    absent = {piece: why for piece, why in seen.absent.items() if piece < simulated}
    return seen.model_copy(update={"pixels": pixels, "absent": absent})


def frames_wanted(shot: Shot, job: Job) -> range:
    """The frames of the clip, or the part asked for. Raises `UsageError` for a part that is not there."""
    whole = range(shot.timing.frames)
    if job.frames is None:
        return whole
    first, stop = job.frames
    if not 0 <= first < stop <= len(whole):
        raise UsageError(
            "--frames",
            f"must be A:B with 0 <= A < B <= {len(whole)} (B is not drawn)",
            got=f"{first}:{stop}",
            next_step=f"The shot has {len(whole)} frames.",
        )
    return whole[first:stop]


def refuse_impossible(shot: Shot, job: Job) -> None:
    """Raise now what would otherwise be found out after the simulation."""
    frames_wanted(shot, job)
    refuse_unknown(shot.look)
    _refuse_given(shot, job)
    _refuse_options(shot.look, job.open_weights)
    if is_open(shot.look):
        _open_weights(shot, job).refuse_too_long(shot.timing.frames)
    elif shot.look in painted_looks():
        painter = _painter(shot.look, gpu=job.open_weights.gpu, given=job.given)
        painter.refuse_too_large(job.width, job.height)
    recipe_for(job.codec, width=job.width, height=job.height, rate=shot.timing.fps)


def _refuse_options(look: str, options: Options) -> None:
    """Open weights take all of them, the painter `gpu` alone."""
    if is_open(look) or options == Options(gpu=options.gpu and look in painted_looks()):
        return
    alone = options == Options(gpu=True)
    raise UsageError(
        "--gpu" if alone else "--open",
        "must be said with a look that is painted or that open weights draw"
        if alone
        else "must be said with a look that open weights draw",
        got=f"the look {look}",
        next_step="Leave it out, or say --look painted."
        if alone
        else "Leave it out, or say --look diffusers:FOLDER.",
    )


def _refuse_given(shot: Shot, job: Job) -> None:
    if job.given == Given():
        return
    if shot.look != DREAM:
        raise UsageError(
            "--given and --loop",
            "must be said with the look dream",
            got=f"the look {shot.look}",
            next_step="Say --look dream, or leave them out: what other looks show is simulated.",
        )
    refuse_unusable(job.given, shot.timing.frames)


def ingredients_of(shot: Shot, job: Job) -> list[dict[str, Any]]:
    """What will be in the clip beside the world, with licences: the weights that paint it, kinema's own or those of a
    `diffusers:` look, and the files that a dream starts from, of which nothing is known but their hash."""
    if is_open(shot.look):
        return [asdict(ingredient) for ingredient in _open_weights(shot, job).ingredients]
    if shot.look not in painted_looks():
        return []
    plates = [
        {"name": name, "pipeline": "given to the dream", "licence": UNKNOWN, "sha256": digest}
        for name, digest in hashes_of(job.given).items()
    ]
    return [_painter(shot.look, gpu=job.open_weights.gpu, given=job.given).ingredient, *plates]


def _open_weights(shot: Shot, job: Job) -> OpenWeights:
    """Unloaded; making one refuses what is missing."""
    from kinema.diffusion.open_weights.adapter import OpenWeights

    return OpenWeights(shot.look, options=job.open_weights, quality=job.quality)


def warnings_of(shot: Shot, job: Job) -> list[str]:
    """What to know of a look before the work, though nothing forbids it."""
    if shot.look not in painted_looks():
        return []
    told: list[str] = []
    if (warning := beyond_training(read_manifest(weights_folder()), job.width, job.height)) is not None:
        told.append(warning)
    if shot.look == DREAM:
        told.append(
            "A dream is not driven by the world: expect the report to say that its paint does not follow it."
        )
        told += notes_of(job.given, shot.timing.frames, job.width, job.height)
    if job.open_weights.gpu:
        from kinema.diffusion.gpu import on_gpu

        told += on_gpu().notes
    elif not any((read_config().cache / "openvino").glob("*")):
        told.append("The first painting on this machine compiles for about a minute before its first frame.")
    return told


def frames(
    renderer: Renderer, shot: Shot, tape: Tape, job: Job, wanted: range, rushes: Rushes
) -> Iterator[tuple[np.ndarray, FrameFacts]]:
    """Colour and facts of every frame wanted: the kept ones from disk, the others drawn and kept.

    What is graded is what a resumed take would read back, so both give the same clip.
    """
    kept = rushes.kept(wanted)
    for index in kept:
        yield rushes.read(index)
    picture = Picture(width=job.width, height=job.height, noise=job.noise)
    camera = CameraPath(shot, tape, job.width, job.height)
    missing = wanted[len(kept) :]
    if not missing:
        return
    for frame in renderer.draw(shot, tape, picture, missing):
        seen = facts_of(frame, tape, camera, painted=renderer.referred == "display")
        yield rushes.keep(frame, seen), seen
