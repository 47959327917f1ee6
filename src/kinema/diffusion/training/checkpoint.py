"""Checkpoints: every tensor a run needs to go on to the bit, in safetensors shards small enough to carry about.

run/
  step-000500/
    00.safetensors …   at most 15 MiB each; a tensor that is larger lies in pieces `name#0`, `name#1` …
    state.json         step, recipe, course; written last, so a folder with it is whole
  journal.jsonl        losses; see `journal`
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from kinema.errors import TrainingError

SHARD: Final = 15 * 2**20
"""Bytes of a shard at most, header apart."""
_KEPT: Final = 2
"""Checkpoints of a run; older ones are removed."""


def save(run: Path, step: int, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> Path:
    """Write `run/step-NNNNNN`, whole or not at all, and remove the oldest."""
    target = run / f"step-{step:06d}"
    partial = run / f"{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    write_shards(partial, tensors)
    (partial / "state.json").write_text(json.dumps({**state, "step": step}, indent=2) + "\n", "utf-8")
    shutil.rmtree(target, ignore_errors=True)
    partial.replace(target)
    for old in steps_of(run)[:-_KEPT]:
        shutil.rmtree(old)
    return target


def steps_of(run: Path) -> list[Path]:
    """Whole checkpoints, oldest first."""
    return sorted(path for path in run.glob("step-??????") if (path / "state.json").is_file())


def newest(run: Path) -> Path | None:
    """The checkpoint to go on from."""
    return steps_of(run)[-1] if steps_of(run) else None


def required(run: Path) -> Path:
    """The newest checkpoint. Raises `TrainingError` if there is none."""
    found = run if (run / "state.json").is_file() else newest(run)
    if found is None:
        raise TrainingError(
            str(run), "must hold a checkpoint", got="none", next_step="Train it first: kinema train."
        )
    return found


def load(checkpoint: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All tensors and the state of a checkpoint. Raises `TrainingError` for damaged files."""
    return read_shards(checkpoint), state_of(checkpoint)


def state_of(checkpoint: Path) -> dict[str, Any]:
    """What a checkpoint is of. Raises `TrainingError` for a damaged file."""
    path = checkpoint / "state.json"
    try:
        state = json.loads(path.read_text("utf-8"))
        if not isinstance(state["step"], int):
            raise ValueError("no number of a step")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(path, error) from error
    return state


def step_of(run: Path) -> int:
    """Of the newest checkpoint: what an export is of, whatever the journal has gone on to."""
    return int(state_of(required(run))["step"])


def write_shards(folder: Path, tensors: Mapping[str, Tensor]) -> None:
    """Fill shards in order of names."""
    from safetensors.torch import save_file

    shard: dict[str, Tensor] = {}
    number = size = 0
    for name, piece in _pieces(tensors):
        if shard and size + _bytes(piece) > SHARD:
            save_file(shard, folder / f"{number:02d}.safetensors")
            shard, number, size = {}, number + 1, 0
        shard[name] = piece
        size += _bytes(piece)
    save_file(shard, folder / f"{number:02d}.safetensors")


def read_shards(folder: Path) -> dict[str, Tensor]:
    """All tensors of a folder, pieces joined. Raises `TrainingError` for damaged files."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    whole: dict[str, Tensor] = {}
    pieces: dict[str, dict[int, Tensor]] = {}
    try:
        for path in sorted(folder.glob("*.safetensors")):
            for name, tensor in load_file(path).items():
                base, cut, number = name.partition("#")
                if cut:
                    pieces.setdefault(base, {})[int(number)] = tensor
                else:
                    whole[base] = tensor
        joined = {name: torch.cat([parts[n] for n in sorted(parts)]) for name, parts in pieces.items()}
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise _damaged(folder, error) from error
    return whole | joined


def _pieces(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        if _bytes(tensor) <= SHARD:
            yield name, tensor
            continue
        rows = max(1, SHARD // _bytes(tensor[0]))
        for number, piece in enumerate(tensor.split(rows)):
            yield f"{name}#{number:03d}", piece.contiguous()


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _damaged(path: Path, error: Exception) -> TrainingError:
    return TrainingError(
        str(path),
        "must be of a whole checkpoint",
        got=str(error)[:200],
        next_step="Remove its folder: training goes on from the checkpoint before it.",
    )
