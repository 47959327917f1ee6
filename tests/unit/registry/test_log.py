"""The Merkle log: RFC vectors, its slow twin, proofs that prove and proofs that must not."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.provenance.log import plain
from kinema.provenance.log.proof import proves_consistency, proves_inclusion
from kinema.provenance.log.tree import EMPTY, Tree, leaf_hash

# The eight entries that Certificate Transparency's implementations have always been tested with, and their heads.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
HEADS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {  # (leaf, size): audit path
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
PROOFS = {  # (old, size): consistency
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def grown(leaves: list[bytes]) -> Tree:
    tree = Tree({})
    for number, leaf in enumerate(leaves):
        assert tree.append(leaf) == number
    return tree


def made(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def hexes(proof: list[bytes]) -> list[str]:
    return [node.hex() for node in proof]


def test_certificate_transparency_vectors() -> None:
    tree = grown([leaf_hash(entry) for entry in ENTRIES])
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert [tree.head(size).hex() for size in range(1, 9)] == HEADS
    assert {key: hexes(tree.inclusion(*key)) for key in PATHS} == PATHS
    assert {key: hexes(tree.consistency(*key)) for key in PROOFS} == PROOFS


@given(st.integers(0, 70), st.data())
def test_tree_is_its_slow_twin(count: int, data: st.DataObject) -> None:
    leaves, tree = made(count), grown(made(count))
    size = data.draw(st.integers(0, count))
    assert tree.head(size) == plain.head(leaves[:size])
    if size:
        index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
        assert tree.inclusion(index, size) == plain.inclusion(index, leaves[:size])
        assert tree.consistency(old, size) == plain.consistency(old, leaves[:size])


def test_every_proof_of_every_small_tree_holds() -> None:
    leaves = made(33)
    tree = grown(leaves)
    for size in range(34):
        for index in range(size):
            path = tree.inclusion(index, size)
            assert proves_inclusion(leaves[index], index, size, path, tree.head(size))
        for old in range(size + 1):
            proof = tree.consistency(old, size) if old else []
            assert proves_consistency(old, size, tree.head(old), tree.head(size), proof)


@given(st.integers(2, 70), st.data())
def test_a_changed_inclusion_proof_proves_nothing(count: int, data: st.DataObject) -> None:
    """Another leaf, place, size, head, or any node changed, dropped or added."""
    leaves, tree = made(count), grown(made(count))
    index = data.draw(st.integers(0, count - 1))
    path, head = tree.inclusion(index), tree.head()
    other = hashlib.sha256(b"other").digest()
    assert not proves_inclusion(other, index, count, path, head)
    assert not proves_inclusion(leaves[index], index, count, path, other)
    for place in set(range(-1, count + 1)) - {index}:
        assert not proves_inclusion(leaves[index], place, count, path, head)
    for changed in mutations(path, other):
        assert not proves_inclusion(leaves[index], index, count, changed, head)


@given(st.integers(2, 70), st.data())
def test_a_changed_consistency_proof_proves_nothing(count: int, data: st.DataObject) -> None:
    tree = grown(made(count))
    old = data.draw(st.integers(1, count - 1))
    proof, first, head = tree.consistency(old), tree.head(old), tree.head()
    other = hashlib.sha256(b"other").digest()
    assert not proves_consistency(old, count, other, head, proof)
    assert not proves_consistency(old, count, first, other, proof)
    for changed in mutations(proof, other):
        assert not proves_consistency(old, count, first, head, changed)


@given(st.integers(2, 40), st.data())
def test_a_rewritten_leaf_breaks_consistency(count: int, data: st.DataObject) -> None:
    """No proof that the rewritten log itself makes convinces a holder of the old head."""
    leaves = made(count)
    old = data.draw(st.integers(1, count - 1))
    place = data.draw(st.integers(0, old - 1))
    before = grown(leaves).head(old)
    leaves[place] = leaf_hash(b"rewritten")
    after = grown(leaves)
    assert not proves_consistency(old, count, before, after.head(), after.consistency(old))


def mutations(proof: list[bytes], other: bytes) -> list[list[bytes]]:
    changed = [[*proof[:i], other, *proof[i + 1 :]] for i in range(len(proof))]
    dropped = [[*proof[:i], *proof[i + 1 :]] for i in range(len(proof))]
    swapped = [[*proof[:i], b, a, *proof[i + 2 :]] for i, (a, b) in enumerate(pairwise(proof)) if a != b]
    return [*changed, *dropped, *swapped, [*proof, other], [other, *proof]]


def test_no_proof_of_what_is_not_there() -> None:
    tree = grown(made(5))
    for call in (lambda: tree.inclusion(5), lambda: tree.inclusion(0, 6), lambda: tree.consistency(0)):
        with pytest.raises(IndexError):
            call()


def test_appends_cost_two_hashes_on_average() -> None:
    nodes: dict[tuple[int, int], bytes] = {}
    tree = Tree(nodes)
    for leaf in made(1000):
        tree.append(leaf)
    assert len(nodes) < 2 * 1000
