"""Whether a model fits, told before it is loaded: from the headers of its weight files."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Final, Literal

from kinema.diffusion.open_weights.card import Card
from kinema.diffusion.open_weights.options import Offload, Precision
from kinema.errors import MachineError, TrainingError

GIB: Final = 2**30
SPARE: Final = 1.1
"""Weights and a tenth: activations come on top, and how many depends on the model, the size and the chunk."""
WIDTH: Final = {"float32": 4, "bfloat16": 2}
"""Bytes of a number."""
FLOATS: Final = ("F64", "F32", "F16", "BF16")
"""Types that are converted when loaded, as the files name them."""
_NAMES: Final = (
    ("diffusion_pytorch_model", "safetensors"),
    ("model", "safetensors"),
    ("diffusion_pytorch_model", "bin"),
    ("pytorch_model", "bin"),
)
Placement = Literal["cpu", "gpu", "gpu, a network at a time", "gpu, a layer at a time"]


@dataclass(frozen=True, kw_only=True)
class Room:
    """Free memory [byte]."""

    host: int
    gpu: int | None
    """None: no GPU is asked for."""


def free_on_host() -> int:
    """Memory that may be taken without swapping [byte]."""
    import psutil

    return psutil.virtual_memory().available


def sizes_of(card: Card, precision: Precision) -> dict[str, int]:
    """Bytes of each component once loaded. Raises `MachineError` that names the weight files that are missing."""
    sizes, missing = {}, []
    for name in card.components:
        if not (card.folder / name / "config.json").is_file():
            continue  # tokenizers and schedulers have no weights
        files, absent = weight_files(card.folder / name)
        missing += [f"{name}/{file}" for file in absent]
        sizes[name] = sum(_loaded(path, precision) for path in files)
    if missing:
        raise MachineError(
            f"the model {card.folder}",
            "must have all of its weights",
            got=f"no {', '.join(missing[:8])}{' …' if len(missing) > 8 else ''}",
            next_step="Fetch or copy the files that are missing, then run the same command again.",
        )
    return sizes


def weight_files(folder: Path) -> tuple[list[Path], list[str]]:
    """Files that a component is loaded from, and names of those that should be there and are not.

    What an index lists, or a single file; safetensors before pickles; no variants such as fp16.
    """
    for stem, suffix in _NAMES:
        single, index = folder / f"{stem}.{suffix}", folder / f"{stem}.{suffix}.index.json"
        if index.is_file():
            files = [folder / name for name in _shards(index)]
            there = [path.is_file() for path in files]
            return list(compress(files, there)), [path.name for path in files if not path.is_file()]
        if single.is_file():
            return [single], []
    stem = (
        "model" if "transformers_version" in _read_json(folder / "config.json") else "diffusion_pytorch_model"
    )
    return [], [f"{stem}.safetensors"]


def _shards(index: Path) -> list[str]:
    """Names of files beside an index."""
    try:
        names = sorted(set(_read_json(index)["weight_map"].values()))
        if strange := next((name for name in names if Path(name).name != name or name == ".."), None):
            raise ValueError(f"a file outside its folder, {strange!r}")
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise _unreadable(index, "must list weights by tensor", error) from error
    return names


def place(
    model: str, sizes: Mapping[str, int], room: Room, offload: Offload, precision: Precision
) -> Placement:
    """Where networks go. Raises `MachineError` that says how much is needed where, and how much there is."""
    whole, largest = math.ceil(SPARE * sum(sizes.values())), math.ceil(SPARE * max(sizes.values(), default=0))
    if room.gpu is None:
        if whole > room.host:
            raise _short(model, sizes, "memory", whole, room.host, _lighter(precision))
        return "cpu"
    if offload == "none" or (offload == "auto" and whole <= room.gpu):
        if whole > room.gpu:
            raise _short(model, sizes, "GPU memory", whole, room.gpu, "Say --open offload=model.")
        return "gpu"
    if whole > room.host:
        raise _short(model, sizes, "memory, to offload to", whole, room.host, _lighter(precision))
    if offload == "sequential" or (offload == "auto" and largest > room.gpu):
        return "gpu, a layer at a time"
    if largest > room.gpu:
        biggest = max(sizes, key=lambda name: sizes[name])
        raise _short(
            model,
            {biggest: sizes[biggest]},
            "GPU memory",
            largest,
            room.gpu,
            "Say --open offload=sequential.",
        )
    return "gpu, a network at a time"


def _lighter(precision: Precision) -> str:
    half = "Say --open precision=bfloat16, half of it; or close" if precision == "float32" else "Close"
    return f"{half} other programs, or take a smaller model or a machine with more."


def _short(
    model: str, sizes: Mapping[str, int], where: str, need: int, free: int, next_step: str
) -> MachineError:
    parts = ", ".join(f"{name} {size / GIB:.2f}" for name, size in sizes.items())
    return MachineError(
        f"the model {model}",
        f"needs {need / GIB:.2f} GiB of {where}: {parts}, and a tenth to spare",
        got=f"{free / GIB:.2f} GiB free",
        next_step=next_step,
    )


def _loaded(path: Path, precision: Precision) -> int:
    """Bytes of a file's numbers in memory: floats in the precision asked for, others as they are."""
    if path.suffix != ".safetensors":
        return path.stat().st_size
    try:
        return sum(
            math.prod(entry["shape"]) * WIDTH[precision]
            if entry["dtype"] in FLOATS
            else entry["data_offsets"][1] - entry["data_offsets"][0]
            for name, entry in _header(path).items()
            if name != "__metadata__"
        )
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise _unreadable(path, "must be a safetensors file", error) from error


def _header(path: Path) -> dict[str, Any]:
    """Of a safetensors file: eight bytes of length, then JSON."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > path.stat().st_size:
                raise ValueError(f"a header of {length} bytes")
            return json.loads(file.read(length))
    except (OSError, ValueError, RecursionError, struct.error) as error:
        raise _unreadable(path, "must be a safetensors file", error) from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text("utf-8"))
        if not isinstance(read, dict):
            raise ValueError(f"a {type(read).__name__}")
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path, "must be an object of JSON", error) from error
    return read


def _unreadable(path: Path, rule: str, error: Exception) -> TrainingError:
    return TrainingError(str(path), rule, got=str(error)[:200], next_step="Fetch it again.")
