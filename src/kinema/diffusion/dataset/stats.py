"""What is in a data set: clips by split, phenomenon and style, frames and bytes."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kinema.diffusion.dataset.distribution import SPLITS
from kinema.diffusion.dataset.reader import Clips


@dataclass(frozen=True)
class Stats:
    """Counts of clips. `size` is width and height [px]."""

    clips: int
    worlds: int
    frames: int
    bytes: int
    size: tuple[int, int]
    splits: dict[str, int]
    phenomena: dict[str, dict[str, int]]
    """By split, then phenomenon: worlds."""
    styles: dict[str, int]
    clips_per_hour: float | None
    """While it was made, from the times of its shards; None of fewer than two."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def stats_of(folder: str | Path) -> Stats:
    """Count by the manifests; no picture is read."""
    splits, styles, phenomena = Counter(), Counter(), {}
    for split in SPLITS:
        clips = Clips(folder, split)
        per_world = len(clips.format["styles"])
        seen = Counter()
        for index in range(0, len(clips), per_world):
            seen[clips.manifest(index)["phenomenon"]] += 1
        splits[split] = len(clips)
        phenomena[split] = dict(sorted(seen.items()))
        styles.update({style: len(clips) // per_world for style in clips.format["styles"]})
    record, total = Clips(folder, SPLITS[0]).format, sum(splits.values())
    shards = sorted(Path(folder).glob("*-*-*.tar"), key=lambda path: path.stat().st_mtime)
    return Stats(
        clips=total,
        worlds=total // len(record["styles"]),
        frames=total * record["frames"],
        bytes=sum(shard.stat().st_size for shard in shards),
        size=(record["width"], record["height"]),
        splits=dict(splits),
        phenomena=phenomena,
        styles=dict(styles),
        clips_per_hour=_pace(shards, total),
    )


def _pace(shards: list[Path], clips: int) -> float | None:
    """By the clips that came after the first shard; a pause between two runs counts as work."""
    if len(shards) < 2:
        return None
    hours = (shards[-1].stat().st_mtime - shards[0].stat().st_mtime) / 3600
    return clips * (1 - 1 / len(shards)) / hours if hours > 0 else None
