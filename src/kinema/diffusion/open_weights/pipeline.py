"""The one door to torch and `diffusers`: find a model, find its class, load it, call it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float

from kinema.diffusion.open_weights.card import Card
from kinema.diffusion.open_weights.inputs import Inputs, inputs_of
from kinema.diffusion.open_weights.memory import Placement
from kinema.diffusion.open_weights.options import Precision
from kinema.errors import KinemaError, MachineError, RenderError, TrainingError, UsageError

NEEDED: Final = ("torch", "diffusers", "transformers", "accelerate", "ftfy")
_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


def need_packages() -> None:
    """Raise `MachineError` if the extra is not installed. Imports nothing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MachineError(
            "open weights",
            "need the extra `open-weights`",
            got=f"no {', '.join(missing)}",
            next_step="pip install 'kinema[open-weights]', with torch built for your CPU or GPU.",
        )


def _diffusers() -> Any:
    """The package, untyped: a type checker takes minutes for its lazy modules."""
    return import_module("diffusers")


def versions() -> str:
    """Of what can change a pixel."""
    from importlib.metadata import version

    return ", ".join(f"{name} {version(name)}" for name in ("diffusers", "transformers", "torch"))


@lru_cache(maxsize=8)
def folder_of(model: str, *, download: bool) -> Path:
    """Where a model lies: a folder, or an id whose files were fetched before, or are now if `download`."""
    if Path(model).expanduser().is_dir() or not _ID.fullmatch(model):
        return Path(model).expanduser()
    local = not download
    try:
        folder = Path(_diffusers().DiffusionPipeline.download(model, local_files_only=local))
        # The model card states the licence, and is no part of a pipeline.
        import_module("transformers.utils.hub").cached_file(
            model, "README.md", local_files_only=local, _raise_exceptions_for_missing_entries=False
        )
    except Exception as error:  # of four libraries, for a name, a network, a disk or a right that is missing
        raise MachineError(
            f"the model {model}",
            "must be a folder with model_index.json, or fetched on this machine before",
            got=f"no such folder, and nothing fetched: {_first_line(error)}"
            if local
            else f"no such folder, and it could not be fetched: {_first_line(error)}",
            next_step="Say --open download=yes to fetch it (tens of GB for most), or name a folder it was copied to."
            if local
            else "Check the name, the network, and whether its licence must be accepted first.",
        ) from error
    return folder


def class_named(name: str) -> tuple[type[Any], Inputs]:
    """A pipeline class of `diffusers` and what it takes. No other code is ever run."""
    diffusers = _diffusers()
    found = getattr(diffusers, name, None)
    if not (isinstance(found, type) and issubclass(found, diffusers.DiffusionPipeline)):
        raise UsageError(
            "the pipeline",
            f"must be a pipeline class of diffusers {diffusers.__version__} whose own packages are installed",
            got=name,
            next_step="Install a diffusers that has it, or name another class: --open pipeline=CLASS.",
        )
    return found, inputs_of(name, found.__call__)


def free_on_gpu() -> int:
    """Free memory of the GPU [byte]. Raises `MachineError` without one."""
    import torch

    if not torch.cuda.is_available():
        raise MachineError(
            "--gpu",
            "needs a GPU that torch can use",
            got=f"torch {torch.__version__}, which finds none",
            next_step="Install torch built for CUDA and a driver, or leave --gpu out: on a CPU it takes hours.",
        )
    return torch.cuda.mem_get_info()[0]


class Pipeline:
    """A loaded pipeline."""

    def __init__(self, card: Card, made_by: type[Any], precision: Precision, placement: Placement) -> None:
        """Read the weights, from this disk alone, and put them where they go."""
        import torch

        self._name, self._torch = made_by.__name__, torch
        try:
            self._pipe: Any = made_by.from_pretrained(
                str(card.folder), dtype=getattr(torch, precision), local_files_only=True
            )
            if placement == "gpu":
                self._pipe.to("cuda")
            elif placement == "gpu, a network at a time":
                self._pipe.enable_model_cpu_offload()
            elif placement == "gpu, a layer at a time":
                self._pipe.enable_sequential_cpu_offload()
        except Exception as error:  # files of others: anything can be wrong with them
            raise self._explained(error, loading=True) from error
        self._pipe.set_progress_bar_config(disable=True)

    @property
    def stride(self) -> int:
        """Pixel frames of a latent frame after the first; families name it differently."""
        for name in ("vae_scale_factor_temporal", "vae_temporal_compression_ratio"):
            if isinstance(ratio := getattr(self._pipe, name, None), int):
                return ratio
        vae = getattr(self._pipe, "vae", None)
        return int(getattr(vae, "temporal_compression_ratio", 4))

    def paint(
        self, inputs: Mapping[str, Any], seed: int, frames: int
    ) -> Float[np.ndarray, "time row column 3"]:
        """One call: `frames` frames of sRGB, 0 to 1. Noise is drawn on the CPU: a seed means the same everywhere."""
        torch = self._torch
        generator = torch.Generator("cpu").manual_seed(seed)
        try:
            with torch.no_grad():
                made = self._pipe(**inputs, generator=generator, output_type="np").frames
            rgb = np.asarray(made[0], np.float32)
        except Exception as error:
            raise self._explained(error, loading=False) from error
        if rgb.ndim != 4 or rgb.shape[0] < frames or not np.isfinite(rgb).all():
            raise RenderError(
                f"the pipeline {self._name}",
                f"must return {frames} frames of finite colour",
                got=f"an array {rgb.shape}" + ("" if np.isfinite(rgb).all() else " with not-a-numbers"),
                next_step="Try --open precision=float32, or another --open chunk.",
            )
        return rgb[:frames]

    def _explained(self, error: Exception, *, loading: bool) -> KinemaError:
        """What went wrong in there, as an error of kinema's."""
        name, got = f"the pipeline {self._name}", f"{type(error).__name__}: {_first_line(error)}"
        if isinstance(error, self._torch.OutOfMemoryError | MemoryError):
            return MachineError(
                name,
                "must find memory for a chunk",
                got=got,
                next_step="Say --open chunk=33 or fewer frames, a smaller --size, or --open offload=sequential.",
            )
        if isinstance(error, ImportError):
            return MachineError(name, "needs another package", got=got, next_step="Install it by pip.")
        if loading:
            return TrainingError(
                name,
                "must load from its folder",
                got=got,
                next_step="Fetch the model again, or name the class it was made for: --open pipeline=CLASS.",
            )
        return RenderError(
            name, "must draw what it was asked for", got=got, next_step="Try another --size or --open chunk."
        )


def _first_line(error: Exception) -> str:
    """Of what a library says, without the addresses that it recommends."""
    text = re.sub(r"\S*://\S+", "", next(iter(str(error).splitlines()), ""))
    return text.strip()[:200] or type(error).__name__
