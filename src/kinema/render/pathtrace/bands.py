"""Three broad bands of the spectrum: how an RGB factor acts on spectral light."""

from __future__ import annotations

from typing import Any

from kinema.render.pathtrace.variant import drjit

dr = drjit()


def bands(wavelengths: Any) -> tuple[Any, Any, Any]:
    """Weights of R, G and B over the spectrum: smooth, and 1 in sum, so that grey stays grey."""
    blue = 1 - _smoothstep(475.0, 515.0, wavelengths)
    red = _smoothstep(565.0, 605.0, wavelengths)
    return red, 1 - red - blue, blue


def _smoothstep(low: float, high: float, x: Any) -> Any:
    t = dr.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)
