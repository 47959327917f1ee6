"""What a run leaves to look at: a line of numbers a step, and pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from kinema.media.image import write_png


class Journal:
    """`journal.jsonl` and `pictures/` of a run."""

    def __init__(self, run: Path) -> None:
        self._lines = run / "journal.jsonl"
        self._pictures = run / "pictures"

    def rewind(self, step: int) -> None:
        """Forget what was written after the checkpoint that the run goes on from."""
        kept = [line for line in self.read() if line["step"] <= step]
        self._lines.parent.mkdir(parents=True, exist_ok=True)
        self._lines.write_text("".join(json.dumps(line) + "\n" for line in kept), "utf-8")

    def write(self, step: int, numbers: Mapping[str, float]) -> None:
        """One line."""
        with self._lines.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **numbers}) + "\n")

    def read(self) -> list[dict[str, float]]:
        """All lines, oldest first."""
        if not self._lines.is_file():
            return []
        return [json.loads(line) for line in self._lines.read_text("utf-8").splitlines()]

    def show(self, step: int, picture: UInt8[np.ndarray, "row column 3"]) -> Path:
        """One PNG."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        path = self._pictures / f"{step:06d}.png"
        write_png(path, picture)
        return path

    def summary(self, *, last: int = 100) -> dict[str, float]:
        """Steps, and the mean of each number over the last lines: what `weights.json` quotes."""
        lines = self.read()[-last:]
        names = [name for name in (lines[-1] if lines else {}) if name != "step"]
        means = {name: float(np.mean([line[name] for line in lines if name in line])) for name in names}
        return {"step": lines[-1]["step"] if lines else 0, **means}
