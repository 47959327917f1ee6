"""Traced as it is found: signed, stripped, cut, encoded again, tampered with, transplanted, taken down, another's."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, rotate
from typer.testing import CliRunner, Result

import kinema
from kinema.cli import app
from kinema.errors import KinemaError, PolicyError
from kinema.media.decode import read_frames
from kinema.progress import Quiet, Stage
from kinema.provenance.fingerprint.fingerprint import kept
from kinema.provenance.keys import open_keyring
from kinema.provenance.keys.ceremony import rotate as rotate_key
from kinema.provenance.manifest.facts import WATERMARK_ALG
from kinema.provenance.manifest.inspection import inspect
from kinema.provenance.registry import Entry, Notice, open_registry
from kinema.provenance.trace import Trace, Verdict, trace
from kinema.provenance.watermark import Watermark
from kinema.take import Take

SHOT = """
schema: kinema.shot/1
timing: {fps: 12, frames: 24}
bodies:
- {name: floor, shape: {kind: plane}, material: concrete}
- {name: ball, shape: {kind: sphere, radius: 0.3}, material: rubber, position: [0, 0, 1.2]}
- {name: block, shape: {kind: box, size: [0.5, 0.5, 0.5]}, material: oak, position: [0.8, 0.2, 0.25]}
- {name: brick, shape: {kind: box, size: [0.3, 0.6, 0.9]}, material: steel, position: [-0.8, 0.3, 0.45]}
- {name: slab, shape: {kind: box, size: [0.4, 0.3, 0.2]}, material: oak, position: [0.1, -0.8, 0.1]}
lights:
- {kind: sun, name: sun, elevation: 35, azimuth: 240}
- {kind: sky, name: sky}
camera: {position: [0, -3, 1.4], aim: ball, f_stop: 16}
"""
JOB = kinema.Job(quality="draft", width=426, height=240)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keys and a registry of these tests alone."""
    folder = tmp_path_factory.mktemp("trace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINEMA_KEYS", str(folder / "keys"))
        patch.setenv("KINEMA_REGISTRY", str(folder / "registry.sqlite"))
        patch.setenv("KINEMA_REGISTRY_ANCHOR", str(folder / "registry.anchor"))
        yield folder


@pytest.fixture(scope="module")
def take(home: Path) -> Take:
    (home / "shot.yaml").write_text(SHOT)
    return kinema.make_take(kinema.load_shot(home / "shot.yaml"), home / "a.take", JOB)


@pytest.fixture(scope="module")
def frames(take: Take) -> list[np.ndarray]:
    return list(read_frames(take.clip))


def remuxed(source: Path, target: Path) -> Path:
    """As `ffmpeg -c copy` does it: the same packets in another file, without the manifest."""
    import av

    with av.open(str(source)) as before, av.open(str(target), "w") as after:
        stream = before.streams.video[0]
        copy = after.add_stream_from_template(stream)
        for packet in before.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                after.mux(packet)
    return target


def encoded(target: Path, pictures: Iterable[np.ndarray], crf: int = 28) -> Path:
    """By libx264, as a stranger would."""
    import av

    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=12, options={"crf": str(crf)})
        for number, picture in enumerate(pictures):
            even = np.ascontiguousarray(picture[: len(picture) // 2 * 2, : picture.shape[1] // 2 * 2])
            if number == 0:
                stream.height, stream.width, stream.pix_fmt = *even.shape[:2], "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(even, format="rgb24")))
        container.mux(stream.encode(None))
    return target


def cropped(pictures: Iterable[np.ndarray], side: float = 0.71, corner: float = 0.1) -> list[np.ndarray]:
    """A part of the picture, off its middle."""
    return [
        p[round(corner * len(p)) :, round(corner * p.shape[1]) :][
            : round(side * len(p)), : round(side * p.shape[1])
        ]
        for p in pictures
    ]


def cloth() -> list[np.ndarray]:
    """What somebody else filmed: a pan over cloth before a wall."""
    wide = gaussian_filter(np.random.default_rng(2).standard_normal((240, 426 + 48)), 2.0)
    wide = 120 + 25 * wide / wide.std()
    wide[:90] = 150
    return [
        np.repeat(wide[:, 2 * n : 2 * n + 426, None], 3, 2).clip(0, 255).astype(np.uint8) for n in range(24)
    ]


def traced(path: Path) -> Trace:
    with open_registry() as registry:
        return trace(path, open_keyring().keyring, registry)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def id_of(take: Take) -> str:
    return take.record["origin"]["id"]


def test_a_take_is_signed_marked_and_registered(take: Take) -> None:
    told = run("trace", take.clip, "--json")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert found["verdict"] == "signed"
    assert found["words"].startswith("signature valid")
    assert found["id"] == found["watermark"]["id"] == found["registry"]["id"] == id_of(take)
    assert found["watermark"]["log10_p"] < -6
    assert found["fingerprint"]["matches"][0]["score"] == 1
    assert found["take"]["tape"] == take.record["hashes"]["tape"]


def test_stripped_by_a_remux(take: Take, tmp_path: Path) -> None:
    found = traced(remuxed(take.clip, tmp_path / "stripped.mp4"))
    assert found.verdict.origin_found
    assert found.words.startswith("metadata stripped; recovered by watermark (p = ")
    assert "the pictures are those that were signed" in found.words  # every hash agrees to the bit
    assert found.id == id_of(take)
    assert found.evidence.recovered is not None
    assert [one.code for one in found.evidence.recovered.failures] == ["assertion.bmffHash.mismatch"]
    assert found.facts is not None
    assert found.facts.seeds == take.record["seeds"]


def test_cropped_and_encoded_again(take: Take, frames: list[np.ndarray], tmp_path: Path) -> None:
    found = traced(encoded(tmp_path / "found.mp4", cropped(frames)))
    assert found.verdict is Verdict.RECOVERED, found.words
    assert found.id == id_of(take)
    assert found.evidence.mark is not None
    assert found.evidence.mark.log10_p < -6
    assert re.search(r"cropped to 7[012] % of its side, re-encoded", found.words), found.words
    laid = found.evidence.overlay
    assert laid is not None
    # the middle of the cut-out, which nothing but the mark's phase tells
    assert (laid.left, laid.top) == pytest.approx((0.455, 0.455), abs=0.01)


def test_scaled_and_of_two_sizes(take: Take, frames: list[np.ndarray], tmp_path: Path) -> None:
    """A raw stream that opens in another size: the mark is looked for in both."""
    larger = [f.repeat(2, 0).repeat(2, 1) for f in frames]
    small = encoded(tmp_path / "small.h264", [f[:64, :64] for f in frames[:2]]).read_bytes()
    (tmp_path / "both.h264").write_bytes(small + encoded(tmp_path / "large.h264", larger).read_bytes())
    found = traced(tmp_path / "both.h264")
    assert found.id == id_of(take)
    assert found.evidence.mark is not None
    assert found.evidence.mark.frames == len(frames)
    told = re.search(r"scaled to (\d+) %", found.words)
    assert told is not None, found.words
    # Every run draws other keys; the scale is read off the mark to some tenths of a per cent, and rounded.
    assert int(told[1]) == pytest.approx(200, abs=2)


def test_rotated_where_the_fingerprint_alone_is_blind(
    take: Take, frames: list[np.ndarray], tmp_path: Path
) -> None:
    found = traced(encoded(tmp_path / "found.mp4", [rotate(f, 10, reshape=False, order=1) for f in frames]))
    assert found.evidence.likeness.of(id_of(take)) is None
    assert found.verdict is Verdict.RECOVERED, found.words
    assert found.evidence.mark is not None
    assert abs(found.evidence.mark.turned) == pytest.approx(10, abs=0.3)  # a pixel at the frame's edge
    assert "rotated by" in found.words


def test_one_bit_of_the_picture(take: Take, tmp_path: Path) -> None:
    content = bytearray(take.clip.read_bytes())
    start = content.index(b"mdat")
    content[(start + len(content)) // 2] ^= 1  # of a picture that others are predicted from
    (tmp_path / "clip.mp4").write_bytes(content)
    told = run("trace", tmp_path / "clip.mp4")
    assert told.exit_code == 3
    assert "altered: not as signed by" in told.output
    assert "recovered by watermark" in told.output


def test_transplanted_mark(take: Take, tmp_path: Path) -> None:
    """The strongest forger: one who has our key, and marks another picture with our clip's id."""
    mark = Watermark(open_keyring().keyring.watermark(), int(id_of(take), 16))
    forged = encoded(tmp_path / "forged.mp4", map(mark.embed, cloth()), crf=18)
    told = run("trace", forged, "--json", "--html", tmp_path / "page.html")
    assert told.exit_code == 3
    found = json.loads(told.stdout)
    assert found["verdict"] == "transplanted"
    assert found["words"].startswith("carries our watermark (p = ")
    assert f"of clip {id_of(take)}, but the content is not what we signed" in found["words"]
    assert found["laid_over"]["bits"] > 90  # the same picture: below 40; the bound is 85
    _is_self_contained((tmp_path / "page.html").read_text("utf-8"))


def test_transplanted_onto_a_clip_that_is_registered_too(take: Take, tmp_path: Path) -> None:
    other = encoded(tmp_path / "other.mp4", cloth(), crf=18)
    entry = Entry(
        id=0xB,
        manifest_id="urn:c2pa:b",
        manifest=b"m",
        clip_hash=bytes(32),
        fingerprint=kept(other).to_bytes(),
    )
    with open_registry() as registry:
        registry.register(entry)
    mark = Watermark(open_keyring().keyring.watermark(), int(id_of(take), 16))
    found = traced(encoded(tmp_path / "forged.mp4", map(mark.embed, cloth()), crf=18))
    assert found.verdict is Verdict.TRANSPLANTED
    assert "it looks like clip 000000000000000b" in found.words


def test_a_strangers_clip(take: Take, tmp_path: Path) -> None:
    assert take.clip.is_file()  # the registry is not empty
    noise = np.random.default_rng(5).integers(0, 255, (12, 45, 80, 3), np.uint8).repeat(4, 1).repeat(4, 2)
    told = run("trace", encoded(tmp_path / "theirs.mp4", noise), "--json")
    assert told.exit_code == 3
    found = json.loads(told.stdout)
    assert found["verdict"] == "not ours"
    assert found["watermark"]["log10_p"] > -6
    assert found["watermark"]["id"] is None
    assert found["registry"] is None


def test_marked_by_a_key_before_the_last(take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = open_keyring().keyring.folder
    shutil.copytree(keys, tmp_path / "keys")
    monkeypatch.setenv("KINEMA_KEYS", str(tmp_path / "keys"))
    rotate_key(open_keyring().keyring, "watermark")
    found = traced(remuxed(take.clip, tmp_path / "old.mp4"))
    assert found.verdict is Verdict.RECOVERED
    assert found.evidence.mark is not None
    assert found.evidence.mark.generation == 1


def test_a_mark_that_this_registry_does_not_know(
    take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINEMA_REGISTRY", str(tmp_path / "empty.sqlite"))
    monkeypatch.setenv("KINEMA_REGISTRY_ANCHOR", str(tmp_path / "empty.anchor"))
    found = traced(remuxed(take.clip, tmp_path / "found.mp4"))
    assert found.verdict is Verdict.UNCONFIRMED
    assert "does not know that clip" in found.words


def test_taken_down_and_nothing_retained(take: Take, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stripped = remuxed(take.clip, tmp_path / "stripped.mp4")
    with open_registry() as registry:
        registry.record(Notice(kind="takedown", subject=id_of(take), statement="notice 7"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    told = run("trace", stripped, "--html", tmp_path / "page.html")
    assert not list((tmp_path / "temporary").iterdir())  # nothing of the file is retained
    with open_registry() as registry:
        registry.record(Notice(kind="restored", subject=id_of(take), statement="notice 7 withdrawn"))
        assert not registry.taken_down(int(id_of(take), 16))
    assert "TAKEN DOWN: it must not be shown" in told.stdout
    assert "by watermark (p = " in told.stdout
    assert "It must not be shown" in (tmp_path / "page.html").read_text("utf-8")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["page.html", "stripped.mp4", "temporary"]


def test_what_was_taken_down_is_not_made_again(take: Take, home: Path, tmp_path: Path) -> None:
    shot = kinema.load_shot(home / "shot.yaml")
    with open_registry() as registry:
        registry.record(Notice(kind="takedown", subject=id_of(take), statement="notice 8"))
    with pytest.raises(PolicyError, match=f"taken down.*{id_of(take)}"):
        kinema.make_take(shot, tmp_path / "again.take", JOB)
    with pytest.raises(PolicyError, match="taken down"):
        kinema.make_take(shot, take.folder.path, JOB)  # nor is the finished one handed out
    asked = ("policy", "check", take.folder.path, "--act", "export")
    told = run(*asked, "--json")
    assert (told.exit_code, json.loads(told.stdout)["rules"]) == (3, ["kinema.takedown"])
    sealed = run("seal", remuxed(take.clip, tmp_path / "edit.mp4"), "-o", tmp_path / "sealed.mp4")
    assert isinstance(sealed.exception, PolicyError)
    assert id_of(take) in str(sealed.exception)
    assert not (tmp_path / "sealed.mp4").exists()
    with open_registry() as registry:
        registry.record(Notice(kind="restored", subject=id_of(take), statement="notice 8 withdrawn"))
    assert run(*asked).exit_code == 0
    assert kinema.make_take(shot, take.folder.path, JOB).record == take.record
    again = kinema.make_take(shot, tmp_path / "again.take", JOB)
    assert (id_of(again), again.record["hashes"]) == (id_of(take), take.record["hashes"])
    assert again.record["origin"]["leaf"] == take.record["origin"]["leaf"]


class NoticeWhileDrawn(Quiet):
    """A notice comes in, and is followed, at the first frame."""

    def __init__(self, clip: str) -> None:
        self.clip = clip

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Stage]:
        def report(done: int, _total: int) -> None:
            if name == "draw" and done == 1:
                with open_registry() as registry:
                    registry.record(Notice(kind="takedown", subject=self.clip, statement="notice 9"))

        del unit
        yield report


def test_what_is_taken_down_while_it_is_drawn_is_not_signed(take: Take, home: Path, tmp_path: Path) -> None:
    shot = kinema.load_shot(home / "shot.yaml")
    with pytest.raises(PolicyError, match="taken down"):
        kinema.make_take(shot, tmp_path / "b.take", JOB, progress=NoticeWhileDrawn(id_of(take)))
    record = json.loads((tmp_path / "b.take" / "take.json").read_text())
    assert not record["complete"]
    assert inspect(tmp_path / "b.take" / "clip.mp4", open_keyring().keyring).state == "none"
    with open_registry() as registry:
        registry.record(Notice(kind="restored", subject=id_of(take), statement="notice 9 withdrawn"))
    assert kinema.make_take(shot, tmp_path / "b.take", JOB).record["complete"]


def test_the_service_recognises_the_mark(take: Take, frames: list[np.ndarray], tmp_path: Path) -> None:
    from fastapi.testclient import TestClient

    from kinema.cli_registry import bindings_of, tracer_of
    from kinema.provenance.registry.api import make_app

    found = encoded(tmp_path / "found.mp4", cropped(frames))
    with open_registry() as registry:
        client = TestClient(make_app(registry, bindings_of(registry), tracer_of(registry)))
        assert {"alg": WATERMARK_ALG} in client.get("/services/supportedAlgorithms").json()["watermarks"]
        answer = client.post(
            "/matches/byContent",
            params={"alg": WATERMARK_ALG},
            content=found.read_bytes(),
            headers={"Content-Type": "video/mp4"},
        ).json()
    assert answer == {"matches": [{"manifestId": take.record["origin"]["manifest"], "similarityScore": 100}]}


def test_the_service_traces_as_the_command_does(take: Take, frames: list[np.ndarray], tmp_path: Path) -> None:
    """Signed, stripped and cut: the same words, verdict, layers and p-values, by upload as by command."""
    from fastapi.testclient import TestClient

    from kinema.cli_registry import bindings_of, tracer_of
    from kinema.provenance.registry.api import make_app

    clips = {
        take.clip: "signed",
        remuxed(take.clip, tmp_path / "stripped.mp4"): "recovered",
        encoded(tmp_path / "found.mkv", cropped(frames)): "recovered",
    }
    with open_registry() as registry:
        client = TestClient(make_app(registry, bindings_of(registry), tracer_of(registry)))
        for clip, verdict in clips.items():
            kind = "video/mp4" if clip.suffix == ".mp4" else "video/x-matroska"
            answer = client.post("/trace", content=clip.read_bytes(), headers={"Content-Type": kind})
            assert answer.status_code == 200
            found, told = answer.json(), json.loads(run("trace", clip, "--json").stdout)
            assert (found["verdict"], found["id"]) == (verdict, id_of(take))
            assert found["watermark"]["log10_p"] < -6
            assert found["file"].startswith("upload")  # whatever the sender calls it
            assert found | {"file": told["file"]} == told


def test_made_again_to_the_bit(take: Take, home: Path, tmp_path: Path) -> None:
    with open_registry() as registry:
        before = registry.checkpoint()
    told = run("reproduce", take.folder.path, "--json")
    assert told.exit_code == 0, (told.output, told.exception)
    found = json.loads(told.stdout)
    assert found["same_shot"]
    assert found["same_tape"]
    assert found["same_request"]
    assert (found["frames"], found["psnr"], found["greatest_difference"]) == (24, None, 0)
    assert found["versions"] == {}
    with open_registry() as registry:
        assert registry.checkpoint() == before  # neither signed nor registered
    # The clip alone, stripped: the manifest comes back by watermark, and asks for its shot by hash.
    stripped = remuxed(take.clip, tmp_path / "stripped.mp4")
    told = run("reproduce", stripped, "--shot", home / "shot.yaml")
    assert told.exit_code == 0, (told.output, told.exception)
    assert (
        "reproduced: the tape is equal to the bit; the pictures equal to the bit in 24 frames" in told.output
    )


def test_another_shot_is_no_reproduction(take: Take, tmp_path: Path) -> None:
    copy = tmp_path / "b.take"
    shutil.copytree(take.folder.path, copy)
    (copy / "shot.yaml").write_text((copy / "shot.yaml").read_text().replace("radius: 0.3", "radius: 0.25"))
    told = run("reproduce", copy)
    assert told.exit_code == 3
    assert "not reproduced: the tape is not the one that was signed" in told.output
    refused = run("reproduce", take.clip, "--shot", copy / "shot.yaml")
    assert isinstance(refused.exception, KinemaError)
    assert refused.exception.exit_code == 2
    assert "must be the one that was signed" in str(refused.exception)
    unnamed = run("reproduce", take.clip)
    assert isinstance(unnamed.exception, KinemaError)
    assert "--shot" in str(unnamed.exception)


@pytest.mark.parametrize("content", [None, b"", b"not a clip", b"\x00\x00\x00\x18ftypmp42" + bytes(64)])
def test_what_is_no_clip_is_said(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "clip.mp4").write_bytes(content)
    assert isinstance(run("trace", tmp_path / "clip.mp4").exception, KinemaError)


def _is_self_contained(page: str) -> None:
    """Nothing is fetched and nothing runs."""

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in ("script", "link", "iframe")
            assert all((value or "").startswith("data:") for name, value in attrs if name in ("src", "href"))

    Links().feed(page)
    assert "<h1>forged.mp4</h1>" in page
    assert "Transplanted" in page
