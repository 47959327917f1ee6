"""What the user says of a `diffusers:` look: which model, driven by what, on which device. Knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any, Final, Literal, get_args

from kinema.errors import UsageError

PREFIX: Final = "diffusers:"
Control = Literal["depth", "edges", "segments", "motion", "preview"]
Offload = Literal["auto", "none", "model", "sequential"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """How open weights are run. Each can be said on the command line as `--open name=value`."""

    gpu: bool = False
    """On CUDA; else on the CPU. The one option that kinema's own painter takes as well."""
    control: Control | None = None
    """The pass that drives the model; None = depth for models of control, preview for those that change a video."""
    words: str = "shot on film"
    """Said before kinema's own caption of the shot."""
    negative: str | None = None
    """What the picture shall not be; None = the pipeline's own."""
    steps: int | None = None
    """None = the pipeline's own; at most ten of them for a draft."""
    guidance: float | None = None
    """Classifier-free guidance; None = the pipeline's own."""
    strength: float | None = None
    """How far a video is changed, 0 to 1, or how hard a control holds; None = the pipeline's own."""
    chunk: int | None = None
    """Most frames of one call; None = the pipeline's own length."""
    pipeline: str | None = None
    """Class of `diffusers` to load the weights into; None = the one they were saved from."""
    precision: Precision | None = None
    """Of weights in memory; None = bfloat16 on a GPU, float32 on the CPU."""
    offload: Offload = "auto"
    """GPU only: keep on it everything, one network at a time, or one layer at a time; auto = the first that fits."""
    download: bool = False
    """Whether a model that is not here may be fetched."""


def is_open(look: str) -> bool:
    """Whether a look asks for open weights."""
    return look.startswith(PREFIX)


def model_of(look: str) -> str:
    """The folder or model id of a look. Raises `UsageError` if it names none."""
    model = look.removeprefix(PREFIX).strip()
    if not model:
        raise UsageError(
            "look",
            f"must name a model after {PREFIX}",
            got=repr(look),
            next_step=f"Say {PREFIX}FOLDER, a folder with model_index.json, or {PREFIX}OWNER/MODEL.",
        )
    return model


def read_options(items: Sequence[str], *, gpu: bool = False) -> Options:
    """Options from `name=value`, the last of a name counts. Raises `UsageError`."""
    options = Options(gpu=gpu)
    for item in items:
        name, equals, text = item.partition("=")
        name = name.strip()
        known = [field.name for field in fields(Options)]
        if not equals or name not in known:
            near = get_close_matches(name, known, n=1)
            raise UsageError(
                "--open",
                f"must be name=value, the name one of {', '.join(known)}",
                got=repr(item),
                next_step=f"Did you mean {near[0]}?"
                if near and near[0] != name
                else "E.g. --open control=edges",
            )
        options = replace(options, **{name: _value(name, text.strip())})
    return options


def _value(name: str, text: str) -> Any:
    """`text` as what the option holds."""
    words = {"control": Control, "offload": Offload, "precision": Precision}
    if name in words:
        return _one_of(name, text, get_args(words[name]))
    if name in ("gpu", "download"):
        return _one_of(name, text, ("yes", "no")) == "yes"
    numbers: dict[str, tuple[type[int] | type[float], float, float]] = {
        "steps": (int, 1, 1000),
        "chunk": (int, 2, 10_000),
        "guidance": (float, 0, 100),
        "strength": (float, 0, 10),
    }
    if name not in numbers:
        return text
    kind, low, high = numbers[name]
    try:
        value = kind(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        what = "a whole number" if kind is int else "a number"
        raise _refused(name, f"must be {what} from {low:g} to {high:g}", text)
    return value


def _one_of(name: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise _refused(name, f"must be one of {', '.join(known)}", text)
    return text


def _refused(name: str, rule: str, text: str) -> UsageError:
    return UsageError(f"--open {name}", rule, got=repr(text), next_step="Choose one that is.")
