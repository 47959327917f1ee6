"""Which ids can be meant: any of 2^64, or those that a registry has given out.

To choose among a million is easier than among 2^64: the same evidence is worth thirteen decades more. So a clip too
worn for its id to be read may still be recognised as one that is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Final, Protocol

import numpy as np
from jaxtyping import Float, UInt8

from kinema.errors import ProvenanceError
from kinema.provenance.watermark.code import BITS, bits_of, decode, encode

_CHUNK: Final = 1 << 14
"""Codewords compared at a time: 25 MB."""


class Identities(Protocol):
    """A set of ids to choose from."""

    log10_count: float

    def likeliest(self, soft: Float[np.ndarray, "384"]) -> UInt8[np.ndarray, "64"]:
        """The bits of the id whose codeword agrees best with what was received."""
        ...


class Any64:
    """All ids: the decoder finds the best without looking at each."""

    log10_count: float = BITS * log10(2)

    def likeliest(self, soft: Float[np.ndarray, "384"]) -> UInt8[np.ndarray, "64"]:
        """By Viterbi's algorithm."""
        return decode(soft)


class Known:
    """The ids of a list: each is looked at."""

    def __init__(self, identities: Sequence[int]) -> None:
        """Raises `ProvenanceError` for an empty list."""
        if not identities:
            raise ProvenanceError(
                "known ids",
                "must be at least one",
                got="none",
                next_step="Leave the list out to look for any id.",
            )
        self.log10_count: float = log10(len(identities))
        self._bits = np.stack([bits_of(one) for one in identities])
        # 384 bytes an id.
        self._words = np.concatenate(
            [encode(self._bits[k : k + _CHUNK]).astype(np.int8) for k in range(0, len(self._bits), _CHUNK)]
        )

    def likeliest(self, soft: Float[np.ndarray, "384"]) -> UInt8[np.ndarray, "64"]:
        """By comparing with all."""
        wanted = soft.astype(np.float32)
        agreement = np.concatenate(
            [
                self._words[k : k + _CHUNK].astype(np.float32) @ wanted
                for k in range(0, len(self._words), _CHUNK)
            ]
        )
        return self._bits[int(np.argmax(agreement))]
