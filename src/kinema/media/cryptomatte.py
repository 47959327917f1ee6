"""Mattes by name inside an EXR: Cryptomatte specification 1.2.0 (J. Friedman & A. Jones, Psyop).

Each name hashes to 32 bits, which are stored as the bits of a float; per pixel the floats come in falling
order of coverage, two to a layer of four channels: id, coverage, id, coverage.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

_WORD = 0xFFFFFFFF


@dataclass(frozen=True, kw_only=True)
class Matte:
    """One Cryptomatte layer: which named thing each pixel, or each of its samples, sees."""

    name: str
    """`CryptoObject`, for instance."""
    names: tuple[str, ...]
    ids: Int[np.ndarray, "row column sample"] | Int[np.ndarray, "row column"]
    """Indices into `names`; -1 = nothing."""


def mattes_of(
    piece: Int[np.ndarray, "row column"], piece_body: Int[np.ndarray, " piece"], bodies: tuple[str, ...]
) -> list[Matte]:
    """`CryptoObject` by body and `CryptoPiece` by piece (`pane.017`) from a pass of piece indices."""
    body = np.where(piece >= 0, piece_body[piece], -1)
    first = {int(owner): int(np.argmax(piece_body == owner)) for owner in np.unique(piece_body)}
    pieces = tuple(
        f"{bodies[owner]}.{index - first[owner]:03d}" for index, owner in enumerate(piece_body.tolist())
    )
    return [
        Matte(name="CryptoObject", names=bodies, ids=body),
        Matte(name="CryptoPiece", names=pieces, ids=piece),
    ]


def murmur3_32(text: str, seed: int = 0) -> int:
    """MurmurHash3_x86_32 of the UTF-8 bytes (A. Appleby, public domain)."""
    key = text.encode("utf-8")
    h = seed
    whole = len(key) & ~3
    for start in range(0, whole, 4):
        h ^= _scramble(int.from_bytes(key[start : start + 4], "little"))
        h = (_rotate(h, 13) * 5 + 0xE6546B64) & _WORD
    if tail := key[whole:]:
        h ^= _scramble(int.from_bytes(tail, "little"))
    h ^= len(key)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & _WORD
    h = ((h ^ h >> 13) * 0xC2B2AE35) & _WORD
    return h ^ h >> 16


def _scramble(k: int) -> int:
    return _rotate(k * 0xCC9E2D51 & _WORD, 15) * 0x1B873593 & _WORD


def _rotate(x: int, by: int) -> int:
    return (x << by | x >> 32 - by) & _WORD


def float_bits(name: str) -> int:
    """The hash as it is stored: exponents that would make NaN, infinity or a denormal have one bit turned."""
    bits = murmur3_32(name)
    return bits ^ 1 << 23 if bits >> 23 & 255 in (0, 255) else bits


def metadata(matte: Matte) -> dict[str, str]:
    """Header attributes, keyed by the first seven hex digits of the layer name's hash."""
    key = f"cryptomatte/{murmur3_32(matte.name):08x}"[: len("cryptomatte/") + 7]
    manifest = {name: f"{float_bits(name):08x}" for name in matte.names}
    return {
        f"{key}/name": matte.name,
        f"{key}/hash": "MurmurHash3_32",
        f"{key}/conversion": "uint32_to_float32",
        f"{key}/manifest": json.dumps(manifest, separators=(",", ":"), ensure_ascii=False),
    }


def layers(matte: Matte, *, ranks: int = 6) -> list[Float[np.ndarray, "row column 4"]]:
    """The layers 00, 01, … that hold up to `ranks` names a pixel; as many as are needed, at least one.

    Coverage is the share of the pixel's samples; with one sample it is 0 or 1.
    """
    ids = matte.ids if matte.ids.ndim == 3 else matte.ids[..., None]
    names, coverage = rank(ids, ranks)
    encoded = np.array([0, *(float_bits(name) for name in matte.names)], np.uint32).view(np.float32)
    pairs = np.stack([encoded[names + 1], coverage], axis=-1)
    used = max(1, int((coverage > 0).any(axis=(0, 1)).sum()))
    rows, columns = ids.shape[:2]
    needed = -(-used // 2)
    padded = np.zeros((rows, columns, 2 * needed, 2), np.float32)
    padded[:, :, :used] = pairs[:, :, :used]
    return [padded[:, :, 2 * i : 2 * i + 2].reshape(rows, columns, 4) for i in range(needed)]


def rank(
    ids: Int[np.ndarray, "row column sample"], ranks: int
) -> tuple[Int[np.ndarray, "row column rank"], Float[np.ndarray, "row column rank"]]:
    """Ids of each pixel in falling order of coverage (ties: lower id first), and coverage; then -1 and 0."""
    samples = ids.shape[2]
    ordered = np.sort(ids, axis=2)
    # A run of equal ids is one name: its length is the distance from its first sample to the next run's.
    first = np.concatenate(
        [np.ones_like(ordered[..., :1], bool), ordered[..., 1:] != ordered[..., :-1]], axis=2
    )
    starts = np.where(first, np.arange(samples), samples)
    following = np.minimum.accumulate(starts[..., ::-1], axis=2)[..., ::-1]
    ends = np.concatenate([following[..., 1:], np.full_like(following[..., :1], samples)], axis=2)
    count = np.where(first & (ordered >= 0), ends - np.arange(samples), 0)
    order = np.argsort(-count, axis=2, kind="stable")[..., :ranks]
    kept = np.take_along_axis(count, order, axis=2)
    names = np.where(kept > 0, np.take_along_axis(ordered, order, axis=2), -1)
    return names, (kept / samples).astype(np.float32)
