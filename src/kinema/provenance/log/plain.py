"""The slow plain twin of `tree.py`: RFC 9162, sections 2.1.1, 2.1.3.1 and 2.1.4.1, as they are written there.

Kept to be compared with, and to be read first.
"""

from __future__ import annotations

from collections.abc import Sequence

from kinema.provenance.log.tree import EMPTY, node_hash


def head(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) of leaf hashes."""
    n = len(leaves)
    if n == 0:
        return EMPTY
    if n == 1:
        return leaves[0]
    k = _k(n)
    return node_hash(head(leaves[:k]), head(leaves[k:]))


def inclusion(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    n = len(leaves)
    if n == 1:
        return []
    k = _k(n)
    if m < k:
        return [*inclusion(m, leaves[:k]), head(leaves[k:])]
    return [*inclusion(m - k, leaves[k:]), head(leaves[:k])]


def consistency(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n])."""
    return _subproof(m, leaves, True)


def _subproof(m: int, leaves: Sequence[bytes], b: bool) -> list[bytes]:
    n = len(leaves)
    if m == n:
        return [] if b else [head(leaves)]
    k = _k(n)
    if m <= k:
        return [*_subproof(m, leaves[:k], b), head(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], False), head(leaves[:k])]


def _k(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k
