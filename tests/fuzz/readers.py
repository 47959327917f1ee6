"""How each parser is called, as the rest of kinema calls it: on the files of one folder.

Each may raise `KinemaError` and nothing else.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kinema.provenance.log.checkpoint import LogKey

PASSWORD = "of the tests"
_FRAMES = 32


@lru_cache
def LOG_KEY() -> LogKey:
    """The same on every run."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from kinema.provenance.log.checkpoint import LogKey, LogReader, named_after

    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = private.public_key().public_bytes_raw()
    return LogKey(LogReader(named_after(public), (public,)), private.sign)


def shot(folder: Path) -> None:
    """YAML and JSON."""
    from kinema.shot.files import dump_shot, load_shot

    for path in folder.iterdir():
        dump_shot(load_shot(path))


def picture(folder: Path) -> None:
    """PNG."""
    from kinema.media.image import read_png

    read_png(folder / "picture.png")


def plate(folder: Path) -> None:
    """Pictures of others, searched for faces."""
    from kinema.policy.consent.faces import most_faces

    for path in folder.iterdir():
        most_faces(path)


def frame(folder: Path) -> None:
    """OpenEXR: colour, then all passes."""
    from kinema.errors import MediaError
    from kinema.media.exr import read_colour, read_passes

    read_colour(folder / "frame.exr")
    try:
        read_passes(folder / "frame.exr")
    except MediaError as error:
        if "channel" not in error.rule:  # the plain one has no passes
            raise


def sphere(folder: Path) -> None:
    """HDRI."""
    from kinema.render.environment import environment_map
    from kinema.shot.files import validate_shot

    for path in folder.iterdir():
        light = {"kind": "environment", "name": "dome", "file": path.name}
        environment_map(validate_shot({"lights": [light]}), 8, folder=str(folder))


def clip(folder: Path) -> None:
    """Facts, then pictures, then some of them as they are stored."""
    from kinema.media.decode import read_clip, read_frames, read_luma

    for path in folder.iterdir():
        read_clip(path)
        for pictures in (read_frames(path), read_luma(path, 5)):
            for _ in islice(pictures, _FRAMES):
                pass


def tape(folder: Path) -> None:
    """All that a picture or a check asks of a tape."""
    from kinema.physics.tape import Tape

    tape = Tape.load(folder / "tape.kt")
    tape.poses_at(tape.frames - 0.5)
    tape.alive_at(0)
    tape.ledger.gain.sum()
    geometry = tape.geometry
    tape.position[:, geometry.vertex_piece].sum()
    geometry.vertices[geometry.faces].sum()
    for piece in (tape.contacts.piece, tape.cracks.piece, geometry.face_neighbour):
        geometry.piece_body[piece].sum()
    [geometry.bodies[body] for body in geometry.piece_body]


def dataset(folder: Path) -> None:
    """Every clip of a split."""
    from kinema.diffusion.dataset.reader import read_clips

    for clip in read_clips(folder, "train"):
        clip.signed.sum()


def mesh(folder: Path) -> None:
    """The triangles of a file."""
    from kinema.physics.mesh_file import read_surface
    from kinema.shot.body import Mesh

    file = next(path for path in folder.iterdir() if path.stem == "lump")
    read_surface(file, Mesh(file=file.name), "bodies.0.shape.file")


def stage(folder: Path) -> None:
    """USD, as a shot."""
    from kinema.shot.usd import load_usd

    for path in folder.iterdir():
        load_usd(path)


def checkpoint(folder: Path) -> None:
    """What training goes on from."""
    from kinema.diffusion.training.checkpoint import load, required

    load(required(folder))


def weights(folder: Path) -> None:
    """The manifest that the painter believes."""
    from kinema.diffusion.footprint import beyond_training
    from kinema.diffusion.manifest import read_manifest
    from kinema.diffusion.painter import Painter

    painter = Painter("painted", weights=folder)
    assert painter.name
    beyond_training(read_manifest(folder), 320, 200)


def model(folder: Path) -> None:
    """Licence, parts and size of open weights, before any is loaded."""
    from kinema.diffusion.open_weights.card import read_card
    from kinema.diffusion.open_weights.memory import sizes_of

    sizes_of(read_card(folder), "float32")


def consent(folder: Path) -> None:
    """Whether a receipt holds."""
    from kinema.policy.consent.check import Wanted, check
    from kinema.policy.consent.store import ConsentStore
    from kinema.policy.request import Purpose

    store = ConsentStore(folder, folder / "keys", audit=lambda _: None)
    wanted = Wanted(
        person="Jane Roe", modality="likeness", purpose=Purpose(use="film"), day=date(2026, 11, 26)
    )
    for token in store.tokens():
        check(store, token, wanted)


def policy(folder: Path) -> None:
    """A house's settings and rules, asked once."""
    from kinema.policy.rulebook import read_rules
    from kinema.policy.settings import read_settings

    read_settings(folder)
    read_rules(folder)


def registry(folder: Path) -> None:
    """Open, verify, and read everything."""
    from kinema.provenance.fingerprint.fingerprint import Fingerprint
    from kinema.provenance.registry import Registry

    with Registry.open(folder / "registry.sqlite", LOG_KEY().reader) as registry:
        registry.verify()
        for record in registry.records():
            fingerprint = getattr(record.content, "fingerprint", b"")
            registry.by_fingerprint(Fingerprint.from_bytes(fingerprint))
        registry.taken_down((0xF000 << 48) + 1)


def statement(folder: Path) -> None:
    """Bytes that stand in a registry."""
    from kinema.provenance.fingerprint.fingerprint import Fingerprint
    from kinema.provenance.registry.jumbf import active_manifest

    for path in folder.iterdir():
        read = active_manifest if path.suffix == ".c2pa" else Fingerprint.from_bytes
        read(path.read_bytes())


def keyring(folder: Path) -> None:
    """Sign with every role, and open a file to import."""
    from kinema.provenance.keys import read_keyring
    from kinema.provenance.keys.signer import from_pkcs12

    ring = read_keyring(folder)
    assert ring.claim.sign(b"x")
    assert ring.checkpoint.verify(ring.checkpoint.sign(b"x"), b"x") is not None
    assert ring.consent.sign(b"x")
    assert (ring.watermark(), ring.anchors, ring.development) is not None
    from_pkcs12((folder / "import.p12").read_bytes(), PASSWORD)


def take(folder: Path) -> None:
    """What a take under way, or one that is drawn again, reads of an earlier run."""
    from kinema.cost.meter import Meter
    from kinema.folder import TakeFolder
    from kinema.verify.report import read_report

    take = TakeFolder(folder)
    take.read_record()
    read_report(take.report)
    Meter().keep_in(take.meter)
