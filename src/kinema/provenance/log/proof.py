"""What anybody can check with two heads and a proof, without the log. RFC 9162, sections 2.1.3.2 and 2.1.4.2."""

from __future__ import annotations

from collections.abc import Sequence

from kinema.provenance.log.tree import node_hash


def proves_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], head: bytes) -> bool:
    """True if `path` shows that leaf hash `leaf` is number `index` in the tree of `size` leaves with this head."""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == head


def proves_consistency(old: int, size: int, old_head: bytes, head: bytes, proof: Sequence[bytes]) -> bool:
    """True if `proof` shows that the tree of `old` leaves is a beginning of the tree of `size` leaves.

    Any tree begins with the empty one, which needs no proof and gets none.
    """
    if not 0 <= old <= size:
        return False
    if old == size:
        return not proof and old_head == head
    if old == 0:
        return not proof
    path = [old_head, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_head and sr == head
