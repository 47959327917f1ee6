"""One file: what is written is what is read, the same tape is the same bytes, and garbage is refused."""

from __future__ import annotations

import json
import zipfile
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import MediaError
from kinema.physics.geometry import Geometry
from kinema.physics.tape import Contacts, Cracks, Ledger, Tape, file_hash


def small_tape(seed: int = 1) -> Tape:
    """Two pieces, nine samples, a contact and a crack."""
    rng = np.random.default_rng(seed)
    turn = rng.normal(size=(9, 2, 4))
    geometry = Geometry(
        bodies=("floor", "glass"),
        piece_body=np.array([0, 1], np.int32),
        piece_mass=np.array([0.0, 2.5]),
        piece_volume=np.array([0.0, 0.001]),
        piece_rest=np.zeros((2, 3)),
        vertices=rng.normal(size=(6, 3)).astype(np.float32),
        normals=rng.normal(size=(6, 3)).astype(np.float32),
        uv=rng.normal(size=(6, 2)).astype(np.float32),
        faces=np.array([[0, 1, 2], [3, 4, 5]], np.int32),
        face_piece=np.array([0, 1], np.int32),
        face_side=np.array([0, 1], np.uint8),
        face_neighbour=np.array([-1, 0], np.int32),
    )
    return Tape(
        engine="none 1.0",
        seed=7,
        world_hash="ab" * 32,
        rate=Fraction(24000, 1001) * 4,
        samples_per_frame=4,
        geometry=geometry,
        position=rng.normal(size=(9, 2, 3)).astype(np.float32),
        orientation=(turn / np.linalg.norm(turn, axis=-1, keepdims=True)).astype(np.float32),
        velocity=rng.normal(size=(9, 2, 3)).astype(np.float32),
        spin=rng.normal(size=(9, 2, 3)).astype(np.float32),
        cluster=np.zeros((9, 2), np.int32),
        contacts=Contacts(
            time=np.array([0.1]),
            piece=np.array([[0, 1]], np.int32),
            impulse=np.array([2.0], np.float32),
            point=np.zeros((1, 3), np.float32),
            depth=np.zeros(1, np.float32),
        ),
        cracks=Cracks(time=np.array([0.1]), piece=np.array([[0, 1]], np.int32), energy=np.array([0.3])),
        ledger=Ledger(**{f.name: np.arange(3.0) for f in fields(Ledger)}),
    )


def assert_same(one: object, two: object) -> None:
    """Field by field, to the bit and the dtype."""
    for field in fields(one):  # pyright: ignore[reportArgumentType]
        a, b = getattr(one, field.name), getattr(two, field.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype, field.name
            assert np.array_equal(a, b), field.name
        elif isinstance(a, Geometry | Contacts | Cracks | Ledger):
            assert_same(a, b)
        else:
            assert a == b, field.name


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    tape = small_tape()
    digest = tape.save(tmp_path / "a.tape")
    assert digest == file_hash(tmp_path / "a.tape")
    assert_same(tape, Tape.load(tmp_path / "a.tape"))


def test_the_same_tape_is_the_same_bytes_and_another_is_not(tmp_path: Path) -> None:
    first, again, other = (small_tape(seed).save(tmp_path / f"{k}.tape") for k, seed in enumerate((1, 1, 2)))
    assert first == again != other
    assert Tape.load(tmp_path / "0.tape").save(tmp_path / "copy.tape") == first


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        small_tape().save(tmp_path / "no" / "such" / "folder.tape")
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_garbage_is_refused(tmp_path_factory: pytest.TempPathFactory, blob: bytes) -> None:
    path = tmp_path_factory.mktemp("garbage") / "x.tape"
    path.write_bytes(blob)
    with pytest.raises(MediaError, match=r"kinema\.tape/1"):
        Tape.load(path)


@pytest.mark.parametrize("cut", [10, 1000, -30])
def test_a_tape_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    small_tape().save(tmp_path / "a.tape")
    (tmp_path / "a.tape").write_bytes((tmp_path / "a.tape").read_bytes()[:cut])
    with pytest.raises(MediaError):
        Tape.load(tmp_path / "a.tape")


@pytest.mark.parametrize("missing", ["schema", "rate", "bodies", "seed"])
def test_a_header_without_a_field_is_refused(tmp_path: Path, missing: str) -> None:
    small_tape().save(tmp_path / "a.tape")
    with zipfile.ZipFile(tmp_path / "a.tape") as old, zipfile.ZipFile(tmp_path / "b.tape", "w") as new:
        for name in old.namelist():
            blob = old.read(name)
            if name == "tape.json":
                blob = json.dumps({k: v for k, v in json.loads(blob).items() if k != missing}).encode()
            new.writestr(name, blob)
    with pytest.raises(MediaError):
        Tape.load(tmp_path / "b.tape")


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"nowhere\.tape"):
        Tape.load(tmp_path / "nowhere.tape")


def test_poses_between_samples_are_on_the_way() -> None:
    tape = small_tape()
    here, turn = tape.poses_at(Fraction(1, 4))
    assert np.array_equal(here, tape.position[1])
    between, turn = tape.poses_at(Fraction(3, 8))
    # Float32 samples: a mean of two is exact in float64.
    assert np.allclose(between, (tape.position[1].astype(float) + tape.position[2]) / 2, atol=1e-12)
    assert np.allclose(np.linalg.norm(turn, axis=-1), 1.0, atol=1e-12)
