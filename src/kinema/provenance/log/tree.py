"""The Merkle tree of a log: append, head, proofs. RFC 9162 (Certificate Transparency 2.0), section 2.1.

Nodes are those of complete subtrees, each written once: node (level, index) covers the leaves index·2^level up to
(index + 1)·2^level. Any head, path or proof of any earlier size is made of them, so an append costs two hashes on
average and a proof some log2(n) reads. `plain.py` is the slow twin, the RFC's own recursion.
"""

from __future__ import annotations

import hashlib
from collections.abc import MutableMapping
from typing import TypeAlias

EMPTY = hashlib.sha256(b"").digest()
"""Head of a tree without leaves (2.1.1)."""

Node: TypeAlias = tuple[int, int]
"""Level and index."""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256 of 0x00 and the entry: no leaf can pass for an inner node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree over a map of nodes, which may be a dictionary or a table."""

    def __init__(self, nodes: MutableMapping[Node, bytes], size: int = 0) -> None:
        self._nodes = nodes
        self.size = size
        """Leaves so far."""

    def append(self, leaf: bytes) -> int:
        """Add a leaf hash; its index. Writes every subtree that it completes."""
        index, level, node = self.size, 0, leaf
        self._nodes[0, index] = node
        while index & 1:
            node = node_hash(self._nodes[level, index - 1], node)
            level, index = level + 1, index >> 1
            self._nodes[level, index] = node
        self.size += 1
        return self.size - 1

    def head(self, size: int | None = None) -> bytes:
        """Root hash of the first `size` leaves; of all, if none is named."""
        size = self.size if size is None else size
        self._within(size)
        return self._range(0, size) if size else EMPTY

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path of leaf `index` in the tree of `size` leaves, from the bottom up (2.1.3.1)."""
        size = self.size if size is None else size
        self._within(size)
        if not 0 <= index < size:
            raise IndexError(f"leaf {index} of {size}")
        path, low, high = [], 0, size
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._range(middle, high))
                high = middle
            else:
                path.append(self._range(low, middle))
                low = middle
        return path[::-1]

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """That the tree of `old` leaves is a beginning of the one of `size` (2.1.4.1). Empty if they are equal."""
        size = self.size if size is None else size
        self._within(size)
        if not 0 < old <= size:
            raise IndexError(f"a beginning of {old} leaves of {size}")
        proof, low, high, whole = [], 0, size, True
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                proof.append(self._range(middle, high))
                high = middle
            else:
                proof.append(self._range(low, middle))
                low, whole = middle, False
        if not whole:  # the old head is a subtree here, and not the head that the verifier already has
            proof.append(self._range(low, high))
        return proof[::-1]

    def _range(self, low: int, high: int) -> bytes:
        """Hash over leaves `low` to `high`, where `low` is a multiple of the power of two that covers them."""
        count = high - low
        if count & (count - 1) == 0:
            level = count.bit_length() - 1
            return self._nodes[level, low >> level]
        middle = low + _split(count)
        return node_hash(self._range(low, middle), self._range(middle, high))

    def _within(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise IndexError(f"a tree of {size} leaves in one of {self.size}")


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
