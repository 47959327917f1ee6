"""The compiled loop of `index`. Apart from it because importing numba takes a second."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def ones(word):
    """Bits set in 64 (Warren, Hacker's Delight, figure 5-2); LLVM makes one instruction of it where there is one."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True, error_model="numpy")
def compare(hashes, words, rows, starts, query, query_words, probes, radius, found, far):
    """Rows within `radius` of one query into `found`, their distances into `far`; how many, also beyond their room.

    A row that several bands bring is kept by the first of them: it is skipped where an earlier band is near too.
    """
    count = 0
    for band in range(len(query_words)):
        for probe in probes:
            key = query_words[band] ^ probe
            for place in range(starts[band, key], starts[band, np.int64(key) + 1]):
                row = rows[band, place]
                distance = 0
                for word in range(4):
                    distance += ones(hashes[row, word] ^ query[word])
                if distance > radius:
                    continue
                earlier = False
                for other in range(band):
                    earlier |= ones(np.uint64(words[row, other] ^ query_words[other])) <= 1
                if earlier:
                    continue
                if count < len(found):
                    found[count], far[count] = row, distance
                count += 1
    return count
