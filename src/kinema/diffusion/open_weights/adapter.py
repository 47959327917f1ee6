"""`OpenWeights`: a renderer that gives kinema's exact passes to a video model of others, chunk by chunk.

The passes of its frames are the preview's, exact; only the colour is the model's, and it may be wrong. Each chunk sees
frames that the one before drew, where the model can take any.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from jaxtyping import UInt8

from kinema.diffusion.caption import captions
from kinema.diffusion.open_weights import pipeline as door
from kinema.diffusion.open_weights.card import read_card
from kinema.diffusion.open_weights.chunks import Chunk, chunk_plan
from kinema.diffusion.open_weights.guide import Guide
from kinema.diffusion.open_weights.memory import Placement, Room, free_on_host, place, sizes_of
from kinema.diffusion.open_weights.options import Control, Options, Precision, model_of
from kinema.diffusion.painter import linear
from kinema.errors import UsageError
from kinema.physics.tape import Tape
from kinema.render.frame import Frame, Picture, Referred
from kinema.shot.shot import Shot

DRAFT_STEPS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Ingredient:
    """What of others' making went into a clip, for its record."""

    kind: str
    name: str
    """As it was asked for."""
    pipeline: str
    licence: str
    """As its model card states it; kinema does not read licences."""
    revision: str | None
    sha256: str
    """Of model_index.json; the weights themselves are not hashed."""
    run_by: str
    """Packages and versions."""


class OpenWeights:
    """Renderer by a pipeline of `diffusers`, of a display-referred picture.

    Making one refuses all that can be refused without loading weights: a package, a file or memory that is missing, a
    class that makes no video. Not covered: LoRA, IC-LoRA, audio, checkpoints in a single file.
    """

    referred: Referred = "display"

    def __init__(
        self,
        look: str,
        *,
        options: Options,
        assets: str | Path = ".",
        quality: Literal["draft", "final"] = "final",
    ) -> None:
        self._model, self._options, self._assets = model_of(look), options, str(assets)
        door.need_packages()
        self._card = read_card(door.folder_of(self._model, download=options.download))
        self._class, self._inputs = door.class_named(options.pipeline or self._card.pipeline)
        self._precision: Precision = options.precision or ("bfloat16" if options.gpu else "float32")
        self._refuse_idle_control()
        room = Room(host=free_on_host(), gpu=door.free_on_gpu() if options.gpu else None)
        sizes = sizes_of(self._card, self._precision)
        self._placement: Placement = place(self._model, sizes, room, options.offload, self._precision)
        steps = options.steps or self._inputs.steps
        self._steps = steps if options.steps or quality == "final" else min(steps, DRAFT_STEPS)

    def _refuse_idle_control(self) -> None:
        if self._options.control and not self._inputs.driven:
            takes = "a first frame" if self._inputs.role == "image" else "words alone"
            raise UsageError(
                "--open control",
                "must be for a model that takes a control video",
                got=f"{self._class.__name__}, which takes {takes}",
                next_step="Leave it out, or name a class that does, such as --open pipeline=WanVACEPipeline.",
            )

    @property
    def name(self) -> str:
        """Class, what drives it, steps, where, and versions."""
        driven = self._control if self._inputs.driven else self._inputs.role
        where = f"{self._precision} on {self._placement}"
        return f"{self._class.__name__} by {driven}, {self._steps} steps, {where} ({door.versions()})"

    @property
    def ingredients(self) -> tuple[Ingredient, ...]:
        """The model."""
        card = self._card
        return (
            Ingredient(
                kind="video model weights",
                name=self._model,
                pipeline=self._class.__name__,
                licence=card.licence,
                revision=card.revision,
                sha256=card.sha256,
                run_by=door.versions(),
            ),
        )

    def refuse_too_long(self, frames: int) -> None:
        """Raise `UsageError` for a clip of so many frames that the model cannot draw, before its weights are loaded.

        A stride that the card does not tell is taken for 1: no model needs fewer calls than at that.
        """
        self._plan(frames, self._card.stride or 1)

    def draw(self, shot: Shot, tape: Tape, picture: Picture, frames: range) -> Iterator[Frame]:
        """Yield the frames asked for, in order. Later ones follow from earlier ones, so painting starts at frame 0
        whatever is asked for, and ends with the chunk of the last one."""
        if not frames:
            return
        guide = Guide(shot, tape, picture, assets=self._assets)
        told = self._told(shot)
        last: UInt8[np.ndarray, "time row column 3"] = np.empty((0, *guide.size, 3), np.uint8)
        for number, chunk in enumerate(self._plan(tape.frames, self._pipeline.stride)):
            if chunk.new.start > max(frames):
                return
            seen = self._seen(guide, chunk, last[len(last) - chunk.given :])
            sized = {"height": guide.size[0], "width": guide.size[1], "num_frames": chunk.length}
            inputs = {key: value for key, value in (told | sized).items() if key in self._inputs.names} | seen
            rgb = self._pipeline.paint(inputs, self._seed(shot.seed, number), chunk.length)
            last = np.rint(255 * np.clip(rgb[: chunk.stop - chunk.start], 0, 1)).astype(np.uint8)
            for frame, colour in zip(guide.frames(chunk.new), rgb[chunk.given :], strict=False):
                if frame.index in frames:
                    cut = colour[: picture.height, : picture.width]
                    yield replace(frame, colour=linear(2 * cut - 1))

    def _plan(self, frames: int, stride: int) -> tuple[Chunk, ...]:
        """Calls that make the clip. Raises `UsageError` for a clip that the model cannot go on with."""
        role = self._inputs.role
        longest = self._options.chunk or self._inputs.longest
        if role == "controls":
            longest = max(longest, frames + stride)  # the pipeline cuts it itself
        given = {"masked": 1 + 2 * stride, "video": 1 + stride, "image": 1}.get(role, 0)
        plan = chunk_plan(frames, longest=longest, stride=stride, given=given)
        if role == "text" and len(plan) > 1:
            raise UsageError(
                "the clip",
                f"must be one call of {self._class.__name__}, at most {plan[0].length} frames: it takes words alone, "
                "so it cannot go on from a picture",
                got=f"{frames} frames",
                next_step=f"Shorten it, say --open chunk={frames} if the model can, or use one that takes pictures.",
            )
        return plan

    def _told(self, shot: Shot) -> dict[str, Any]:
        """What is the same in every call; each is passed on if the pipeline knows it."""
        options, rate = self._options, float(shot.timing.fps)
        said = {
            "prompt": captions(shot, options.words, shot.seed, count=1)[0],
            "num_inference_steps": self._steps,
            "negative_prompt": options.negative,
            "guidance_scale": options.guidance,
            "frame_rate": rate,
            "fps": round(rate),
        }
        scales = ("conditioning_scale", "controls_conditioning_scale", "strength")
        said |= dict.fromkeys(scales, options.strength)
        return {key: value for key, value in said.items() if value is not None}

    def _seen(
        self, guide: Guide, chunk: Chunk, known: UInt8[np.ndarray, "given row column 3"]
    ) -> dict[str, Any]:
        """Pictures of one call. `known`: its leading frames, as the call before drew them."""
        role = self._inputs.role
        if role == "text":
            return {}
        if role == "image":
            first = known if len(known) else guide.pictures(chunk.seen[:1], "preview")
            return {"image": images(first)[0]}
        shown = guide.pictures(chunk.seen, self._control)
        if role in ("masked", "video"):
            shown[: len(known)] = known
        if role == "masked":
            mask = np.full(shown.shape, 255, np.uint8)
            mask[: len(known)] = 0
            return {"video": images(shown), "mask": images(mask)}
        return {{"controls": "controls", "control": "control_video"}.get(role, "video"): images(shown)}

    @property
    def _control(self) -> Control:
        return self._options.control or ("preview" if self._inputs.role == "video" else "depth")

    def _seed(self, seed: int, number: int) -> int:
        """Of one call: its own where calls are linked; else the same for all, so that looks differ less."""
        linked = self._inputs.role in ("masked", "video", "image")
        return int(np.random.SeedSequence([seed, number if linked else 0]).generate_state(1, np.uint32)[0])

    @cached_property
    def _pipeline(self) -> door.Pipeline:
        return door.Pipeline(self._card, self._class, self._precision, self._placement)


def images(pictures: UInt8[np.ndarray, "time row column 3"]) -> list[Any]:
    """As pipelines take them."""
    from PIL import Image

    return [Image.fromarray(picture) for picture in pictures]
