"""OpenEXR frames and the mattes in them: written, read back, decoded as a compositor would."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.errors import MediaError
from kinema.media.cryptomatte import Matte, float_bits, layers, mattes_of, metadata, murmur3_32, rank
from kinema.media.exr import Plate, Slate, read_channels, read_colour, read_passes, write_exr

SLATE = Slate(frame=90061, rate=Fraction(24000, 1001), ev100=12.25)


def plate() -> Plate:
    rng = np.random.default_rng(2)
    piece = rng.integers(-1, 4, (12, 20)).astype(np.int32)
    return Plate(
        depth=np.where(piece < 0, np.inf, rng.uniform(1, 9, piece.shape)).astype(np.float32),
        normal=rng.normal(size=(12, 20, 3)).astype(np.float16).astype(np.float32),
        motion=rng.normal(size=(12, 20, 2)).astype(np.float32),
        albedo=rng.uniform(size=(12, 20, 3)).astype(np.float16).astype(np.float32),
        piece=piece,
    )


COLOUR = np.random.default_rng(3).uniform(0, 40, (12, 20, 3)).astype(np.float32)


def test_everything_comes_back(tmp_path: Path) -> None:
    wanted = plate()
    write_exr(tmp_path / "a.exr", COLOUR, SLATE, wanted)
    np.testing.assert_array_equal(read_colour(tmp_path / "a.exr"), COLOUR.astype(np.float16))
    got = read_passes(tmp_path / "a.exr")
    for name in ("depth", "normal", "motion", "albedo", "piece"):
        np.testing.assert_array_equal(getattr(got, name), getattr(wanted, name))
    assert [path.name for path in tmp_path.iterdir()] == ["a.exr"]


def test_conventions_of_the_trade(tmp_path: Path) -> None:
    """v is up where kinema's motion is down; Z is float; nothing is id 0; the board stands in the first header."""
    wanted = plate()
    write_exr(tmp_path / "a.exr", COLOUR, SLATE, wanted)
    channels = read_channels(tmp_path / "a.exr")
    np.testing.assert_array_equal(channels["forward.v"], -wanted.motion[..., 1])
    np.testing.assert_array_equal(channels["forward.u"], wanted.motion[..., 0])
    assert channels["Z"].dtype == np.float32
    assert channels["R"].dtype == np.float16
    np.testing.assert_array_equal(channels["id.piece"] == 0, wanted.piece < 0)
    with OpenEXR.File(str(tmp_path / "a.exr")) as file:
        header = dict(file.parts[0].header)
        assert [part.name() for part in file.parts] == ["rgb", "depth", "N", "forward", "albedo", "id"]
    assert header["kinema/rate"] == "24000/1001"
    assert header["kinema/ev100"] == pytest.approx(12.25)
    assert header["chromaticities"][:2] == pytest.approx((0.64, 0.33))
    # Frame 90061 at 24 per second, non-drop: 01:02:32 and 13 frames.
    assert str(header["timeCode"]).startswith("(1, 2, 32, 13,")


def test_colour_alone(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", COLOUR, SLATE)
    assert set(read_channels(tmp_path / "a.exr")) == {"R", "G", "B"}
    with pytest.raises(MediaError, match="channel Z"):
        read_passes(tmp_path / "a.exr")


def test_too_bright_for_half_is_the_brightest(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", np.full((2, 2, 3), 1e6, np.float32), SLATE)
    assert (read_colour(tmp_path / "a.exr") == 65504).all()


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_exr(tmp_path / name, COLOUR, SLATE, plate(), mattes_of(plate().piece, np.zeros(4, int), ("x",)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_refusals(tmp_path: Path) -> None:
    (tmp_path / "junk.exr").write_bytes(b"v/1\x01 but no more")
    for path in (tmp_path / "junk.exr", tmp_path / "absent.exr"):
        with pytest.raises(MediaError, match="OpenEXR"):
            read_colour(path)
    with pytest.raises(MediaError, match="writable"):
        write_exr(tmp_path / "no" / "a.exr", COLOUR, SLATE)


# --- cryptomatte ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "digest"),
    [  # the reference implementation's own values; `bunny` is the specification's example
        ("", 0x00000000),
        ("hello", 0x248BFA47),
        ("hello, world", 0x149BBB7F),
        ("The quick brown fox jumps over the lazy dog", 0x2E4FF723),
        ("bunny", 0x13851A76),
    ],
)
def test_murmur3(text: str, digest: int) -> None:
    assert murmur3_32(text) == digest


@given(st.text(max_size=40))
def test_ids_are_ordinary_floats(name: str) -> None:
    """Not zero-exponent, infinite or not a number: filters and file formats would change those bits."""
    value = np.array([float_bits(name)], np.uint32).view(np.float32)[0]
    assert np.isfinite(value)
    assert abs(value) >= np.finfo(np.float32).tiny
    assert bin(float_bits(name) ^ murmur3_32(name)).count("1") <= 1


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(st.lists(st.integers(-1, 4), min_size=n, max_size=n), min_size=1, max_size=6)
    )
)
def test_rank_counts_like_a_counter(pixels: list[list[int]]) -> None:
    names, coverage = rank(np.array(pixels)[None], 6)
    for pixel, ids, shares in zip(pixels, names[0], coverage[0], strict=True):
        counted = Counter(i for i in pixel if i >= 0)
        expected = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        assert [int(i) for i in ids if i >= 0] == [i for i, _ in expected]
        assert [float(s) for s in shares if s > 0] == pytest.approx([n / len(pixel) for _, n in expected])


def test_a_compositor_can_pull_every_matte(tmp_path: Path) -> None:
    """Read as the specification says: find the layer, take the manifest, compare float bits, add coverage."""
    rng = np.random.default_rng(5)
    names = ("ball", "pane", "Boden äußerer", "wall")
    ids = rng.integers(-1, 4, (12, 20, 8))
    matte = Matte(name="CryptoObject", names=names, ids=ids)
    write_exr(tmp_path / "a.exr", COLOUR, SLATE, plate(), [matte])
    with OpenEXR.File(str(tmp_path / "a.exr")) as file:
        header = dict(file.parts[0].header)
    key = "cryptomatte/" + f"{murmur3_32('CryptoObject'):08x}"[:7]
    assert header[f"{key}/name"] == "CryptoObject"
    assert header[f"{key}/hash"] == "MurmurHash3_32"
    assert header[f"{key}/conversion"] == "uint32_to_float32"
    manifest = json.loads(header[f"{key}/manifest"])
    assert set(manifest) == set(names)
    channels = read_channels(tmp_path / "a.exr")
    for index, name in enumerate(names):
        wanted = (ids == index).mean(axis=2)
        pulled = np.zeros((12, 20))
        for layer in (f"CryptoObject{n:02d}" for n in range(3)):
            for id_channel, share_channel in (("R", "G"), ("B", "A")):
                if f"{layer}.{id_channel}" in channels:
                    same = channels[f"{layer}.{id_channel}"].view(np.uint32) == int(manifest[name], 16)
                    pulled += same * channels[f"{layer}.{share_channel}"]
        np.testing.assert_allclose(pulled, wanted, atol=1e-6)


def test_one_sample_covers_all_or_nothing() -> None:
    piece = np.array([[-1, 0], [1, 2]])
    objects, pieces = mattes_of(piece, np.array([0, 1, 1]), ("ball", "pane"))
    assert objects.names == ("ball", "pane")
    assert pieces.names == ("ball.000", "pane.000", "pane.001")
    (layer,) = layers(objects)
    np.testing.assert_array_equal(layer[..., 1], [[0, 1], [1, 1]])
    assert layer[1, 0, 0] == layer[1, 1, 0] != layer[0, 1, 0]
    assert len(metadata(objects)) == 4
