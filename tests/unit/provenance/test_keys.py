"""Keys on disk: whole, private, separate by role; and what rotation keeps."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kinema.config import read_config
from kinema.errors import ProvenanceError, UsageError
from kinema.provenance.keys import Keyring, open_keyring, read_keyring
from kinema.provenance.keys.ceremony import distrust, init, rotate, trust
from kinema.provenance.keys.derive import derived
from kinema.provenance.keys.generation import ROLES, Role
from kinema.provenance.keys.keyring import serial_of
from kinema.provenance.keys.summary import summary_of
from kinema.provenance.private_file import Secret, read_secret, whole_folder


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return open_keyring(tmp_path / "keys").keyring


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    loose = os.umask(0)  # the widest: the rights must not come from it
    try:
        folder = open_keyring(tmp_path / "keys").keyring.folder
    finally:
        os.umask(loose)
    for path in (folder, *folder.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_keys_that_others_may_read_are_refused(ring: Keyring, mode: int) -> None:
    (ring.folder / "claim" / "0001" / "key.pem").chmod(mode)
    with pytest.raises(ProvenanceError, match=f"owner alone .got mode {mode:04o}"):
        _ = ring.claim


def test_folder_that_others_may_enter_is_refused(ring: Keyring) -> None:
    ring.folder.chmod(0o750)
    with pytest.raises(ProvenanceError, match="owner alone"):
        open_keyring(ring.folder)


def test_roles_have_keys_of_their_own(ring: Keyring) -> None:
    assert ring.checkpoint.public != ring.consent.public
    signature = ring.checkpoint.sign(b"a tree head")
    assert ring.checkpoint.verify(signature, b"a tree head")
    assert not ring.checkpoint.verify(signature, b"another")
    assert not ring.consent.verify(signature, b"a tree head")


def test_tenants_have_watermark_keys_of_their_own(ring: Keyring) -> None:
    keys = {ring.watermark(tenant) for tenant in ("", "a", "b", "ab")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert ring.watermark("a") == read_keyring(ring.folder).watermark("a")


def test_watermark_key_is_hkdf_of_the_secret(ring: Keyring) -> None:
    """RFC 5869 by hand: with an empty salt, PRK = HMAC(0…0, secret); T(1) = HMAC(PRK, info ‖ 1)."""
    import hashlib
    import hmac

    secret = (ring.folder / "watermark" / "0001" / "secret").read_bytes()
    prk = hmac.digest(bytes(32), secret, hashlib.sha256)
    wanted = hmac.digest(prk, b"kinema.watermark/1\0studio" + b"\1", hashlib.sha256)
    assert ring.watermark("studio") == wanted


def test_derivation_is_rfc_5869s() -> None:
    """Its appendix A.3; and with a salt, by hand: T(1) and T(2) of the extracted key."""
    import hmac

    expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    assert derived(b"\x0b" * 22, "", 42).hex() == expected
    drawn = hmac.digest(b"salt", b"secret", "sha256")
    first = hmac.digest(drawn, b"for\1", "sha256")
    assert (
        derived(b"secret", "for", 40, salt=b"salt")
        == (first + hmac.digest(drawn, first + b"for\2", "sha256"))[:40]
    )


def test_nothing_shows_a_secret(ring: Keyring) -> None:
    secret = ring.watermark("a")
    shown = f"{secret} {secret!r} {ring} {ring.claim} {ring.checkpoint} {summary_of(ring)}"
    assert bytes(secret).hex() not in shown
    assert "PRIVATE" not in shown
    assert str(Secret(b"x" * 32)) == "Secret(32 bytes)"
    assert "hunter2" not in repr(read_config_with("KINEMA_HSM_PIN", "hunter2"))
    assert "hunter2" not in repr(read_config_with("KINEMA_KEY_PASSWORD", "hunter2"))


def read_config_with(name: str, value: str) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(name, value)
        return read_config()


def test_keys_are_made_once(ring: Keyring) -> None:
    again = open_keyring(ring.folder)
    assert not again.new
    assert again.keyring.checkpoint.public == ring.checkpoint.public
    with pytest.raises(UsageError, match="must be empty"):
        init(ring.folder)


def test_many_first_runs_at_once_make_one_keyring(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_keyring(tmp_path / "keys"), range(8)))
    assert len({one.keyring.checkpoint.public for one in opened}) == 1
    assert sum(one.new for one in opened) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="must be empty"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_half_made_folder_never_appears(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "0001") as filling:  # noqa: PT012
        (filling / "key.pem").write_bytes(b"half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("role", ROLES)
def test_rotation_keeps_what_verifies_and_drops_what_signs(ring: Keyring, role: Role) -> None:
    mark, head, anchors = ring.watermark(), ring.checkpoint.sign(b"head"), ring.anchors.count("BEGIN")
    rotate(ring, role)
    old = ring.folder / role / "0001"
    assert not any((old / name).exists() for name in ("key.pem", "key.p12", "hsm.json"))
    assert ring.checkpoint.verify(head, b"head")
    assert mark in ring.watermarks()
    assert (ring.watermark() != mark) == (role == "watermark")
    assert ring.anchors.count("BEGIN") == anchors + (role == "claim")


def test_rotated_certificates_overlap(ring: Keyring) -> None:
    rotate(ring, "claim", now=datetime.now(UTC) + timedelta(days=300))
    new, old = summary_of(ring).claims
    # The old one is valid for 65 days of the new one's. Both are whole seconds of a clock that runs on meanwhile.
    assert abs(new.until - old.until - timedelta(days=300)) < timedelta(hours=1)
    assert (new.state, old.state) == ("signs", "verifies")


def test_compromised_key_is_distrusted(ring: Keyring) -> None:
    serial, head = serial_of(ring.folder / "claim" / "0001"), ring.checkpoint.sign(b"head")
    rotate(ring, "claim", compromised=True)
    rotate(ring, "checkpoint", compromised=True)
    assert ring.anchors.count("BEGIN") == 1
    assert ring.standing(serial) == "ours, revoked"
    assert not ring.checkpoint.verify(head, b"head")
    assert [one.state for one in summary_of(ring).claims] == ["signs", "distrusted"]


def test_older_key_is_distrusted_by_its_number(ring: Keyring) -> None:
    head = ring.checkpoint.sign(b"head")
    rotate(ring, "checkpoint")
    assert ring.checkpoint.verify(head, b"head")
    with pytest.raises(UsageError, match="0002, which is in use"):
        distrust(ring, "checkpoint", "0002")
    with pytest.raises(UsageError, match="must be one of 0001"):
        distrust(ring, "checkpoint", "../0001")
    distrust(ring, "checkpoint", "0001")
    assert not ring.checkpoint.verify(head, b"head")


def test_numbers_of_distrusted_generations_are_not_used_again(ring: Keyring) -> None:
    rotate(ring, "consent", compromised=True)
    assert rotate(ring, "consent").name == "0003"


def test_expired_certificate_signs_nothing(tmp_path: Path) -> None:
    ring = init(tmp_path / "keys", now=datetime.now(UTC) - timedelta(days=366))
    with pytest.raises(ProvenanceError, match="kinema keys rotate"):
        _ = ring.claim
    rotate(ring, "claim")
    assert ring.claim.sign(b"a claim")


def test_owner_is_told_in_time(tmp_path: Path) -> None:
    assert summary_of(init(tmp_path / "old", now=datetime.now(UTC) - timedelta(days=320))).soon
    assert not summary_of(init(tmp_path / "new")).soon


def test_damaged_keys_are_said_to_be_damaged(ring: Keyring) -> None:
    for name in ("claim/0001/key.pem", "consent/0001/public.pem", "claim/0001/chain.pem"):
        (ring.folder / name).write_bytes(b"not a key")
    for use in (lambda: ring.claim, lambda: ring.consent.public, lambda: ring.standing(1)):
        with pytest.raises(ProvenanceError):
            use()


def test_missing_keys_are_said_to_be_missing(tmp_path: Path, ring: Keyring) -> None:
    with pytest.raises(ProvenanceError, match="kinema keys init"):
        read_keyring(tmp_path / "nowhere")
    (ring.folder / "claim" / "0001" / "key.pem").unlink()
    with pytest.raises(ProvenanceError, match="must be there"):
        _ = ring.claim


def test_key_of_another_certificate_is_refused(ring: Keyring, tmp_path: Path) -> None:
    other = init(tmp_path / "other")
    mine, theirs = (one.folder / "claim" / "0001" / "chain.pem" for one in (ring, other))
    mine.write_bytes(read_secret(theirs))
    with pytest.raises(ProvenanceError, match="of the claim key"):
        _ = ring.claim


def test_trust_takes_certificates_alone(ring: Keyring) -> None:
    with pytest.raises(ProvenanceError, match="PEM"):
        trust(ring, b"not a certificate", "tsa.pem", "stamps")
    root = (ring.folder / "claim" / "0001" / "anchor.pem").read_bytes()
    kept = trust(ring, root, "../../elsewhere/tsa.crt", "stamps")
    assert kept == ring.folder / "stamps" / "tsa.pem"  # no path leaves the folder
    with pytest.raises(UsageError, match="must not be there yet"):
        trust(ring, root, "tsa.pem", "stamps")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_disk_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ProvenanceError, match="KINEMA_KEYS"):
        open_keyring(tmp_path / "keys")


def test_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvenanceError, match="KINEMA_KEYS"):
        open_keyring(tmp_path / "file" / "keys")
