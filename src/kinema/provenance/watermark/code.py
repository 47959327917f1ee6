"""The error correction: 64 bits become 384, by a convolutional code that bites its own tail.

Constraint length 15, rate 1/6: the generators that Cassini and Mars Pathfinder flew (S. Dolinar, D. Divsalar,
F. Pollara, "Code Performance as a Function of Block Size", JPL TMO Progress Report 42-133, 1998). No tail of zeros is
sent: the encoder starts in the state in which it will end (Ma and Wolf, "On Tail Biting Convolutional Codes", IEEE
Trans. Comm. 34, 1986), so every bit is protected alike and the code is its own rotation. Decoding is Viterbi's, going
round until the path closes (Shao, Lin, Fossorier, "Two decoding algorithms for tailbiting codes", 2003).
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from jaxtyping import Float, UInt8

BITS: Final = 64
"""Of an id."""
GENERATORS: Final = (0o46321, 0o51271, 0o63667, 0o70535, 0o73277, 0o76513)
MEMORY: Final = 14
RATE: Final = len(GENERATORS)
LENGTH: Final = BITS * RATE
"""Coded bits."""


def bits_of(identity: int) -> UInt8[np.ndarray, "64"]:
    """The bits of an id, the highest first."""
    return np.unpackbits(np.frombuffer(identity.to_bytes(BITS // 8, "big"), np.uint8))


def identity_of(bits: UInt8[np.ndarray, "64"]) -> int:
    """The id that has these bits."""
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def encode(bits: UInt8[np.ndarray, "*word 64"]) -> Float[np.ndarray, "*word 384"]:
    """Codewords, as signs: +1 for 0, -1 for 1."""
    # Row t holds the register at time t: its newest bit first, round the block.
    register = np.stack([np.roll(bits, k, axis=-1) for k in range(MEMORY + 1)], axis=-1).astype(np.float32)
    taps = np.array([[g >> k & 1 for k in range(MEMORY + 1)] for g in GENERATORS], np.float32)
    return (1.0 - 2.0 * ((register @ taps.T) % 2)).reshape(*bits.shape[:-1], LENGTH)


def decode(soft: Float[np.ndarray, "384"]) -> UInt8[np.ndarray, "64"]:
    """The most likely bits. `soft`: positive where +1 was received; 0 is an erasure; any scale."""
    from kinema.provenance.watermark.code_kernel import viterbi

    received = np.ascontiguousarray(soft, np.float32).reshape(BITS, RATE)
    return viterbi(received, patterns())


@cache
def patterns() -> UInt8[np.ndarray, " state"]:
    """What the encoder puts out on entering a state with the oldest bit 0; bit i is 1 where generator i gives 1."""
    state = np.arange(1 << MEMORY)
    out = np.zeros(len(state), np.uint8)
    for i, g in enumerate(GENERATORS):
        parity = np.bitwise_count(state & g) & 1
        out |= (parity << i).astype(np.uint8)
    return out
