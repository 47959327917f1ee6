"""Light transport: a unidirectional path tracer made for scenes full of broken glass.

Next-event estimation and BSDF sampling, combined by multiple importance sampling (Veach 1997; weights in
`_weight`), Russian roulette from the second rough surface on (before, it only adds noise to what is seen through
glass: 0.028 to 0.040). Along the camera's path clear matter refracts and reflects
as it does in life. Behind the first rough surface it becomes a straight filter: light goes on in its
direction, dimmed by Fresnel's transmittance at each face and by Beer's law between them, for shadow rays and
scattered rays alike, so that both estimate the same transport. That costs the refractive caustics and gains a
converged picture at 1/10 of the samples; `benchmarks/pathtrace.py` measures the bias against full transport.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from kinema.render.pathtrace.bands import bands
from kinema.render.pathtrace.scene import Tables
from kinema.render.pathtrace.tint import BRIGHTEST
from kinema.render.pathtrace.variant import drjit, mitsuba

mi, dr = mitsuba(), drjit()

MAX_BOUNCES = 16
MAX_PANES = 32
"""Faces of clear matter a scattered ray may pass straight through."""
MAX_SHADOW = 16
"""Faces a shadow ray may pass; behind that many it is dark."""


class Seen(NamedTuple):
    """What a bundle of camera rays gathered."""

    radiance: Any
    """Spectrum [W/(m² sr nm)]."""
    albedo: Any
    """Color3f of the first surface that is not a mirror or clear: the denoiser's guide."""
    normal: Any
    """Vector3f of the first surface of any kind, facing the viewer: free of noise, and it shows the denoiser where
    clear matter has its edges, which the albedo behind it does not."""
    direct: Any
    """Float: 1, or 0 for paths that clear matter mirrored before they saw anything. Their albedo is left out: how
    many of a pixel's few paths are mirrored is chance, and the denoiser would take that noise for texture."""


def _weight(own: Any, other: Any, surround: Any) -> Any:
    """Share of a sample drawn with density `own` that the other technique draws with density `other`.

    Lamps take the power heuristic, which trusts whoever is surer (noise of a panel: 3.7 to 0.2 per cent at 8
    samples); the surroundings take the balance heuristic, as there both are equally unsure (4.0 against 6.0).
    """
    ratio = other * dr.rcp(own)  # not the squares themselves: a sun's density squared leaves float32
    ratio = dr.select(surround, ratio, ratio * ratio)
    return dr.select(own > 0, dr.rcp(1 + ratio), 0)


def number_of(shape: Any) -> Any:
    """Registry number of shapes: the row of `Tables`."""
    return dr.reinterpret_array(mi.UInt32, shape)


def base_colour_at(tables: Tables, si: Any, active: Any) -> Any:
    """Color3f: base colour, texture included, at surface points."""
    return colour_of(tables, number_of(si.shape), si.uv, active)


def colour_of(tables: Tables, row: Any, uv: Any, active: Any) -> Any:
    """Color3f: the same, of a shape's number and a place on it [m]."""
    colour = dr.gather(mi.Color3f, tables.base, row, active)
    which = dr.gather(mi.UInt32, tables.picture, row, active)
    for number, (picture, period) in enumerate(tables.pictures, start=1):
        here = active & (which == number)
        factor = mi.Color3f(*picture.eval(mi.Point2f(uv / period), here))
        colour = dr.select(here, dr.clip(colour * factor, 0, BRIGHTEST), colour)
    return colour


def _beer(tables: Tables, weights: tuple[Any, Any, Any], row: Any, si: Any, inside: Any) -> Any:
    """Spectrum: what is left of light that came to `si` through the matter of the shape it hit from
    inside."""
    sigma = dr.gather(mi.Color3f, tables.absorption, row, inside)
    thickness = dr.select(inside, si.t, 0)
    return dr.exp(-(sigma.x * weights[0] + sigma.y * weights[1] + sigma.z * weights[2]) * thickness)


@dr.syntax
def _shadow(
    scene: Any, tables: Tables, weights: Any, start: Any, target: Any, through: Any, active: Any
) -> Any:
    """Spectrum: how much light comes from `target` to surface `start`. Clear matter lets it pass where
    `through`."""
    light = mi.Spectrum(1)
    ray = start.spawn_ray_to(target)
    going = mi.Bool(active)
    faces = mi.UInt32(0)
    while going:
        si = scene.ray_intersect(ray, mi.RayFlags.Minimal, coherent=False, active=going)
        hit = going & si.is_valid()
        row = number_of(si.shape)
        eta = dr.gather(mi.Float, tables.eta, row, hit)
        clear = hit & (eta > 0) & through & (faces < MAX_SHADOW)
        cosine = dr.dot(si.n, ray.d)
        fresnel = mi.fresnel(dr.abs(cosine), dr.select(clear, eta, 1.5))[0]
        passed = (1 - fresnel) * _beer(tables, weights, row, si, clear & (cosine > 0))
        light = dr.select(hit, dr.select(clear, light * passed, 0), light)
        faces += 1
        going = clear
        ray = dr.select(going, si.spawn_ray_to(target), ray)
    return light


@dr.syntax
def trace(scene: Any, tables: Tables, sampler: Any, ray_: Any, clamp: Any, active_: Any) -> Any:
    """Radiance and guides along camera rays, as a `Seen`.

    `clamp` [W/(m² sr nm)] bounds what a single path brings from beyond its second scattering: the known bias
    against fireflies. Light that reaches a visible surface directly is never clamped.
    """
    ray = mi.Ray3f(ray_)
    weights = bands(ray_.wavelengths)
    context = mi.BSDFContext()
    radiance, beta, eta2 = mi.Spectrum(0), mi.Spectrum(1), mi.Float(1)
    normal, guided = mi.Normal3f(0), mi.Bool(False)
    guide_row, guide_uv = mi.UInt32(0), mi.Point2f(0)
    depth, panes = mi.UInt32(0), mi.UInt32(0)
    rough, indirect, mirrored = mi.Bool(False), mi.Bool(False), mi.Bool(False)
    last, last_pdf, last_delta = dr.zeros(mi.SurfaceInteraction3f), mi.Float(1), mi.Bool(True)
    active = mi.Bool(active_)
    while active:
        si = scene.ray_intersect(ray, mi.RayFlags.All, coherent=depth == 0, active=active)
        hit = active & si.is_valid()
        row = number_of(si.shape)
        eta = dr.gather(mi.Float, tables.eta, row, hit)
        clear = hit & (eta > 0)
        straight = clear & rough
        bsdf = si.bsdf(ray)
        cosine = dr.dot(si.n, ray.d)
        beta *= _beer(tables, weights, row, si, clear & (cosine > 0))

        # Light that shines from where the ray went, against the chance of having asked for it.
        emitter = si.emitter(scene)
        asked = scene.pdf_emitter_direction(last, mi.DirectionSample3f(scene, si, last), ~last_delta)
        share = dr.select(last_delta, 1, _weight(last_pdf, asked, ~hit))
        found = beta * emitter.eval(si, active & ~straight) * dr.select(last_pdf > 0, share, 0)
        found = dr.select(indirect, found * dr.minimum(1, clamp / dr.maximum(dr.max(found), 1e-30)), found)
        radiance += dr.select(active & ~straight, found, 0)

        smooth = mi.has_flag(bsdf.flags(), mi.BSDFFlags.Smooth)
        guide = hit & ~straight & ~guided & smooth
        guide_row, guide_uv = dr.select(guide, row, guide_row), dr.select(guide, si.uv, guide_uv)
        facing = dr.select(dr.dot(si.sh_frame.n, ray.d) > 0, -1.0, 1.0)
        normal = dr.select(hit & (depth == 0), si.sh_frame.n * facing, normal)
        guided |= guide

        # Ask one light, through whatever is clear if the path is, or here becomes, rough.
        scatter = hit & ~straight & (depth + 1 < MAX_BOUNCES)
        lit = scatter & smooth
        ds, flux = scene.sample_emitter_direction(si, sampler.next_2d(), False, lit)
        lit &= ds.pdf != 0
        passed = _shadow(scene, tables, weights, si, ds.p, ~clear, lit)
        toward = si.to_local(ds.d)
        value, pdf, bs, bw = bsdf.eval_pdf_sample(
            context, si, toward, sampler.next_1d(), sampler.next_2d(), scatter
        )
        infinite = mi.has_flag(ds.emitter.flags(), mi.EmitterFlags.Infinite)
        against = dr.select(ds.delta, 1, _weight(ds.pdf, pdf, infinite))
        given = beta * value * flux * passed * against
        given = dr.select(rough, given * dr.minimum(1, clamp / dr.maximum(dr.max(given), 1e-30)), given)
        radiance += dr.select(lit, given, 0)

        # On: straight through, or scattered.
        fresnel = mi.fresnel(dr.abs(cosine), dr.select(clear, eta, 1.5))[0]
        ray = dr.select(straight, si.spawn_ray(ray.d), si.spawn_ray(si.to_world(bs.wo)))
        beta *= dr.select(straight, mi.Spectrum(1 - fresnel), bw)
        eta2 *= dr.select(scatter, bs.eta * bs.eta, 1)
        delta = mi.has_flag(bs.sampled_type, mi.BSDFFlags.Delta)
        transmitted = mi.has_flag(bs.sampled_type, mi.BSDFFlags.Transmission)
        mirrored |= scatter & clear & ~guided & ~transmitted
        last = dr.select(scatter, si, last)
        last_pdf = dr.select(scatter, bs.pdf, last_pdf)
        last_delta = dr.select(scatter, delta, last_delta)
        indirect |= scatter & rough
        rough |= scatter & ~delta & ~clear
        panes += dr.select(straight, mi.UInt32(1), mi.UInt32(0))
        depth += dr.select(scatter, mi.UInt32(1), mi.UInt32(0))

        survival = dr.minimum(dr.max(beta) * eta2, 0.95)
        roulette = scatter & indirect
        beta = dr.select(roulette, beta * dr.rcp(survival), beta)
        active = (scatter | (straight & (panes < MAX_PANES))) & (dr.max(beta) > 0)
        active &= ~roulette | (sampler.next_1d() < survival)
    guided &= ~mirrored
    albedo = dr.select(guided, colour_of(tables, guide_row, guide_uv, guided), 0)
    return Seen(radiance, albedo, normal, dr.select(mirrored, mi.Float(0), 1))
