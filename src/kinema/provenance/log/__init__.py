"""The transparency log: an append-only Merkle tree, its proofs, its signed heads, and anchors outside the database."""
