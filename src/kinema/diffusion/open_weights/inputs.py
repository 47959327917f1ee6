"""What a pipeline takes, read from the signature of its `__call__`: so that a class never seen before can be driven."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from kinema.errors import UsageError

Role = Literal["masked", "controls", "control", "video", "image", "text"]
"""How kinema drives it:

    masked     a control video, with a mask over it: frames that are drawn already are kept (VACE)
    controls   a control video of any length, which the pipeline cuts itself (Cosmos-Transfer)
    control    a control video of one call (CogVideoX Fun)
    video      a video that it changes
    image      a first frame
    text       words alone: nothing in the clip is where the tape says
"""
USUAL: Final = 49
"""Frames of a call where the pipeline states none: 1 + 4 k and 1 + 8 k."""
_PICTURES: Final = {"controls", "control_video", "video", "image"}
_SAID: Final = {"prompt"}


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The signature, as far as kinema uses it."""

    role: Role
    names: frozenset[str]
    """All parameters."""
    longest: int
    """Frames of one call, by default."""
    steps: int
    """Denoising steps, by default."""

    @property
    def driven(self) -> bool:
        """Whether the tape's passes reach every frame."""
        return self.role in ("masked", "controls", "control", "video")


def inputs_of(name: str, call: Callable[..., Any]) -> Inputs:
    """Of the pipeline class `name`, whose `__call__` this is. Raises `UsageError` for one that kinema cannot drive."""
    parameters = {key: each for key, each in inspect.signature(call).parameters.items() if key != "self"}
    required = {
        key
        for key, each in parameters.items()
        if each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    }
    names, role = frozenset(parameters), _role(parameters, required)
    strange = required - _PICTURES - _SAID
    if role is None or strange or "num_inference_steps" not in names or "output_type" not in names:
        raise UsageError(
            f"the pipeline {name}",
            "must make video from words, a first frame, a video or control pictures",
            got=f"one that needs {', '.join(sorted(strange))}"
            if strange
            else "one that makes something else",
            next_step="Name a video model, or a class for its weights: --open pipeline=WanVideoToVideoPipeline.",
        )
    frames, steps = (
        parameters[key].default if key in names else None for key in ("num_frames", "num_inference_steps")
    )
    return Inputs(
        role=role,
        names=names,
        longest=frames if isinstance(frames, int) else USUAL,
        steps=steps if isinstance(steps, int) else 50,
    )


def _role(parameters: dict[str, inspect.Parameter], required: set[str]) -> Role | None:
    """The closest hold on the picture that a pipeline offers; None: it makes no video."""
    if "video" in parameters and "mask" in parameters:
        return "masked"
    if "controls" in parameters:
        return "controls"
    if "control_video" in parameters:
        return "control"
    if "video" in required or (
        "video" in parameters and "image" not in parameters and "strength" in parameters
    ):
        return "video"
    if "num_frames" not in parameters:
        return None
    return "image" if "image" in parameters else "text"
