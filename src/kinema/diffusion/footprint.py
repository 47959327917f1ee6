"""What a painted picture of a size takes and loses, told before the work."""

from __future__ import annotations

from typing import Any, Final

from kinema.errors import MachineError

GIB: Final = 2**30
BASE: Final = 0.5 * GIB
PER_PIXEL: Final = 6.4 * 2**10
"""Bytes: peaks of whole takes in float32 were 643, 1518, 2105 and 2682 MiB at 192x128, 512x320, 512x512 and 854x480,
whatever the length. bfloat16 takes less."""

LOST: Final = "1.8 dB further from it at 640x368, 2.9 dB at 854x480"
"""Than at 448x256, by the weights that ship: `benchmarks/diffusion.py --only larger`."""


def refuse_too_large(width: int, height: int, free: int | None = None) -> None:
    """Raise `MachineError` if there is not the memory for it now. `free`: of the GPU that paints [byte], where half
    floats take less than is asked for here; None = this machine's."""
    where = "memory" if free is None else "GPU memory"
    if free is None:
        import psutil

        free = psutil.virtual_memory().available
    if (need := BASE + PER_PIXEL * width * height) > free:
        raise MachineError(
            f"painting {width}x{height}",
            f"needs {need / GIB:.1f} GiB of {where}",
            got=f"{free / GIB:.1f} GiB free",
            next_step="Ask for a smaller --size, or close other programs.",
        )


def beyond_training(manifest: dict[str, Any], width: int, height: int) -> str | None:
    """A warning for pictures larger than those the weights learned from, with what that was measured to cost."""
    grid = manifest["grid"]
    if width <= grid["width"] and height <= grid["height"]:
        return None
    return (
        f"The painter learned at {grid['width']}x{grid['height']}; {width}x{height} is beyond that: strokes and lines "
        f"are finer in it than in the style. What ships was measured {LOST} (docs/benchmarks.md)."
    )
