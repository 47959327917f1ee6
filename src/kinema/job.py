"""`Job`: how a take is made; all that the shot does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

from kinema.diffusion.given import Given
from kinema.diffusion.open_weights.options import Options


@dataclass(frozen=True, kw_only=True)
class Job:
    """How to make a take: all that the shot does not say."""

    quality: Literal["draft", "final"] = "final"
    width: int = 854
    height: int = 480
    engine: Literal["rapier", "mujoco", "analytic"] = "rapier"
    frames: tuple[int, int] | None = None
    """First, and one past the last; None = all."""
    codec: Literal["h264", "prores_hq", "prores_4444", "av1"] = "h264"
    noise: float = 0.03
    """Path tracer's dial: `render.frame.Picture.noise`."""
    passes: bool = False
    """Keep every frame as multi-part OpenEXR with all passes."""
    open_weights: Options = field(default_factory=Options)
    """How a `diffusers:` look is drawn; of painted looks and dreams, whether on a GPU."""
    given: Given = field(default_factory=Given)
    """What a dream starts from; no other look."""

    def asked(self, **beside: Any) -> dict[str, Any]:
        """All of it as plain values, and what was asked `beside` it, as take.json has it."""
        return {**asdict(self), **beside}

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """From what `asked` gave and JSON gave back; what is missing is as ever, what was beside it is left
        out. Raises pydantic's `ValidationError`."""
        from pydantic import TypeAdapter

        return TypeAdapter(cls).validate_python(
            {f.name: asked[f.name] for f in fields(cls) if f.name in asked}
        )
