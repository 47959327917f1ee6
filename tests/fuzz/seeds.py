"""Sound files of every kind, small, made by the project itself where it writes that kind.

Each function fills a folder with folders: one for each variant.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

_SHOT = """\
title: Two balls
seed: 7
timing: {fps: 24000/1001, frames: 24}
bodies:
  - name: red
    shape: {kind: sphere, radius: 10 cm}
    material: steel
    mass: 1 kg
    position: [-1, 0, 3]
    velocity: [3, 0, 1]
  - name: crate
    shape: {kind: box, size: [0.5, 0.5, 0.5]}
    motion: static
    position: [0, 2, 0.5]
  - {name: lump, shape: {kind: mesh, file: lump.glb, scale: 2}, material: oak}
lights:
  - {kind: sun, name: sun, elevation: 30 deg, azimuth: 120}
  - {kind: environment, name: dome, file: dome.hdr, nits: 400}
camera:
  position: [0, -6, 2]
  aim: [0, 0, 2]
  moves: [{kind: push_in, share: 0.5}]
goals: [{kind: hits, a: red, b: crate}]
assets: {lump.glb: {source: us, licence: CC0-1.0}}
"""
_RULES = """\
@id("house.small") @reason("Clips are small here.") @appeal("Ask us.")
forbid (principal, action, resource) when { context.width > 1920 };
"""
_POLICY = """\
contact: rights@example.com
subjects: {brand: [acme, "acme corp"]}
figures: [Jane Roe]
elections: [{territory: US-CA, day: 2026-11-03}]
"""
_PRIMS = """#usda 1.0
(
    metersPerUnit = 1
    upAxis = "Z"
    startTimeCode = 1
    endTimeCode = 24
    timeCodesPerSecond = 24
    framesPerSecond = 24
)
def SphereLight "Lamp"
{
    float inputs:intensity = 100
    double3 xformOp:translate = (0, 0, 3)
    uniform token[] xformOpOrder = ["xformOp:translate"]
}
def Sphere "Ball" (prepend apiSchemas = ["PhysicsRigidBodyAPI", "PhysicsCollisionAPI", "PhysicsMassAPI"])
{
    double radius = 0.1
    float physics:mass = 2
    vector3f physics:velocity = (1, 0, -0.5)
    double3 xformOp:translate = (0, 0, 1)
    uniform token[] xformOpOrder = ["xformOp:translate"]
}
def Mesh "Wedge" (prepend apiSchemas = ["PhysicsCollisionAPI"])
{
    point3f[] points = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    int[] faceVertexCounts = [3, 3, 3, 3]
    int[] faceVertexIndices = [0, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2]
    uniform token subdivisionScheme = "none"
}
def Camera "Cam"
{
    float focalLength = 35
    double3 xformOp:translate = (0, -5, 1)
    uniform token[] xformOpOrder = ["xformOp:translate"]
}
"""


def shots(folder: Path) -> None:
    """YAML as people write it, and JSON as programs do."""
    from kinema.shot.files import dump_shot, parse_shot

    shot = parse_shot(_SHOT)
    _file(folder / "yaml" / "shot.yaml", _SHOT.encode())
    _file(folder / "json" / "shot.json", b"")
    dump_shot(shot, folder / "json" / "shot.json")


def pictures(folder: Path) -> None:
    """PNG of 8 and 16 bits."""
    from kinema.media.image import png_bytes

    eight = _noise(24, 16)
    _file(folder / "8" / "picture.png", png_bytes(eight))
    _file(folder / "16" / "picture.png", png_bytes(eight.astype(np.uint16) * 257))


def plates(folder: Path) -> None:
    """Uploads that are looked at for faces."""
    from PIL import Image

    for kind in ("png", "jpeg", "webp", "gif", "tiff", "bmp"):
        target = _file(folder / kind / f"plate.{kind}", b"")
        Image.fromarray(_noise(40, 48)).save(target)


def frames(folder: Path) -> None:
    """OpenEXR with all passes."""
    from dataclasses import make_dataclass
    from fractions import Fraction

    from kinema.media.exr import Slate, write_exr

    rng = np.random.default_rng(1)
    passes = make_dataclass("Passes", ("depth", "normal", "motion", "albedo", "piece"))(
        rng.random((12, 16)), *(rng.random((12, 16, n)) for n in (3, 2, 3)), rng.integers(-1, 3, (12, 16))
    )
    slate = Slate(frame=3, rate=Fraction(24), ev100=12.0)
    write_exr(_file(folder / "plain" / "frame.exr", b""), rng.random((12, 16, 3)), slate)
    write_exr(_file(folder / "passes" / "frame.exr", b""), rng.random((12, 16, 3)), slate, passes)


def spheres(folder: Path) -> None:
    """HDRIs: flat and run-length Radiance, OpenEXR."""
    from fractions import Fraction

    from kinema.media.exr import Slate, write_exr

    head = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 8 +X 16\n"
    _file(folder / "flat" / "dome.hdr", head + bytes([90, 80, 70, 129]) * 128)
    line = b"\2\2\0\20" + b"".join(bytes([128 + 8, value, 8, *[value] * 8]) for value in (90, 80, 70, 129))
    _file(folder / "runs" / "dome.hdr", head + line * 8)
    light = np.random.default_rng(2).random((8, 16, 3)) + 0.1
    write_exr(_file(folder / "exr" / "dome.exr", b""), light, Slate(frame=0, rate=Fraction(24), ev100=0.0))


def clips(folder: Path) -> None:
    """What people send: H.264 in MP4 and MOV, ProRes, VP9 in WebM, FFV1 in Matroska, MPEG-4 in AVI."""
    import av

    kinds = (
        ("mp4", "libx264"),
        ("mov", "prores_ks"),
        ("webm", "libvpx-vp9"),
        ("mkv", "ffv1"),
        ("avi", "mpeg4"),
    )
    for suffix, codec in kinds:
        target = _file(folder / suffix / f"clip.{suffix}", b"")
        with av.open(str(target), "w") as container:
            stream: Any = container.add_stream(codec, rate=24)
            stream.width, stream.height = 64, 48
            stream.pix_fmt = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
            for number in range(5):
                shade = np.full((48, 64, 3), 40 * number, np.uint8)
                shade[8 * number : 8 * number + 8] = 255 - shade[:8]
                container.mux(stream.encode(av.VideoFrame.from_ndarray(shade, "rgb24")))
            container.mux(stream.encode())


def tapes(folder: Path) -> None:
    """A box above a crate, by the analytic engine."""
    from kinema.physics.analytic import Analytic
    from kinema.physics.build import build_world
    from kinema.shot.files import validate_shot

    ball = {"name": "red", "shape": {"kind": "box", "size": [0.1] * 3}, "position": [0, 0, 3]}
    box = {"name": "crate", "shape": {"kind": "box", "size": [0.5] * 3}, "motion": "static"}
    sun = {"kind": "sun", "name": "sun"}
    shot = validate_shot({"bodies": [ball, box], "lights": [sun], "timing": {"frames": 2}})
    Analytic().simulate(build_world(shot)).save(_file(folder / "fall" / "tape.kt", b""))


def datasets(folder: Path) -> None:
    """A world of two styles as `dataset make` writes it, with noise for pictures: drawing takes a minute."""
    from kinema.diffusion.dataset.make import SCHEMA
    from kinema.diffusion.dataset.shard import npz

    rng, manifest = np.random.default_rng(4), json.dumps({"schema": "kinema.clip/1", "captions": ["a ball"]})
    tokens = npz(tokens=rng.random((3, 8)).astype(np.float32), kinds=np.arange(3))
    members = {"w.control.npz": npz(control=rng.random((2, 8, 8, 14)).astype(np.float16))}
    for style in ("clay", "ink"):
        members[f"w.{style}.json"] = manifest.encode()
        members[f"w.{style}.rgb.npz"] = npz(rgb=rng.integers(0, 255, (2, 8, 8, 3), np.uint8))
        members[f"w.{style}.tokens.npz"] = tokens
    record = {"schema": SCHEMA, "seed": 0, "shard": 1, "width": 8, "height": 8, "frames": 2}
    _file(folder / "set" / "dataset.json", json.dumps(record | {"styles": ["clay", "ink"]}).encode())
    with tarfile.open(_file(folder / "set" / "train-0000000-0000001.tar", b""), "w") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def meshes(folder: Path) -> None:
    """Every format that trimesh reads for us; glTF binary and as text with its numbers beside."""
    import trimesh

    block: Any = trimesh.creation.box((0.1, 0.2, 0.3))
    for suffix in ("obj", "stl", "ply", "off", "glb"):
        block.export(_file(folder / suffix / f"lump.{suffix}", b""))
    _file(folder / "stl_text" / "lump.stl", block.export(file_type="stl_ascii").encode())
    _file(folder / "ply_text" / "lump.ply", block.export(file_type="ply", encoding="ascii"))
    for name, content in block.scene().export(file_type="gltf").items():
        _file(folder / "gltf" / ("lump.gltf" if name.endswith("gltf") else name), content)


def stages(folder: Path) -> None:
    """USD as text."""
    _file(folder / "text" / "stage.usda", _PRIMS.encode())


def crates(folder: Path) -> None:
    """USD binary, and in a package."""
    from kinema.shot.usd_pxr import pxr

    text = _file(folder / "text.usda", _PRIMS.encode())
    layer = pxr("Sdf").Layer.FindOrOpen(str(text))
    layer.Export(str(_file(folder / "binary" / "stage.usdc", b"")))
    writer = pxr("Sdf").ZipFileWriter.CreateNew(str(_file(folder / "package" / "stage.usdz", b"")))
    writer.AddFile(str(folder / "binary" / "stage.usdc"), "stage.usdc")
    writer.Save()
    text.unlink()


def checkpoints(folder: Path) -> None:
    """Two tensors, one in pieces."""
    import torch

    from kinema.diffusion.training.checkpoint import save

    tensors = {"a": torch.arange(12.0).reshape(3, 4), "b#000": torch.zeros(2), "b#001": torch.ones(2)}
    save(folder / "run", 500, tensors, {"recipe": "tiny", "course": "transformer"})


def weights(folder: Path) -> None:
    """A manifest like the shipped one, over files of a few bytes."""
    from kinema.diffusion.manifest import SCHEMA, hash_of

    parts = [_file(folder / "set" / name, name.encode() * 9) for name in ("step.bin", "step.xml")]
    stated = {
        "schema": SCHEMA, "depth": 8, "heads": 4, "window": 2, "recipe": "small", "seed": 0,
        "styles": ["painted", "ink"], "grid": {"frames": 17, "height": 256, "width": 448},
        "files": {part.name: hash_of(part) for part in parts},
    }  # fmt: skip
    _file(folder / "set" / "weights.json", json.dumps(stated, indent=1).encode())


def models(folder: Path) -> None:
    """Open weights: an index, a card, a configuration, a safetensors file and the index of a second one."""
    from safetensors.numpy import save

    model = folder / "model"
    index = {"_class_name": "WanPipeline", "vae": ["diffusers", "AutoencoderKLWan"], "text": ["x", "y"]}
    _file(model / "model_index.json", json.dumps(index).encode())
    _file(model / "README.md", b"---\nlicense: other\nlicense_name: wan\nlicense_link: LICENSE\n---\n# Wan\n")
    _file(model / "vae" / "config.json", b'{"temporal_compression_ratio": 4}')
    tensors = save({"w": np.zeros((3, 4), np.float32), "n": np.arange(3)})
    _file(model / "vae" / "diffusion_pytorch_model.safetensors", tensors)
    _file(model / "text" / "config.json", b'{"transformers_version": "5"}')
    _file(model / "text" / "model.safetensors.index.json", b'{"weight_map": {"w": "model-1.safetensors"}}')
    _file(model / "text" / "model-1.safetensors", tensors)


def consents(folder: Path) -> None:
    """A house's keys, one receipt, and its list of revocations."""
    from kinema.policy.consent.receipt import Grantor, Receipt, Scope, Subject
    from kinema.policy.consent.store import ConsentStore

    store = ConsentStore(folder / "house", folder / "house" / "keys", audit=lambda _: None)
    store.keep(
        Receipt(
            id="ab" * 16,
            subject=Subject(name="Jane Roe", verified="in_person", verified_on=date(2026, 1, 1)),
            grantor=Grantor(name="Jane Roe"),
            scope=Scope(uses=("film",), modalities=("likeness",), territories=("*",)),
            valid_from=date(2026, 1, 1),
            valid_until=date(2030, 1, 1),
            revocation=store.free_index(),  # begins the list
            evidence="0" * 64,
        )
    )
    for role in ("claim", "checkpoint", "watermark"):  # no receipt needs them
        shutil.rmtree(folder / "house" / "keys" / role)
    (folder / "house" / "keys" / "consent" / "0001" / "key.pem").unlink()
    for stray in (folder / "house").rglob(".lock"):
        stray.unlink()


def policies(folder: Path) -> None:
    """A house's list and a rule of its own."""
    _file(folder / "house" / "policy.yaml", _POLICY.encode())
    _file(folder / "house" / "small.cedar", _RULES.encode())


def registries(folder: Path) -> None:
    """Three clips and a notice, with their log and its anchor."""
    from readers import LOG_KEY

    from kinema.provenance.registry import Entry, Notice, Registry

    with Registry.open(folder / "house" / "registry.sqlite", LOG_KEY()) as registry:
        for number in range(1, 4):
            registry.register(
                Entry(
                    id=(0xF000 << 48) + number,
                    manifest_id=f"urn:c2pa:{number}",
                    manifest=b"manifest %d" % number,
                    clip_hash=bytes([number]) * 32,
                    fingerprint=_fingerprint(number),
                )
            )
        registry.record(Notice(kind="takedown", subject=f"{(0xF000 << 48) + 1:016x}", statement="asked to"))


def statements(folder: Path) -> None:
    """What the registry holds as bytes: a fingerprint, and boxes of a manifest store."""

    def box(kind: bytes, *inside: bytes) -> bytes:
        content = b"".join(inside)
        return (8 + len(content)).to_bytes(4, "big") + kind + content

    manifests = (box(b"jumb", box(b"jumd", b"c2ma" * n)) for n in (4, 9))
    _file(folder / "boxes" / "store.c2pa", box(b"jumb", box(b"jumd", b"c2pa" * 4), *manifests))
    _file(folder / "hashes" / "finger.print", _fingerprint(1))


def keyrings(folder: Path) -> None:
    """Development keys, and a file to import."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key
    from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
    from readers import PASSWORD

    from kinema.provenance.keys import open_keyring
    from kinema.provenance.keys.certificate import read_chain

    claim = open_keyring(folder / "ring").keyring.folder / "claim" / "0001"
    key = load_pem_private_key((claim / "key.pem").read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    leaf, *above = read_chain((claim / "chain.pem").read_bytes() + (claim / "anchor.pem").read_bytes())
    packed = serialize_key_and_certificates(
        b"k", key, leaf, above, BestAvailableEncryption(PASSWORD.encode())
    )
    _file(folder / "ring" / "import.p12", packed)


def takes(folder: Path) -> None:
    """What a finished take says of itself."""
    from kinema.cost.meter import Meter
    from kinema.folder import TakeFolder
    from kinema.verify.report import Finding, Report

    take = TakeFolder(folder / "take")
    take.path.mkdir(parents=True)
    take.write_record(
        key="0" * 64, title="Two balls", complete=True, clip="clip.mp4", policy={"receipts": ["a"]}
    )
    finding = Finding(
        check="energy", subject="all", rule="no gain", measured=0.1, bound=1, unit="J", verdict="pass"
    )
    take.report.write_text(Report(title="Two balls", findings=(finding,)).model_dump_json(by_alias=True))
    meter = Meter()
    with meter.stage("draw"):
        meter.keep_in(take.meter)


def _fingerprint(number: int) -> bytes:
    from kinema.provenance.fingerprint.fingerprint import Fingerprint

    rng = np.random.default_rng(number)
    hashes = rng.integers(0, 2**63, (5, 4), np.uint64)
    return Fingerprint(np.arange(5, dtype=np.uint32), np.zeros(5, np.uint8), hashes).to_bytes()


def _noise(rows: int, columns: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (rows, columns, 3), np.uint8)


def _file(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_bytes(content)
    return path
