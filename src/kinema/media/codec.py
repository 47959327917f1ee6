"""The codecs kinema delivers in, and what each asks of a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from kinema.errors import UsageError

Codec = Literal["h264", "prores_hq", "prores_4444", "av1"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one codec is driven."""

    encoder: str
    """FFmpeg's name."""
    pixel_format: str
    container: str
    """Also the suffix of the file, without its dot."""
    bits: int
    """Of the array to write: 8 or 16 per channel."""
    grain: tuple[int, int]
    """Width and height must be multiples of these: the size of a chroma sample."""
    options: dict[str, str] = field(default_factory=dict)
    draft: dict[str, str] = field(default_factory=dict)
    """Replaces some options where speed matters more than size."""


# Fixed thread counts: x264's and SVT-AV1's bits depend on them, and equal input must give equal files.
THREADS = 4

RECIPES: dict[Codec, Recipe] = {
    # CRF 16 is visually lossless. For drafts `ultrafast` at CRF 18 is a sixth of medium's work: over the glass shot at
    # 854x480 1.4 CPU-ms a frame and 47.6 dB (PSNR of luma), worst frame 46.5, where `veryfast` at CRF 16 takes 4.8 for
    # 46.7, worst 45.6, in two fifths of the bytes.
    "h264": Recipe(
        encoder="libx264",
        pixel_format="yuv420p",
        container="mp4",
        bits=8,
        grain=(2, 2),
        options={"preset": "medium", "crf": "16", "profile": "high"},
        draft={"preset": "ultrafast", "crf": "18"},
    ),
    "prores_hq": Recipe(
        encoder="prores_ks",
        pixel_format="yuv422p10le",
        container="mov",
        bits=16,
        grain=(2, 1),
        options={"profile": "3", "vendor": "apl0"},
    ),
    "prores_4444": Recipe(
        encoder="prores_ks",
        pixel_format="yuv444p10le",
        container="mov",
        bits=16,
        grain=(1, 1),
        options={"profile": "4", "vendor": "apl0"},
    ),
    "av1": Recipe(
        encoder="libsvtav1",
        pixel_format="yuv420p10le",
        container="mp4",
        bits=16,
        grain=(2, 2),
        options={"preset": "6", "crf": "22", "svtav1-params": f"lp={THREADS}"},
        draft={"preset": "10"},
    ),
}


def container_of(codec: Codec) -> str:
    """`mp4` or `mov`."""
    return RECIPES[codec].container


def recipe_for(codec: str, *, width: int, height: int, rate: Fraction) -> Recipe:
    """The recipe, or `UsageError` if the codec is unknown or cannot hold such a picture."""
    recipe = next((recipe for name, recipe in RECIPES.items() if name == codec), None)
    if recipe is None:
        raise UsageError(
            "codec", f"must be one of {', '.join(RECIPES)}", got=repr(codec), next_step="Choose one of them."
        )
    grain_x, grain_y = recipe.grain
    if width < 16 or height < 16 or width % grain_x or height % grain_y:
        better = f"{max(16, -(-width // grain_x) * grain_x)}x{max(16, -(-height // grain_y) * grain_y)}"
        raise UsageError(
            "size",
            f"must be at least 16x16 and a multiple of {grain_x}x{grain_y} for {codec}",
            got=f"{width}x{height}",
            next_step=f"Use {better}, or prores_4444, which takes any size.",
        )
    if rate <= 0:
        raise UsageError(
            "rate", "must be above 0", got=str(rate), next_step="Give frames per second, such as 24."
        )
    return recipe
