"""Fingerprints: the reference's own hashes, exact symmetries, an index that is its twin, and clips found again."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.errors import MediaError, ProvenanceError
from kinema.media.encode import ClipWriter
from kinema.provenance.fingerprint.fingerprint import (
    TURNED,
    Fingerprint,
    asked,
    asked_closely,
    change_of,
    cut_outs,
    cut_outs_and_tiles,
    fingerprint_of,
    kept,
    without_bars,
)
from kinema.provenance.fingerprint.index import RADIUS, HashIndex, scan
from kinema.provenance.fingerprint.pdq import (
    cosines,
    distance,
    hex_of,
    luma_of,
    packed,
    quality_of,
    turned,
)
from kinema.provenance.fingerprint.vote import TILES, Agreement, elect


def picture(height: int, width: int, depth: int) -> np.ndarray:
    """Whole-number pixels, the same on every machine."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    y, x = y * 1000 // height, x * 1000 // width
    waves = (((x * x // 900 + y * k // 7 + x * y // (300 + 40 * k)) % 211) - 105 for k in (3, 5, 8))
    return np.stack([128 + depth * wave // 105 for wave in waves], axis=-1).astype(np.uint8)


# Computed with pdqhash 0.2.8, Facebook's own C++.
REFERENCE = {
    (480, 854, 100): ("673e663fce3c8e3c1e7c7c78f87c00fcfff8cce00de0ffe048006cc04cc0ecc0", 100),
    (64, 64, 100): ("273d673fe73cc61c0e3c7e38fc7c00786ffcecf000e0fff0ec6066206640ace0", 100),
    (100, 333, 100): ("673d673ee63cce3c0e7c7c3cf87c00fcfff8e4f004e0fff004406ce044c06dc0", 100),
    (37, 41, 60): ("33ad372d6753e6148f5a3e3cfc38c07c35fdff6000607fe03ee04e80f7601560", 100),
    (270, 480, 6): ("673f673fc63c8e3c1e7c7c78f87c00fcfff8cce00de0ffe04c404cc04cc04cc0", 20),
}
REFERENCE_TURNS = [  # all eight of (64, 64, 100), in our order
    "273d673fe73cc61c0e3c7e38fc7c00786ffcecf000e0fff0ec6066206640ace0",
    "726d324ab26993415b692b6da929552d3aa9b9a55515aaa5b13533753115f9b5",
    "273898c1e73c39eb0e3cc1c7fc7cff876ffc130f0060000fec6099df6640531f",
    "726dcdb4b2696cbe5b69d492ad29aad23aa9465a5535555ab935cc8a7315064a",
    "325976dee6df06100ed9fedffc96e09000f103fbeffdffd0ff80fa804000c000",
    "670c278bb38a53455b8cab8aa9c3b5c5558456aebaa8aa85bad52fd515555555",
    "32598921e6dff9ef0ed10120fc941f6f00d1fc04afdd002fef80857f4000bfff",
    "670cdc76b38aacba5b8c5675a9c34a3a5584a951faa8557abad5d02a1555aaaa",
]


def hash_of(frame: np.ndarray) -> np.ndarray:
    luma = luma_of(frame)
    rows, columns = luma.shape
    return packed(cosines(rows, 0.0, 1.0) @ luma @ cosines(columns, 0.0, 1.0).T)


@pytest.mark.parametrize("size", REFERENCE)
def test_hashes_are_the_references_bit_for_bit(size: tuple[int, int, int]) -> None:
    assert (hex_of(hash_of(picture(*size))), quality_of(luma_of(picture(*size)))) == REFERENCE[size]


def test_turns_need_no_pixels() -> None:
    """At 64 x 64 nothing is resampled, so the hash of turned pixels is the turned hash exactly."""
    frame = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    luma = luma_of(frame)
    hashes = packed(turned(cosines(64, 0.0, 1.0) @ luma @ cosines(64, 0.0, 1.0).T))
    across = frame.swapaxes(0, 1)
    pixels = [frame, frame[:, ::-1], frame[::-1], frame[::-1, ::-1]]
    pixels += [across, across[:, ::-1], across[::-1], across[::-1, ::-1]]
    assert [hex_of(h) for h in hashes] == [hex_of(hash_of(p)) for p in pixels]
    assert len(set(map(hex_of, hashes))) == 8


def test_a_view_is_the_hash_of_the_pixels_cut_out() -> None:
    frame = picture(200, 320, 100)
    codes, hashes = cut_outs(luma_of(frame))
    assert hex_of(hashes[0]) == hex_of(hash_of(frame))
    # 0.54 of 200 and 320, and 9:16 at full height: rounded as `sampling` rounds.
    for code, (rows, columns) in {10: (108, 173), 11: (200, 112)}.items():
        top, left = round((1 - rows / 200) / 2 * 200), round((1 - columns / 320) / 2 * 320)
        cut = frame[top : top + rows, left : left + columns]
        # Where the cut begins may round to the next pixel: 0.6 % of the window, worth some ten bits.
        assert distance(hashes[list(codes).index(code)], hash_of(cut)) <= 16


def test_turns_are_the_references() -> None:
    luma = luma_of(picture(64, 64, 100))
    hashes = packed(turned(cosines(64, 0.0, 1.0) @ luma @ cosines(64, 0.0, 1.0).T))
    assert [hex_of(h) for h in hashes] == REFERENCE_TURNS


@given(st.integers(0, 2**32), st.integers(0, RADIUS), st.integers(0, 400))
def test_the_index_is_its_plain_twin(seed: int, radius: int, rows: int) -> None:
    """On hashes in clusters, where neighbours at every distance around the radius are many."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2**64, (3, 4), dtype=np.uint64)
    hashes = flipped(rng, centres[rng.integers(0, 3, rows)], 30)
    queries = flipped(rng, centres[rng.integers(0, 3, 20)], 12)
    found, wanted = HashIndex(hashes).search(queries, radius), scan(hashes, queries, radius)
    assert found.query.tolist() == wanted.query.tolist()
    assert found.row.tolist() == wanted.row.tolist()
    assert found.distance.tolist() == wanted.distance.tolist()


def flipped(rng: np.random.Generator, hashes: np.ndarray, most: int) -> np.ndarray:
    """Each with up to `most` bits changed."""
    bits = np.unpackbits(hashes.astype("<u8").view(np.uint8).reshape(len(hashes), 32), axis=1)
    for row in bits:
        row[rng.choice(256, rng.integers(0, most + 1), replace=False)] ^= 1
    return np.packbits(bits, axis=1).view("<u8").astype(np.uint64).reshape(len(hashes), 4)


@given(st.sets(st.integers(0, 255), max_size=RADIUS))
def test_whatever_31_bits_change_the_hash_is_found(changed: set[int]) -> None:
    rng = np.random.default_rng(1)
    hashes = rng.integers(0, 2**64, (50, 4), dtype=np.uint64)
    query = hashes[7].copy()
    for bit in changed:
        query[bit // 64] ^= np.uint64(1 << bit % 64)
    found = HashIndex(hashes).search(query[None])
    assert (found.row.tolist(), found.distance.tolist()) == ([7], [len(changed)])


def test_no_radius_beyond_what_is_exact() -> None:
    with pytest.raises(ValueError, match="radius"):
        HashIndex(np.zeros((1, 4), np.uint64)).search(np.zeros((1, 4), np.uint64), RADIUS + 1)


@given(st.integers(0, 20), st.integers(0, 2**32))
def test_fingerprints_come_back_from_bytes(rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = Fingerprint(
        rng.integers(0, 2**32, rows, dtype=np.uint32),
        rng.integers(0, 256, rows, dtype=np.uint8),
        rng.integers(0, 2**64, (rows, 4), dtype=np.uint64),
    )
    back = Fingerprint.from_bytes(made.to_bytes())
    for one, other in zip(vars(made).values(), vars(back).values(), strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)


@given(st.binary(min_size=1, max_size=200))
def test_other_bytes_are_refused(raw: bytes) -> None:
    for bytes_ in (raw, b"kinema.pdq/1\x00" + raw):
        if len(bytes_) == 17 and bytes_.endswith(bytes(4)):
            continue  # a fingerprint of no rows, written otherwise
        with pytest.raises(ProvenanceError, match="fingerprint"):
            Fingerprint.from_bytes(bytes_)


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_flat_pictures_have_no_hash(level: int) -> None:
    rng = np.random.default_rng(2)
    flat = np.full((120, 160), level, np.float32)
    faded = flat + np.linspace(0, 20, 160, dtype=np.float32)
    grainy = flat + rng.normal(0, 2, flat.shape).astype(np.float32)
    for luma in (flat, faded, grainy):
        assert len(fingerprint_of([(0, luma)], cut_outs_and_tiles)) == 0
    assert len(fingerprint_of([(0, luma_of(picture(120, 160, 100)))], cut_outs_and_tiles)) > 0


def test_bars_are_cut_off_and_night_is_not() -> None:
    inner = luma_of(picture(60, 160, 100)) + 30
    boxed = np.zeros((120, 200), np.float32)
    boxed[30:90, 20:180] = inner
    assert np.array_equal(without_bars(boxed), inner)
    night = np.zeros((120, 200), np.float32)
    night[50:60, 90:110] = 200
    assert without_bars(night) is night
    assert without_bars(inner).shape == inner.shape


def agreement(rows: list[tuple[int, int, int, int]]) -> Agreement:
    """Of clip, asked time, kept time and turn."""
    clip, asked_time, kept_time, view = np.array(rows, np.int64).reshape(-1, 4).T
    return Agreement(clip, asked_time, kept_time, view.astype(np.uint8), np.zeros(len(rows), np.uint8))


def test_votes_count_moments_that_agree_in_time_and_turn() -> None:
    times = np.arange(0, 2000, 125)
    copy = [(3, int(t), int(t) + 5040, TURNED + 1) for t in times if t < 1500]
    chance = [
        (4, 0, 9000, TURNED),
        (4, 500, 100, TURNED),
        (4, 1000, 4000, TURNED),
        (4, 1000, 1000, TURNED + 2),
    ]
    (winner,) = elect(agreement(copy + chance), times)
    assert (winner.clip, winner.quarters, winner.score) == (3, 6, 6 / 8)
    assert (winner.shift, winner.asked_view) == (5040, TURNED + 1)
    assert elect(agreement(chance), times) == []
    assert elect(agreement([]), times) == []


def test_tiles_vote_only_with_themselves() -> None:
    """A tile here and another there are how an empty floor agrees with another."""
    times = np.array([0, 250, 500, 750])
    pairs = agreement([(1, int(t), int(t), TURNED) for t in times])
    scattered = Agreement(**{**vars(pairs), "kept_view": np.arange(TILES, TILES + 4, dtype=np.uint8)})
    assert elect(scattered, times) == []
    same = Agreement(**{**vars(pairs), "kept_view": np.full(4, TILES + 3, np.uint8)})
    assert [(e.clip, e.score) for e in elect(same, times)] == [(1, 1.0)]


def test_a_still_picture_has_one_vote_and_a_clip_needs_two() -> None:
    pair = [(1, 0, 750, TURNED)]
    assert [e.clip for e in elect(agreement(pair), np.array([0]))] == [1]
    assert elect(agreement(pair), np.array([0, 250])) == []


def test_shape_changes_are_said_in_words() -> None:
    assert change_of(TURNED, 0) == ""
    assert change_of(0, 0) == ""
    assert change_of(TURNED + 1, 0) == "mirrored"
    assert change_of(TURNED + 6, 4) == "turned right, cropped"
    assert change_of(TURNED + 1, TILES + 7) == "mirrored, cropped"
    assert change_of(TURNED, 12) == "reframed"


# Clips: a camera that travels over a landscape of its own, 24 frames a second.
RATE, FRAMES, HEIGHT, WIDTH = 24, 54, 180, 320


def travel(seed: int, frames: int = FRAMES) -> list[np.ndarray]:
    """Amplitude falls with frequency, as it does in photographs (Field 1987)."""
    height, width = HEIGHT + frames, WIDTH + 2 * frames
    y, x = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    spectrum = np.fft.rfft2(np.random.default_rng(seed).normal(size=(height, width))) / np.hypot(y, x + 1e-3)
    land = np.fft.irfft2(spectrum, (height, width))
    land = np.clip(128 + 50 * (land - land.mean()) / land.std(), 0, 255).astype(np.uint8)
    land = np.repeat(land[..., None], 3, axis=2)
    return [land[n : n + HEIGHT, 2 * n : 2 * n + WIDTH] for n in range(frames)]


def written(path: Path, frames: list[np.ndarray], rate: int = RATE) -> Path:
    height, width = (side // 2 * 2 for side in frames[0].shape[:2])
    with ClipWriter(path, "h264", width, height, Fraction(rate)) as writer:
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[:height, :width]))
    return path


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[np.ndarray], Callable[..., list[tuple]]]:
    """Frames of clip 0, and what a file is found as among two clips: number, change, shift."""
    folder = tmp_path_factory.mktemp("shelf")
    prints = [kept(written(folder / f"{n}.mp4", travel(n))) for n in range(2)]
    clip = np.concatenate([np.full(len(p), n) for n, p in enumerate(prints)])
    time, view = np.concatenate([p.time for p in prints]), np.concatenate([p.view for p in prints])
    index = HashIndex(np.concatenate([p.hash for p in prints]))

    def look(path: Path, ask: Callable[[Path], Fingerprint] = asked) -> list[tuple]:
        question = ask(path)
        found = index.search(question.hash)
        pairs = Agreement(
            clip[found.row],
            question.time[found.query].astype(np.int64),
            time[found.row].astype(np.int64),
            question.view[found.query],
            view[found.row],
        )
        return [(e.clip, change_of(e.asked_view, e.kept_view), e.shift) for e in elect(pairs, question.time)]

    return travel(0), look


def quarter_turn(frame: np.ndarray) -> np.ndarray:
    return np.rot90(frame, -1)  # to the right


def letterboxed(frame: np.ndarray) -> np.ndarray:
    return np.pad(frame, ((40, 40), (0, 0), (0, 0)))


EDITS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "as it is": (lambda f: f, ""),
    "mirrored": (lambda f: f[:, ::-1], "mirrored"),
    "turned": (quarter_turn, "turned right"),
    "upside down": (lambda f: f[::-1, ::-1], "turned by 180 degrees"),
    "darker": (lambda f: f // 2, ""),
    "half size": (lambda f: f[::2, ::2], ""),
    "letterboxed": (letterboxed, ""),
    "cropped": (lambda f: f[26:154, 46:274], "cropped"),  # 0.71 of each side, from the middle
    "9:16": (lambda f: f[:, 110:210], "reframed"),
    "cropped and mirrored": (lambda f: f[26:154, 46:274][:, ::-1], "mirrored, cropped"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_is_found_and_the_edit_is_said(
    shelf: tuple[list[np.ndarray], Callable[..., list[tuple]]], tmp_path: Path, edit: str
) -> None:
    frames, look = shelf
    change, said = EDITS[edit]
    assert look(written(tmp_path / "copy.mp4", [change(f) for f in frames])) == [(0, said, 0)]


def test_a_cut_out_from_anywhere_is_found_when_asked_closely(
    shelf: tuple[list[np.ndarray], Callable[..., list[tuple]]], tmp_path: Path
) -> None:
    frames, look = shelf
    corner = written(
        tmp_path / "corner.mp4", [frame[7:147, 51:299] for frame in frames[:30]]
    )  # 0.78 of each side
    assert look(corner) == []
    # When is not tested: the camera travels, so a tile shows later what another shows now.
    assert [found[:2] for found in look(corner, asked_closely)] == [(0, "cropped")]
    mirrored = written(tmp_path / "mirrored.mp4", [frame[7:147, 51:299][:, ::-1] for frame in frames[:30]])
    assert [found[:2] for found in look(mirrored, asked_closely)] == [(0, "mirrored, cropped")]
    assert look(written(tmp_path / "other.mp4", travel(9, 30)), asked_closely) == []


def test_a_piece_is_found_and_where_it_comes_from(
    shelf: tuple[list[np.ndarray], Callable[..., list[tuple]]], tmp_path: Path
) -> None:
    frames, look = shelf
    ((clip, change, shift),) = look(written(tmp_path / "piece.mp4", frames[23:53]))
    assert (clip, change) == (0, "")
    assert abs(shift - 1000 * 23 / RATE) <= 125  # half the distance between kept moments


def test_another_rate_is_found(
    shelf: tuple[list[np.ndarray], Callable[..., list[tuple]]], tmp_path: Path
) -> None:
    frames, look = shelf
    assert [found[0] for found in look(written(tmp_path / "pal.mp4", frames, 25))] == [0]


def test_what_is_not_on_the_shelf_is_not_found(
    shelf: tuple[list[np.ndarray], Callable[..., list[tuple]]], tmp_path: Path
) -> None:
    _, look = shelf
    assert look(written(tmp_path / "other.mp4", travel(9))) == []
    assert look(written(tmp_path / "black.mp4", [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 30)) == []


def test_a_still_is_found(shelf: tuple[list[np.ndarray], Callable[..., list[tuple]]], tmp_path: Path) -> None:
    from PIL import Image

    frames, look = shelf
    Image.fromarray(frames[30]).save(tmp_path / "still.png")
    assert [found[0] for found in look(tmp_path / "still.png")] == [0]


@pytest.mark.parametrize("content", [b"", b"not a clip", bytes(4000)])
def test_what_is_no_clip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.mp4").write_bytes(content)
    for look in (kept, asked):
        with pytest.raises(MediaError):
            look(tmp_path / "x.mp4")


@pytest.mark.parametrize("side", [12_000, 30_000])
def test_a_picture_that_unpacks_to_gigapixels_is_refused_unopened(tmp_path: Path, side: int) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return len(content).to_bytes(4, "big") + kind + content + check.to_bytes(4, "big")

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side // 8)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert len(png) < 200_000
    (tmp_path / "bomb.png").write_bytes(png)
    with pytest.raises(MediaError, match="pixels"):
        asked(tmp_path / "bomb.png")
