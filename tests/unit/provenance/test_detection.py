"""What becomes of a sealed clip that is tampered with: section by section of the file, and by remux."""

from __future__ import annotations

import random
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kinema.errors import KinemaError
from kinema.provenance.keys import Keyring
from kinema.provenance.manifest.inspection import inspect
from kinema.provenance.manifest.seal import seal_child
from kinema.provenance.manifest.source_type import IPTC

C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""Extended type of the box that holds the manifest store: specification 2.4, appendix A."""


def boxes(content: bytes) -> list[tuple[str, int, int]]:
    """Type, start and end of each box at the top of the file (ISO/IEC 14496-12, 4.2)."""
    found, at = [], 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, at + 8)
        end = at + size if size else len(content)
        found.append((kind.decode("latin-1"), at, end))
        at = end
    return found


def span(content: bytes, kind: str) -> tuple[int, int]:
    """Of the only box of this type."""
    ((_, start, end),) = [box for box in boxes(content) if box[0] == kind]
    return start, end


def flipped(content: bytes, at: int) -> bytes:
    """One bit of one byte."""
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.fixture
def tampered(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "tampered.mp4"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture
def whole(take) -> bytes:
    return take.sealed.clip.read_bytes()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("box", ["mdat", "moov"])
def test_one_bit_of_picture_or_index_is_found(
    whole: bytes, tampered, keyring: Keyring, box: str, share: float
) -> None:
    start, end = span(whole, box)
    found = inspect(tampered(flipped(whole, start + 8 + int(share * (end - start - 9)))), keyring)
    assert (found.state, [f.code for f in found.failures]) == ("invalid", ["assertion.bmffHash.mismatch"])
    assert "the picture or sound is not what was signed" in found.words
    assert found.manifest is not None
    assert found.manifest.take is not None  # the history stays readable


@pytest.mark.parametrize("text", [b"rapier 0.36.1", b"receipt-1", b"algorithmicMedia", b"notAllowed"])
def test_one_bit_of_a_statement_is_found(whole: bytes, tampered, keyring: Keyring, text: bytes) -> None:
    found = inspect(tampered(flipped(whole, whole.index(text))), keyring)
    assert found.state == "invalid"
    assert "assertion.hashedURI.mismatch" in {f.code for f in found.failures}
    assert "a statement in the manifest was changed after signing" in found.words


def test_verdict_cannot_be_turned(whole: bytes, tampered, keyring: Keyring) -> None:
    """The report failed; its maker wishes it had passed. CBOR's false is F4, its true F5: one bit."""
    at = whole.index(b"passed") + len(b"passed")
    assert whole[at] == 0xF4
    found = inspect(tampered(flipped(whole, at)), keyring)
    assert found.state == "invalid"
    assert not found.ours


def test_box_cut_out_is_no_manifest(whole: bytes, tampered, keyring: Keyring) -> None:
    start, end = span(whole, "uuid")
    assert whole[start + 8 : start + 24] == C2PA_UUID
    found = inspect(tampered(whole[:start] + whole[end:]), keyring)
    assert (found.state, found.manifest, found.words) == ("none", None, "no manifest")


def test_box_renamed_is_no_manifest(whole: bytes, tampered, keyring: Keyring) -> None:
    start, _ = span(whole, "uuid")
    assert inspect(tampered(whole[: start + 4] + b"free" + whole[start + 8 :]), keyring).state == "none"


def test_padding_is_nobodys_business(whole: bytes, tampered, keyring: Keyring) -> None:
    """C2PA leaves `free` boxes out of the hash: they are not seen."""
    assert inspect(tampered(whole + struct.pack(">I4s8x", 16, b"free")), keyring).state == "trusted"


def test_manifest_moved_to_another_clip_is_found(
    whole: bytes, tampered, keyring: Keyring, tmp_path: Path
) -> None:
    """A transplant: the same box in the same place of a clip with other pictures."""
    import av
    import numpy as np

    other = tmp_path / "other.mp4"
    with av.open(str(other), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(6):
            picture = np.full((48, 64, 3), 40 * n, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())
    plain = other.read_bytes()
    start, end = span(whole, "uuid")
    found = inspect(tampered(plain[:start] + whole[start:end] + plain[start:]), keyring)
    assert (found.state, found.ours) == ("invalid", False)


def remuxed(source: Path, target: Path) -> Path:
    """Packets copied into a new file, as `ffmpeg -c copy` does."""
    import av

    with av.open(str(source)) as read, av.open(str(target), "w") as write:
        stream = write.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                write.mux(packet)
    return target


def test_remux_strips(take, keyring: Keyring, tmp_path: Path) -> None:
    copy = remuxed(take.sealed.clip, tmp_path / "copy.mp4")
    assert inspect(copy, keyring).state == "none"


def test_manifest_given_back_to_a_remuxed_copy_tells_and_does_not_vouch(
    take, keyring: Keyring, tmp_path: Path
) -> None:
    """Found again by watermark or fingerprint: the history is readable, and the file is not what was signed."""
    copy = remuxed(take.sealed.clip, tmp_path / "copy.mp4")
    found = inspect(copy, keyring, manifest=take.sealed.manifest_bytes)
    assert (found.state, found.place, found.ours) == ("invalid", "given", False)
    assert [f.code for f in found.failures] == ["assertion.bmffHash.mismatch"]
    assert found.manifest is not None
    assert found.manifest.take == take.facts
    assert found.words.endswith("(by a manifest that is not in the file)")


def test_sidecar_of_another_file_does_not_vouch(take, seal, keyring: Keyring, tmp_path: Path) -> None:
    other = seal("clip.mkv")
    copy = remuxed(take.sealed.clip, tmp_path / "copy.mkv")
    copy.with_suffix(".c2pa").write_bytes(other.sealed.manifest_bytes)
    assert inspect(copy, keyring).state == "invalid"


def test_what_is_embedded_goes_before_what_lies_beside(take, seal, keyring: Keyring, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(take.sealed.clip.read_bytes())
    clip.with_suffix(".c2pa").write_bytes(seal("clip.mkv").sealed.manifest_bytes)
    found = inspect(clip, keyring)
    assert (found.ours, found.place) == (True, "embedded")


@pytest.mark.parametrize("kept", [0.05, 0.3, 0.6, 0.95])
def test_cut_short_is_never_trusted(whole: bytes, tampered, keyring: Keyring, kept: float) -> None:
    assert inspect(tampered(whole[: int(kept * len(whole))]), keyring).state in ("invalid", "none")


@pytest.mark.parametrize("seed", range(8))
def test_damage_anywhere_is_never_trusted_and_never_a_traceback(
    take, whole: bytes, tampered, keyring: Keyring, seed: int
) -> None:
    """Six damaged files a seed: bytes changed, runs zeroed, pieces moved. Outside `free`, `ftyp` and padding inside
    the manifest's own box, which C2PA leaves out of its hashes, nothing may read as trusted."""
    dice = random.Random(seed)
    start, end = span(whole, "uuid")
    hashed = [n for kind, a, b in boxes(whole) if kind in ("moov", "mdat") for n in range(a, b)]
    for _ in range(6):
        content = bytearray(whole)
        anywhere = dice.random() < 0.5
        places = [
            dice.randrange(start, end) if anywhere else dice.choice(hashed)
            for _ in range(dice.choice((1, 8, 64)))
        ]
        for at in places:
            content[at] ^= dice.randrange(1, 256)
        if dice.random() < 0.3:
            at, run = dice.randrange(len(content)), dice.randrange(1, 400)
            content[at : at + run] = bytes(len(content[at : at + run]))
        try:
            found = inspect(tampered(bytes(content)), keyring)
        except KinemaError:
            continue
        if not anywhere:
            assert found.state != "trusted"
        elif found.state == "trusted":
            assert (
                found.manifest is not None
            )  # only padding was touched: all that is said is as it was signed
            assert (found.manifest.id, found.manifest.take) == (take.sealed.manifest_id, take.facts)


@pytest.fixture
def server():
    """Counts who asks it for something."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    listening.server_close()


def test_address_in_a_strangers_file_is_not_followed(server, take, keyring: Keyring, tmp_path: Path) -> None:
    """A file that says its manifest is at an address: by default the SDK asks there, from wherever it runs."""
    import c2pa

    address, asked = server
    claim = keyring.claim
    signer = c2pa.Signer.from_callback(claim.sign, c2pa.C2paSigningAlg.ES256, claim.chain.decode(), None)
    created = {"action": "c2pa.created", "digitalSourceType": f"{IPTC}algorithmicMedia"}
    said = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}]}
    clip = tmp_path / "remote.mp4"
    with c2pa.Builder(said) as builder, take.raw.open("rb") as source, clip.open("w+b") as target:
        builder.set_no_embed()
        builder.set_remote_url(f"{address}/manifest.c2pa")
        builder.sign(signer, "video/mp4", source, target)
    with clip.open("rb") as file, pytest.raises(c2pa.C2paError):
        c2pa.Reader("video/mp4", file)
    assert asked == ["/manifest.c2pa"]  # so the trap works
    asked.clear()
    found = inspect(clip, keyring)
    assert (found.state, found.words) == ("none", "no manifest, but the address of one, which is not fetched")
    recovered = inspect(clip, keyring, manifest=take.sealed.manifest_bytes)
    assert recovered.manifest is not None
    with pytest.raises(KinemaError):
        seal_child(take.raw, tmp_path / "out.mp4", keyring, parent=clip)
    assert asked == []
