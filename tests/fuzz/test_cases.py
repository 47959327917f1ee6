"""Files made to hurt, one by one: bombs, names that lead outside, and what `test_fuzz.py` found."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.cost.meter import Meter
from kinema.errors import MediaError, PolicyError, ProvenanceError, ShotError, TrainingError
from kinema.folder import TakeFolder
from kinema.media.arrays import array_in, unpacked
from kinema.media.decode import read_clip, read_frames
from kinema.media.exr import Slate, read_colour, write_exr
from kinema.media.image import png_bytes
from kinema.physics.mesh_file import read_surface
from kinema.physics.tape import Tape
from kinema.render.radiance import read_hdr
from kinema.shot.body import Mesh
from kinema.verify.report import read_report

GIB = 2**30
SLATE = Slate(frame=0, rate=Fraction(24), ev100=0.0)


def height(read: str) -> int:
    """Bytes of memory that a process takes at most which runs this and ends in a `KinemaError`."""
    program = f"""
from kinema.cost.meter import peak_memory
from kinema.errors import KinemaError
try:
    {read}
except KinemaError:
    print(peak_memory())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    return int(done.stdout)


# --- clips ------------------------------------------------------------------------------------------------


def test_a_playlist_opens_no_other_file(tmp_path: Path, draw_clip: Callable[[Path], Path]) -> None:
    """libav would follow it out of the folder."""
    outside = draw_clip(tmp_path / "outside.ts")
    inside = tmp_path / "in"
    inside.mkdir()
    for name, text in {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{outside}\n#EXT-X-ENDLIST\n",
        "list.mp4": f"ffconcat version 1.0\nfile {outside}\n",
        "list.sdp": "v=0\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    }.items():
        (inside / name).write_text(text)
        with pytest.raises(MediaError):
            read_clip(inside / name)


def test_a_name_is_a_file_and_no_address(tmp_path: Path, draw_clip: Callable[[Path], Path]) -> None:
    clip = draw_clip(tmp_path / "clip.ts")
    for name in (f"concat:{clip}", "http://127.0.0.1:9/clip.mp4", f"subfile,,start,0,end,0,,:{clip}"):
        with pytest.raises(MediaError, match="No such file"):
            read_clip(name)
    picture = tmp_path / "shot%02d.png"
    picture.write_bytes(png_bytes(np.zeros((4, 6, 3), np.uint8)))
    (tmp_path / "shot01.png").write_bytes(png_bytes(np.zeros((40, 60, 3), np.uint8)))
    assert read_clip(picture).width == 6


def test_pictures_of_every_kind_are_still_read(tmp_path: Path) -> None:
    from PIL import Image

    for kind in ("png", "jpeg", "webp", "gif", "tiff", "bmp"):
        path = tmp_path / f"picture.{kind}"
        Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(path)
        assert next(read_frames(path)).shape == (48, 64, 3)


def png(width: int, height: int) -> bytes:
    """All black, without making it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    pack, row = zlib.compressobj(9), bytes(1 + 3 * width)
    packed = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def test_picture_bombs_are_refused_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png(16000, 12000))  # 0.6 GB in half a megabyte
    assert height(f"from kinema.media.image import read_png; read_png({str(bomb)!r})") < GIB / 4
    assert height(f"from kinema.media.decode import read_clip; read_clip({str(bomb)!r})") < GIB / 4
    assert height(f"from kinema.media.decode import read_frames; next(read_frames({str(bomb)!r}))") < GIB / 4


def test_a_stream_of_no_codec_is_refused(tmp_path: Path, draw_clip: Callable[[Path], Path]) -> None:
    clip = draw_clip(tmp_path / "clip.mp4")
    clip.write_bytes(clip.read_bytes().replace(b"avc1", b"????"))
    with pytest.raises(MediaError):
        read_clip(clip)


# --- OpenEXR and Radiance ---------------------------------------------------------------------------------


@pytest.fixture
def exr(tmp_path: Path) -> Path:
    path = tmp_path / "frame.exr"
    write_exr(path, np.random.default_rng(0).random((64, 80, 3)), SLATE)
    return path


def test_a_window_without_pixels_is_refused(exr: Path) -> None:
    raw = exr.read_bytes()
    at = raw.index(b"dataWindow") + len(b"dataWindow\0box2i\0") + 4
    exr.write_bytes(raw[:at] + struct.pack("<4i", 0, 0, 99_999, 99_999) + raw[at + 16 :])
    with pytest.raises(MediaError, match="30000000000 numbers"):
        read_colour(exr)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_a_frame_that_ends_early_is_refused_and_not_read_as_black(exr: Path, share: float) -> None:
    raw = exr.read_bytes()
    exr.write_bytes(raw[: int(share * len(raw))])
    with pytest.raises(MediaError):
        read_colour(exr)


def test_damaged_pixels_are_refused(exr: Path) -> None:
    raw = exr.read_bytes()
    half = len(raw) // 2
    exr.write_bytes(raw[:half] + bytes(200) + raw[half + 200 :])
    with pytest.raises(MediaError, match="damaged pixels"):
        read_colour(exr)


def test_an_hdri_of_runs_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "dome.hdr"
    path.write_bytes(b"#?RADIANCE\n\n-Y 16384 +X 16384\n" + b"\2\2\x40\0")
    with pytest.raises(MediaError, match="16384 x 16384"):
        read_hdr(path)


# --- archives of arrays -----------------------------------------------------------------------------------


def archive(**members: bytes) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(f"{name}.npy", content)
    return target


def npy(array: np.ndarray, **changed: Any) -> bytes:
    """In numpy's format, with a header that says something else."""
    head = {"descr": array.dtype.str, "fortran_order": False, "shape": array.shape} | changed
    text = (repr(head) + "\n").encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + array.tobytes()


@pytest.mark.parametrize(
    "header",
    [
        {"shape": (2**60,)},
        {"shape": (-1, -3)},
        {"shape": (3, 2**62, 0)},
        {"descr": "|O"},
        {"descr": ">f8"},
        {"descr": "<U4000000"},
        {"shape": ()},
    ],
)
def test_headers_must_be_true(header: dict[str, Any]) -> None:
    with pytest.raises(ValueError), unpacked(archive(a=npy(np.zeros(3), **header)), most=10**6) as packed:  # noqa: PT011
        array_in(packed, "a.npy")


def test_an_unclosed_header_is_no_traceback() -> None:
    broken = npy(np.zeros(3)).replace(b"}", b" ")
    with (
        pytest.raises(ValueError, match=r"TokenError|SyntaxError|parse"),
        unpacked(archive(a=broken), most=10**6) as packed,
    ):
        array_in(packed, "a.npy")


@given(st.binary(max_size=400))
def test_any_bytes_are_an_array_or_a_value_error(content: bytes) -> None:
    try:
        with unpacked(archive(a=b"\x93NUMPY\1\0" + content), most=10**6) as packed:
            array_in(packed, "a.npy")
    except ValueError:
        pass


def test_a_tape_that_unpacks_to_gigabytes_is_refused_packed(tmp_path: Path) -> None:
    bomb = tmp_path / "tape.kt"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("position.npy", bytes(2**28))
    assert height(f"from kinema.physics.tape import Tape; Tape.load({str(bomb)!r})") < GIB / 4


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("geometry/faces.npy", lambda a: a + 10**6),
        ("geometry/face_piece.npy", lambda a: a - 1),
        ("geometry/piece_body.npy", lambda a: a + 7),
        ("contacts/piece.npy", lambda a: np.full((1, 2), 99, np.int32)),  # noqa: ARG005
        ("position.npy", lambda a: a[:, :1]),
        ("orientation.npy", lambda a: a[..., :3]),
        ("cluster.npy", lambda a: a.astype(float)),
    ],
)
def test_a_tape_whose_parts_do_not_fit_is_refused(
    tmp_path: Path, tape: bytes, member: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Compiled kernels follow an index wherever it leads."""
    source, path = zipfile.ZipFile(io.BytesIO(tape)), tmp_path / "tape.kt"
    with zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == member:
                buffer = io.BytesIO()
                np.save(buffer, change(np.load(io.BytesIO(content))))
                content = buffer.getvalue()
            target.writestr(name, content)
    with pytest.raises(MediaError, match=r"must be a kinema\.tape"):
        Tape.load(path)


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from seeds import tapes

    folder = tmp_path_factory.mktemp("tape")
    tapes(folder)
    return (folder / "fall" / "tape.kt").read_bytes()


# --- meshes -----------------------------------------------------------------------------------------------


def glb(change: Callable[[dict[str, Any]], None]) -> bytes:
    import trimesh

    raw: Any = trimesh.creation.box((1, 1, 1)).export(file_type="glb")
    size = int.from_bytes(raw[12:16], "little")
    tree = json.loads(raw[20 : 20 + size])
    change(tree)
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    parts = [raw[:8], struct.pack("<II", 20 + len(text) + len(raw) - 20 - size, len(text)), raw[16:20], text]
    return b"".join(parts) + raw[20 + size :]


def test_a_mesh_of_absent_points_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lump.off"
    path.write_text("OFF\n4 4 0\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3\n3 1 2 3\n3 0 3 9999\n")
    with pytest.raises(ShotError):
        read_surface(path, Mesh(file=path.name), "bodies.0.shape.file")


@pytest.mark.parametrize("kind", ["SCALAR", "VEC2", "VEC4"])
def test_a_mesh_of_points_on_a_line_is_refused(tmp_path: Path, kind: str) -> None:
    def flatten(tree: dict[str, Any]) -> None:
        place = tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
        tree["accessors"][place] |= {"type": kind, "count": 4}

    path = tmp_path / "lump.glb"
    path.write_bytes(glb(flatten))
    with pytest.raises(ShotError):
        read_surface(path, Mesh(file=path.name), "bodies.0.shape.file")


def test_a_mesh_placed_too_often_is_refused_uncopied(tmp_path: Path) -> None:
    def multiply(tree: dict[str, Any]) -> None:
        tree["nodes"] = [{"children": [*range(1, 20_001)]}, *[{"mesh": 0}] * 20_000]
        tree["scenes"] = [{"nodes": [0]}]

    path = tmp_path / "lump.glb"
    path.write_bytes(glb(multiply))
    with pytest.raises(ShotError, match="20000 placings"):
        read_surface(path, Mesh(file=path.name), "bodies.0.shape.file")


def test_a_mesh_reads_no_file_outside_its_folder(tmp_path: Path) -> None:
    import trimesh

    inside = tmp_path / "in"
    inside.mkdir()
    files: Any = trimesh.creation.box((1, 1, 1)).scene().export(file_type="gltf")
    for name, content in files.items():
        text = name.endswith("gltf")
        content = content.replace(b'"uri":"', b'"uri":"../') if text else content
        ((inside / "lump.gltf") if text else (tmp_path / name)).write_bytes(content)
    assert b'"../' in (inside / "lump.gltf").read_bytes()
    with pytest.raises(ShotError):
        read_surface(inside / "lump.gltf", Mesh(file="lump.gltf"), "bodies.0.shape.file")


def test_a_stage_names_nothing_outside_or_elsewhere(tmp_path: Path) -> None:
    from kinema.shot.usd import load_usd

    for arc in (
        "references = @http://127.0.0.1:9/x.usd@",
        "payload = @/etc/passwd@",
        "references = @../x.usda@",
    ):
        path = tmp_path / "stage.usda"
        path.write_text(f'#usda 1.0\n(metersPerUnit = 1)\ndef "A" ({arc}) {{}}\n')
        with pytest.raises(ShotError):
            load_usd(path)


# --- weights and models -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../outside.bin", "/etc/hostname", ".."])
def test_weights_lie_in_their_folder(tmp_path: Path, name: str) -> None:
    from seeds import weights

    from kinema.diffusion.manifest import read_manifest

    weights(tmp_path)
    path = tmp_path / "set" / "weights.json"
    stated = json.loads(path.read_text())
    stated["files"][name] = "0" * 64
    path.write_text(json.dumps(stated))
    with pytest.raises(TrainingError, match="outside its folder"):
        read_manifest(path.parent)


def test_an_index_lists_files_beside_it(tmp_path: Path) -> None:
    from kinema.diffusion.open_weights.memory import weight_files

    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"w": "../../x.safetensors"}}')
    with pytest.raises(TrainingError, match="outside its folder"):
        weight_files(tmp_path)


def test_a_licence_of_aliases_has_an_end() -> None:
    from kinema.diffusion.open_weights.card import stated_licence

    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert stated_licence("---\n" + "\n".join(lines) + "\nlicense: *a11\n---\n") is None


# --- records ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["[" * 200_000, "[]", "{", "\ud800", "null", "3"])
@pytest.mark.parametrize("read", [
    lambda path: TakeFolder(path.parent).read_record(),
    lambda path: read_report(path),
    lambda path: Meter().keep_in(path),
])  # fmt: skip
def test_a_damaged_record_of_a_take_is_refused(
    tmp_path: Path, text: str, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "take.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(MediaError):
        read(path)


@pytest.mark.parametrize("stages", ["3", '{"draw": 3}', '{"draw": {"seconds": []}}'])
def test_a_meter_adds_up_nothing_but_numbers(tmp_path: Path, stages: str) -> None:
    path = tmp_path / "meter.json"
    path.write_text(f'{{"runs": 1, "stages": {stages}}}')
    with pytest.raises(MediaError):
        Meter().keep_in(path)


@given(payload=st.binary(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_a_trusted_signer_may_sign_anything(payload: bytes) -> None:
    """A receipt and a list of revocations whose signatures fit and whose content does not."""
    from tempfile import TemporaryDirectory

    from kinema.policy.consent.jws import sign, thumbprint
    from kinema.policy.consent.store import RECEIPT, REVOCATIONS, ConsentStore
    from kinema.provenance.keys import open_keyring

    with TemporaryDirectory() as folder:
        store = ConsentStore(Path(folder) / "house", Path(folder) / "keys", audit=lambda _: None)
        key = open_keyring(Path(folder) / "keys").keyring.consent
        with pytest.raises(PolicyError):
            store.read(sign(payload, key, kind=RECEIPT))
        signer = thumbprint(key.public)
        (store.folder / "revocations").mkdir(parents=True)
        (store.folder / "revocations" / f"{signer}.jws").write_text(sign(payload, key, kind=REVOCATIONS))
        with pytest.raises(PolicyError):
            store.revocations(signer)


def test_a_damaged_page_of_a_registry_is_refused_when_it_is_reached(tmp_path: Path) -> None:
    import sqlite3

    from kinema.provenance.registry.database import open_database

    path = tmp_path / "registry.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE t (a TEXT)")
        raw.executemany("INSERT INTO t VALUES (?)", [("x" * 400,)] * 2000)
    raw.close()
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = bytes(b ^ 0xFF for b in content[len(content) // 2 :])
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ProvenanceError, match="malformed"):
        list(open_database(path).rows("SELECT a FROM t"))


def test_an_upload_without_a_size_waits(tmp_path: Path) -> None:
    """A TIFF whose directory lost its width."""
    from PIL import Image

    from kinema.policy.consent.faces import most_faces

    path = tmp_path / "plate.tiff"
    Image.new("RGB", (40, 40)).save(path)
    raw = path.read_bytes()
    at = (
        raw.index(struct.pack("<HH", 256, 4))
        if struct.pack("<HH", 256, 4) in raw
        else raw.index(struct.pack("<HH", 256, 3))
    )
    path.write_bytes(raw[:at] + struct.pack("<H", 255) + raw[at + 2 :])
    with pytest.raises(MediaError):
        most_faces(path)


def test_a_registry_without_a_name_is_refused(tmp_path: Path) -> None:
    import sqlite3

    from kinema.provenance.registry.database import open_database
    from kinema.provenance.registry.tables import create_tables

    path = tmp_path / "registry.sqlite"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE registry_schema (name TEXT PRIMARY KEY)")
        raw.execute("INSERT INTO registry_schema VALUES (NULL)")
    raw.close()
    path.chmod(0o600)
    with pytest.raises(ProvenanceError, match=r"must be kinema\.registry"):
        create_tables(open_database(path))
