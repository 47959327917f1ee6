"""Random numbers that fill space evenly however many are drawn: Owen-scrambled Sobol points, padded by
dimension.

Burley, Practical Hash-based Owen Scrambling, JCGT 9(4), 2020, with the Laine-Karras permutation. Each pixel
and each dimension has its own scramble and its own order, so a pixel's samples are stratified in every pair
of dimensions, any aligned block of 2^k of them is a (0, 2)-net, and pixels are independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kinema.render.pathtrace.variant import drjit, mitsuba

mi, dr = mitsuba(), drjit()

_BITS = 10
"""Points 0 to 1023 are one net; from there on a new net begins."""


def _second(index: Any) -> Any:
    """Second dimension of Sobol's sequence, bits reversed: Pascal's matrix mod 2, the bits of `index` (below 2**16)
    its vector, by its factors, one for each doubling."""
    for shift, mask in ((1, 0xAAAA), (2, 0xCCCC), (4, 0xF0F0), (8, 0xFF00)):
        index = index ^ ((index & mask) >> shift)
    return index


@dataclass
class Sobol:
    """One sampler per ray. A dr.jit structure: it may be carried through loops."""

    scramble: Any
    """UInt32 of the ray's pixel and picture."""
    index: Any
    """UInt32: which of the pixel's samples."""
    dimension: Any
    """UInt32: how many have been drawn."""

    def next_1d(self) -> Any:
        """Float in [0, 1)."""
        order = self._next()
        return _unit(_owen(self._shuffled(order), _hash(order + 1)))

    def next_even(self, block: int) -> Any:
        """Float in [0, 1): the samples of each aligned block of `block` (a power of 2) are equally spaced, blocks
        interleave, and only the offset is random. For a smooth integrand, such as the spectrum, an equidistant rule
        has a small fraction of the error of a stratified one."""
        order = self._next()
        within = mi.Float(self._shuffled(order) & (block - 1))
        offset = _unit(_hash(order + 1) + dr.brev(self.index // block))
        return (within + offset) / block

    def next_2d(self) -> Any:
        """Point2f in [0, 1)²."""
        order = self._next()
        index = self._shuffled(order)
        second = _second(index)
        return mi.Point2f(_unit(_owen(index, _hash(order + 1))), _unit(_owen(second, _hash(order + 2))))

    def _next(self) -> Any:
        """A number for the next dimension of this pixel, and of the net the index is in."""
        self.dimension = self.dimension + 1
        return _hash(self.scramble + self.dimension * 0x9E3779B9 + (self.index >> _BITS) * 0x85EBCA6B)

    def _shuffled(self, order: Any) -> Any:
        reverse = dr.brev(_owen_bits(dr.brev(self.index & ((1 << _BITS) - 1)), order))
        return reverse & ((1 << _BITS) - 1)


def pixel_scramble(pixel: Any, seed: int) -> Any:
    """UInt32 scramble of each pixel of a picture of that seed."""
    return _hash(pixel * 0x9E3779B9 + _hash(dr.opaque(mi.UInt32, seed & 0xFFFFFFFF)))


def _owen_bits(x: Any, seed: Any) -> Any:
    """Laine and Karras: each bit flipped by a hash of the bits below it."""
    x = x ^ (x * 0x3D20ADEA)
    x = x + seed
    x = x * ((seed >> 16) | 1)
    x = x ^ (x * 0x05526C56)
    return x ^ (x * 0x53A22864)


def _owen(reversed_bits: Any, seed: Any) -> Any:
    return dr.brev(_owen_bits(reversed_bits, seed))


def _hash(x: Any) -> Any:
    """A 32-bit integer finaliser of full avalanche (Wellons, lowbias32)."""
    x = x ^ (x >> 16)
    x = x * 0x7FEB352D
    x = x ^ (x >> 15)
    x = x * 0x846CA68B
    return x ^ (x >> 16)


def _unit(x: Any) -> Any:
    return mi.Float(x >> 8) * (1 / 16777216)
