"""A spotlight whose edge fades as the shot says: the same falloff the meter and the preview use.

Mitsuba's own fades linearly in the angle, which shows as a Mach band where a studio's fresnel lens shows none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kinema.render.pathtrace.variant import drjit, mitsuba

mi, dr = mitsuba(), drjit()


class SmoothSpot(mi.Emitter):
    """A point that shines within a cone: `intensity` times 1 inside, smoothstep over the edge."""

    def __init__(self, properties: Any) -> None:
        mi.Emitter.__init__(self, properties)
        self.intensity = properties["intensity"]
        self.half = float(properties["half"])  # [rad]
        self.edge = float(properties["edge"])  # [rad]
        self.m_flags = mi.EmitterFlags.DeltaPosition
        self.m_needs_sample_2 = False

    def sample_direction(self, it: Any, _sample: Any, active: Any = True) -> Any:
        """From any point there is one direction to the lamp."""
        place = self.world_transform()
        ds = dr.zeros(mi.DirectionSample3f)
        ds.p = mi.Point3f(place.translation())
        ds.n = mi.Normal3f(0)
        ds.pdf = mi.Float(1)
        ds.time = it.time
        ds.delta = mi.Bool(True)
        ds.emitter = mi.EmitterPtr(self)
        away = ds.p - it.p
        ds.dist = dr.norm(away)
        ds.d = away * dr.rcp(ds.dist)
        local = dr.normalize(place.inverse() @ -ds.d)
        t = dr.clip((self.half - dr.safe_acos(local.z)) / self.edge, 0, 1)
        si = dr.zeros(mi.SurfaceInteraction3f)
        si.wavelengths = it.wavelengths
        light = self.intensity.eval(si, active) * (t * t * (3 - 2 * t) / dr.square(ds.dist))
        return ds, dr.select(active, light, 0)

    def pdf_direction(self, _it: Any, _ds: Any, _active: Any = True) -> Any:
        """No ray meets a point by chance."""
        return mi.Float(0)

    def eval_direction(self, _it: Any, _ds: Any, _active: Any = True) -> Any:
        """Nor is it asked for what it sends there."""
        return mi.Spectrum(0)

    def eval(self, _si: Any, _active: Any = True) -> Any:
        """A point has no surface."""
        return mi.Spectrum(0)

    def bbox(self) -> Any:
        """Where it stands."""
        place = mi.ScalarPoint3f([float(x[0]) for x in mi.Point3f(self.world_transform().translation())])
        return mi.ScalarBoundingBox3f(place)


@lru_cache(maxsize=1)
def register_spot() -> None:
    """Make `{"type": "kinema_spot"}` known to Mitsuba."""
    mi.register_emitter("kinema_spot", lambda properties: SmoothSpot(properties))
