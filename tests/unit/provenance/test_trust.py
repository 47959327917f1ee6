"""Whose a clip is: across rotation and revocation, and among strangers; and that nothing untrusted is ever sealed."""

from __future__ import annotations

import socket
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kinema.errors import ProvenanceError
from kinema.provenance.keys import Keyring, open_keyring
from kinema.provenance.keys.ceremony import rotate, trust
from kinema.provenance.keys.signer import ClaimSigner
from kinema.provenance.manifest.inspection import inspect, judged
from kinema.provenance.manifest.sdk import read
from kinema.provenance.manifest.seal import seal_take


def test_old_clips_verify_after_rotation(tmp_path: Path, draw_clip, facts_of) -> None:
    ring = open_keyring(tmp_path / "keys").keyring
    old, new = (draw_clip(tmp_path / name) for name in ("old.mp4", "new.mp4"))
    seal_take(old, facts_of(old), ring)
    rotate(ring, "claim")
    seal_take(new, facts_of(new), ring)
    assert inspect(old, ring).ours
    assert inspect(new, ring).ours
    rotate(ring, "claim", compromised=True)
    assert inspect(old, ring).ours
    found = inspect(new, ring)
    assert (found.state, found.ours) == ("untrusted", False)
    assert "ours, revoked" in found.words


def test_strangers_clip_is_intact_but_untrusted(take, tmp_path: Path) -> None:
    """Trust in a maker is a decision; even then the clip is not ours."""
    stranger = open_keyring(tmp_path / "keys").keyring
    found = inspect(take.sealed.clip, stranger)
    assert (found.state, [f.code for f in found.failures]) == ("untrusted", ["signingCredential.untrusted"])
    assert found.words.endswith("the signer is unknown here")


def test_certificate_that_has_ended_is_no_forgery(take, keyring: Keyring) -> None:
    """The codes that the SDK gave of a clip signed six seconds before its certificate ended, and read after it."""
    stored = read(take.sealed.clip, keyring.anchors)
    assert stored is not None
    ended = [{"code": "signingCredential.untrusted"}, {"code": "signingCredential.expired"}]
    results = {**stored.results, "activeManifest": {"failure": ended}}
    found = judged(replace(stored, state="Invalid", results=results), keyring, "embedded")
    assert (found.state, found.ours) == ("untrusted", False)
    assert "no time stamp proves" in found.words
    assert "unknown" not in found.words
    worse = {"failure": [*ended, {"code": "assertion.bmffHash.mismatch"}]}
    found = judged(replace(stored, state="Invalid", results={"activeManifest": worse}), keyring, "embedded")
    assert found.state == "invalid"


def test_trusted_maker_is_not_us(take, keyring: Keyring, tmp_path: Path) -> None:
    stranger = open_keyring(tmp_path / "keys").keyring
    trust(stranger, (keyring.folder / "claim" / "0001" / "anchor.pem").read_bytes(), "kinema.pem", "makers")
    found = inspect(take.sealed.clip, stranger)
    assert (found.state, found.ours) == ("trusted", False)
    assert "(another's)" in found.words


def test_makers_certificate_with_our_serial_number_is_not_ours(
    take, keyring: Keyring, tmp_path: Path
) -> None:
    """The maker is trusted, and its leaf has the number of one of ours: only a root of ours can make it ours."""
    stranger = open_keyring(tmp_path / "keys").keyring
    theirs, mine = (ring.folder / "claim" / "0001" for ring in (keyring, stranger))
    trust(stranger, (theirs / "anchor.pem").read_bytes(), "kinema.pem", "makers")
    (mine / "chain.pem").write_bytes((theirs / "chain.pem").read_bytes())  # the same number in our books
    found = inspect(take.sealed.clip, stranger)
    assert (found.state, found.ours) == ("trusted", False)


@dataclass(frozen=True)
class Broken:
    """A signer whose hardware fails, or lies."""

    inner: ClaimSigner
    signature: bytes | None

    @property
    def algorithm(self):
        return self.inner.algorithm

    @property
    def chain(self) -> bytes:
        return self.inner.chain

    def sign(self, message: bytes) -> bytes:  # noqa: ARG002 - the protocol's signature
        if self.signature is None:
            raise ProvenanceError("hardware key", "must be there", got="nothing", next_step="Plug it in.")
        return self.signature


@dataclass(frozen=True)
class Faulty(Keyring):
    """A keyring with such a signer."""

    signature: bytes | None = None

    @property
    def claim(self) -> ClaimSigner:
        return Broken(super().claim, self.signature)


@pytest.mark.parametrize(("signature", "wanted"), [(None, "Plug it in"), (b"\1" * 64, "must be")])
def test_signature_that_fails_leaves_the_clip_as_it_was(
    tmp_path: Path, keyring: Keyring, draw_clip, facts_of, signature: bytes | None, wanted: str
) -> None:
    clip = draw_clip(tmp_path / "clip.mp4")
    before = clip.read_bytes()
    with pytest.raises(ProvenanceError, match=wanted):
        seal_take(clip, facts_of(clip), Faulty(keyring.folder, signature))
    assert clip.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_authority_that_does_not_answer_is_named(
    tmp_path: Path, keyring: Keyring, draw_clip, facts_of, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:  # bound and not listening: refuses at once
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("KINEMA_TSA", f"http://127.0.0.1:{taken.getsockname()[1]}/")
        clip = draw_clip(tmp_path / "clip.mp4")
        before = clip.read_bytes()
        with pytest.raises(ProvenanceError, match="time-stamping authority http://127"):
            seal_take(clip, facts_of(clip), keyring)
    assert clip.read_bytes() == before
