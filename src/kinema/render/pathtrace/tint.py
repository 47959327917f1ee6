"""Reflectance as a body's colour times its matter's pattern. One pattern serves any number of colours.

Mitsuba's own bitmap holds finished colours: each body painted differently would need a picture of its own, turned
into spectra texel by texel (5 s and 12 MB each).
"""

from __future__ import annotations

from typing import Any

from kinema.render.pathtrace.bands import bands
from kinema.render.pathtrace.variant import drjit, mitsuba

mi, dr = mitsuba(), drjit()

BRIGHTEST = 0.98
"""Nothing reflects all light; this is fresh snow."""


class Tinted(mi.Texture):
    """`colour` (a spectrum) times `pattern` (Texture2f of linear RGB factors, one period over UV in metres)."""

    def __init__(self, colour: tuple[float, float, float], pattern: Any, period: float) -> None:
        mi.Texture.__init__(self, mi.Properties("kinema_tinted"))
        self.colour = mi.load_dict({"type": "srgb", "color": list(colour)})
        self.pattern, self.period = pattern, period

    def eval(self, si: Any, active: Any = True) -> Any:
        """Spectrum at a surface point."""
        red, green, blue = bands(si.wavelengths)
        r, g, b = self.pattern.eval(mi.Point2f(si.uv / self.period), active)
        factor = red * r + green * g + blue * b
        return dr.clip(self.colour.eval(si, active) * factor, 0, BRIGHTEST)

    def mean(self) -> Any:
        """Patterns have mean 1."""
        return self.colour.mean()

    def is_spatially_varying(self) -> bool:
        """It is."""
        return True
