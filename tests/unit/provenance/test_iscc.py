"""ISCC: frame signatures are FFmpeg's to the bit and their own slow twin's; codes are iscc-core's; likeness lasts."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from kinema.errors import MediaError, ProvenanceError
from kinema.media.decode import read_frames, read_luma
from kinema.media.encode import ClipWriter
from kinema.provenance.iscc import code
from kinema.provenance.iscc.code import RATE, code_of, iscc_of, video_code_of
from kinema.provenance.iscc.elements import SIDE, categories
from kinema.provenance.iscc.signature import ELEMENTS, NEAR, signature_of
from kinema.provenance.iscc.units import units_of

FFMPEG = shutil.which("ffmpeg")
# By the `signature` filter of FFmpeg 5.1.9 from `picture`, five elements a byte; the last is so large that it rounds.
REFERENCE = {
    (480, 854, 100): "4c1b5501df541d3da4745cdc27f18dab55797814b8b459431a447ef0d577808ce92ccef2b7c49301"
    "cd56c513950c62335bb2c04d212a83671233ade80e33026c19984544f079d8824a0cb00d",
    (64, 64, 100): "4db5ab5ee10c1d3dadc5ceae93f1b1b479278365b5ac52be199448b9ba6e4ac1684c276d192cf100"
    "049ddf632960c5334061464d212b0d8100475ce0bd1c0f47d5e94576e1426f4c4d54b95b",
    (100, 333, 60): "431b5500e8511d3da3745cdf27f03cae55797965bbb459461a4330f0d577808be635c5f2d2cd421b"
    "ceb0c52e9503682d67cac04d6f18b9d30918addf5f0f026c19a14695d555d8284a0faf0d",
    (37, 41, 100): "1530a6acd3b1028dabc553795ee596aba707ef68d4e256501639ed2a7e1d4dc6ce97668e0cc29e3f"
    "5953217f9851a766e3737b847b2dd3701245b4d80c030e83198a4e5067919c992e040ea5",
    (270, 480, 2): "281b54006f001d3da4745cdc27f18db755797814b8b459431a447ef0d577808ce9357df2b7739c01"
    "7d6ec513950c62335baf6f4d1e0fd467124eade80e3302bd187d459ef079d8794a0cb00d",
    (2304, 4096, 100): "4c1b5501df541d3da4745cdf27f18dae55797814b8b459431a447ef0d5777f8ce611c5f2b7589301"
    "cd56c5139e0c62305bafc04d212ad4671233ade80e33026c197d454df079d882490fb00d",
}


def picture(height: int, width: int, depth: int) -> np.ndarray:
    """Whole-number luma, the same on every machine."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    y, x = y * 1000 // height, x * 1000 // width
    return (128 + depth * ((x * x // 900 + y * 3 // 7 + x * y // 420) % 211 - 105) // 105).astype(np.uint8)


def clouds(seed: int, moment: float) -> np.ndarray:
    """A picture of waves of their own that drift; never alike for two seeds."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:90, 0:160] / 160
    waves = [(rng.normal(0, 20, 2), rng.uniform(0, 6.28), rng.uniform(8, 28)) for _ in range(12)]
    luma = 128 + sum(a * np.sin(k[0] * (x + moment / 40) + k[1] * y + p) for k, p, a in waves)
    return np.repeat(np.clip(luma, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def write_clip(path: Path, seed: int, frames: int = 36) -> Path:
    with ClipWriter(path, "h264", 160, 90, Fraction(24)) as writer:
        for n in range(frames):
            writer.write(clouds(seed, n / 24))
    return path


def encode(
    path: Path, pictures: Iterable[np.ndarray], codec: str, rate: Fraction, pixels: str, **options: str
) -> Path:
    """RGB or luma, by any codec."""
    pictures = list(pictures)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        for shown in pictures:
            frame = av.VideoFrame.from_ndarray(shown, format="gray" if shown.ndim == 2 else "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def lossless(path: Path, pictures: list[np.ndarray], rate: int) -> Path:
    """Luma that is decoded to the bit."""
    return encode(path, pictures, "ffv1", Fraction(rate), "gray")


def bits_apart(one: bytes, other: bytes) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(one[2:34], other[2:34], strict=True))


def unit(text: str) -> bytes:
    text = text.removeprefix("ISCC:")
    return base64.b32decode(text + "=" * (-len(text) % 8))


# Frame signatures


@pytest.mark.parametrize("shape", REFERENCE, ids=str)
def test_signatures_are_those_of_ffmpeg(shape: tuple[int, int, int]) -> None:
    packed = signature_of(picture(*shape)).reshape(-1, 5) @ np.array([81, 27, 9, 3, 1], np.uint8)
    assert packed.astype(np.uint8).tobytes().hex() == REFERENCE[shape]


def test_elements_are_as_many_as_the_standard_has() -> None:
    assert [len(c.first) for c in categories()] == [20, 12, 116, 25, 36, 30, 62, 9, 50, 20]
    assert [c.averages for c in categories()] == [True] * 2 + [False] * 8
    for category in categories():
        sides = np.concatenate([category.first, category.second], axis=1)
        assert len(np.unique(sides, axis=0)) == len(sides), "an element that is there twice"
        # What is wide and what is tall overlap in the middle; all others compare different places.
        assert len(sides) == 9 or not (category.first & category.second).any()


@pytest.mark.parametrize("shape", [(41, 37), (96, 64), (50, 120)])
def test_the_slow_twin_says_the_same(shape: tuple[int, int]) -> None:
    """In fractions, block by block, as the standard's text has it."""
    luma = np.random.default_rng(shape[0]).integers(0, 256, shape).astype(np.uint8)
    row, column = (np.arange(n) * SIDE // n for n in shape)
    cells = [
        [Fraction(int(luma[row == r][:, column == c].sum()), int((row == r).sum() * (column == c).sum()))
         for c in range(SIDE)] for r in range(SIDE)
    ]  # fmt: skip
    flat = [cell for line in cells for cell in line]
    expected: list[int] = []
    for category in categories():
        values = []
        for first, second in zip(category.first, category.second, strict=True):
            one, other = (
                Fraction(sum(flat[n] for n in np.flatnonzero(block)), max(1, int(block.sum())))
                for block in (first, second)
            )
            values.append(one - (128 if category.averages else other))
        near = sorted(map(abs, values))[int(len(values) * NEAR)]
        expected += [1 + (value > near) - (value < -near) for value in values]
    assert signature_of(luma).tolist() == expected


def test_a_negative_has_the_opposite_differences() -> None:
    luma = picture(90, 160, 100)
    differences = slice(32, ELEMENTS)
    assert (signature_of(255 - luma)[differences] == 2 - signature_of(luma)[differences]).all()


def test_a_flat_picture_has_no_sign_anywhere() -> None:
    assert (signature_of(np.full((64, 64), 128, np.uint8)) == 1).all()


@pytest.mark.skipif(FFMPEG is None, reason="no ffmpeg on this machine")
@pytest.mark.parametrize(
    ("name", "codec", "pixels", "rate"),
    [
        ("a.mp4", "libx264", "yuv420p", Fraction(24)),
        ("a.mkv", "libx264", "yuv420p", Fraction(30000, 1001)),
        ("a.mp4", "libx264", "yuv420p10le", Fraction(25)),
        ("a.mov", "prores_ks", "yuv422p10le", Fraction(24)),
        ("a.mkv", "ffv1", "bgr0", Fraction(60)),
    ],
)
def test_of_a_clip_as_the_ffmpeg_program_says(
    tmp_path: Path, name: str, codec: str, pixels: str, rate: Fraction
) -> None:
    """The command that iscc-core documents and iscc-sdk runs: choice of frames, conversion and all."""
    drawn = (clouds(7, float(n / rate)) for n in range(int(1.7 * rate)))
    clip = encode(tmp_path / name, drawn, codec, rate, pixels)
    filters = f"fps=fps={RATE},signature=format=xml:filename=sig.xml"
    subprocess.run(
        [str(FFMPEG), "-v", "error", "-nostdin", "-i", str(clip), "-vf", filters, "-f", "null", "-"],
        cwd=tmp_path,
        check=True,
    )
    said = re.findall(r"<FrameSignature>(.*?)</FrameSignature>", (tmp_path / "sig.xml").read_text("utf-8"))
    ours = [" ".join(map(str, signature_of(luma))) for luma in read_luma(clip, RATE)]
    assert len(ours) in (8, 9)
    assert ours == [" ".join(one.split()) for one in said]


# Units


VECTOR = (  # IEP-0020, test vector 1: Meta-, Content-, Data- and Instance-Code
    "0007578c7c8fbfbdb58f29f63efeb3871553faa75ff97458d49eff5ee4ddf36bb6c92007a88248c53a852c8d7e9c547047c9a36c4052"
    "b6acabef1e2a4ce15e586e0cb305300705b41f3472493225d27edcbdb63236846a53ee28deca5e3561acc0c9bbdf81b54007a522af4a"
    "2c9cbf6a808924afd2acfa0793347b936678f5982e22fdd3dd4a0e37"
)


def test_a_sequence_is_taken_apart_at_its_headers() -> None:
    units = units_of(bytes.fromhex(VECTOR))
    assert [(one.header.hex(), len(one.body), one.kind) for one in units] == [
        ("0007", 32, None),
        ("2007", 32, None),
        ("3007", 32, None),
        ("4007", 32, "instance"),
    ]
    assert b"".join(one.raw for one in units).hex() == VECTOR
    # Short codes are kept and not matched; a subtype that nobody knows is no reason to refuse.
    assert [one.kind for one in units_of(bytes.fromhex("21018c3585376ee22d5a" + "270000000000"))] == [
        None,
        None,
    ]
    # ISO 24138 numbers of two, three and four nibbles.
    for header, length in (("280070", 32), ("2c0000", 4), ("2e000010", 8)):
        assert units_of(bytes.fromhex(header) + bytes(length))[0].body == bytes(length)


@pytest.mark.parametrize(
    "refused",
    [
        "",
        "28000100000000",  # the nibble that fills the header up is not 0
        "200800" + "00" * 36,
        "3000000000",  # a body that is cut short
        "30000000000000",  # a byte too many
        "5005578c7c8fbfbdb58fa88248c53a852c8d05b41f3472493225a522af4a2c9cbf6a",  # an ISCC-CODE
        "60100000000000000000",  # an ISCC-ID
        "f0070000",
    ],
)
def test_no_other_bytes_are_a_sequence(refused: str) -> None:
    with pytest.raises(ProvenanceError, match="must be an ISCC-SEQ"):
        units_of(bytes.fromhex(refused))


# Codes


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    pytest.importorskip("iscc_lib")
    folder = tmp_path_factory.mktemp("iscc")
    return [write_clip(folder / f"{seed}.mp4", seed) for seed in range(3)]


def test_codes_are_those_of_iscc_core() -> None:
    """Its conformance vectors `gen_video_code_v0`; shorter codes are the beginnings of longer ones."""
    pytest.importorskip("iscc_lib")
    assert code_of([[0] * 380])[2:10] == unit("ISCC:EMAQAAAAAAAAAAAA")[2:]
    two = [[0, 1, 0, 2, 1] * 76, [1, 2, 1, 0, 2] * 76]
    assert code_of(two)[2:18] == unit("ISCC:EMBZEMGSDFIB4AHUEZSLJPJANMAAY")[2:]
    assert code_of([range(380)]) == unit("ISCC:EMDVFD4RIMPXYSWSNEZPYBZ2FDFMSPZBUMDRUFJPYKJFXWXNDUMQAYI")


def test_a_clip_has_the_code_that_ffmpeg_and_iscc_core_give_it(tmp_path: Path) -> None:
    """FFmpeg 5.1.9 and 9.0.2, iscc-core 1.5.0. The clip is lossless, so its pixels are the same everywhere."""
    pytest.importorskip("iscc_lib")
    pictures = [np.roll(picture(180, 320, 100), 9 * n, axis=1) for n in range(24)]
    made = video_code_of(lossless(tmp_path / "exact.mkv", pictures, 12))
    assert made == unit("ISCC:EMDQUS3WAGPR52LKMAFFK6VLKQBVHN6CE7VT4KJH6QYINGA262GIA5I")


def test_likeness_outlives_another_encoding(clips: list[Path], tmp_path: Path) -> None:
    first = video_code_of(clips[0])
    assert first is not None
    halved = [frame[::2, ::2] for frame in read_frames(clips[0])]
    for name, shown, crf in (("worse", read_frames(clips[0]), 35), ("small", halved, 28)):
        path = tmp_path / f"{name}.mp4"
        shown = (np.ascontiguousarray(frame[: frame.shape[0] // 2 * 2]) for frame in shown)
        found = video_code_of(encode(path, shown, "libx264", Fraction(24), "yuv420p", crf=str(crf)))
        assert found is not None
        # Ten such clips differed in at most 16 bits; 40 is the radius of a lookup.
        assert bits_apart(first, found) <= 20, name


def test_others_are_far_away(clips: list[Path]) -> None:
    made = [found for clip in clips if (found := video_code_of(clip))]
    # Unlike codes differ in half their bits: of ten pairs of takes none in fewer than 102.
    assert min(bits_apart(made[a], made[b]) for a, b in ((0, 1), (0, 2), (1, 2))) > 80


def test_the_instance_code_is_of_the_bytes(clips: list[Path]) -> None:
    lib = pytest.importorskip("iscc_lib")
    video, instance = units_of(iscc_of(clips[0]) or b"")
    assert (video.kind, instance.kind) == ("video", "instance")
    assert instance.raw == unit(lib.gen_instance_code_v0(clips[0].read_bytes(), 256).iscc)
    assert video.raw == video_code_of(clips[0])


def test_what_all_flat_small_or_long_clips_share_is_no_code(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat, small = np.full((64, 64), 90, np.uint8), picture(31, 64, 100)
    assert iscc_of(lossless(tmp_path / "flat.mkv", [flat] * 12, 12)) is None
    assert iscc_of(lossless(tmp_path / "small.mkv", [small] * 12, 12)) is None
    assert iscc_of(lossless(tmp_path / "one.mkv", [picture(64, 64, 100)], 24)) is None
    monkeypatch.setattr(code, "LONGEST", 1)
    assert iscc_of(clips[0]) is None


def test_without_iscc_lib_nothing_is_said_and_no_clip_is_refused(
    draw_clip: Callable[[Path], Path], tmp_path: Path, monkeypatch
) -> None:
    clip = draw_clip(tmp_path / "clip.mp4")
    monkeypatch.setattr(code, "find_spec", lambda _: None)
    assert iscc_of(clip) is None
    (tmp_path / "no.mp4").write_bytes(b"no clip")
    with pytest.raises(MediaError):
        list(read_luma(tmp_path / "no.mp4", RATE))
