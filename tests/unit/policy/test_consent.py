"""Consent: a receipt holds for what it says, as long as it says, until it is taken back; nothing forged holds."""

from __future__ import annotations

import hashlib
import json
import random
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from kinema.config import Config
from kinema.errors import PolicyError, ProvenanceError
from kinema.policy.consent.check import Wanted, check
from kinema.policy.consent.clips import InRegistry, MadeClip, TakesIn, made_under
from kinema.policy.consent.jws import sign, thumbprint, verified
from kinema.policy.consent.receipt import Grantor, Receipt, Scope, Subject, years_after
from kinema.policy.consent.status_list import SIZE, StatusList
from kinema.policy.consent.store import RECEIPT, ConsentStore
from kinema.policy.decide import decide
from kinema.policy.request import Purpose, Request
from kinema.policy.territory import covers
from kinema.provenance.keys import open_keyring, read_keyring
from kinema.provenance.keys.ceremony import rotate
from kinema.provenance.keys.signing_key import SigningKey
from kinema.provenance.log.checkpoint import log_key
from kinema.provenance.registry import Entry, Notice, Registry, open_registry

DAY = date(2026, 11, 26)
FILM = Wanted(person="Jane Roe", modality="likeness", purpose=Purpose(use="film"), day=DAY)
Grant = Callable[..., tuple[Receipt, str]]


# --- signatures --------------------------------------------------------------------------------------------


def test_the_signature_of_rfc_8037() -> None:
    """Appendix A.4 of RFC 8037: an EdDSA signature is deterministic, so ours must be theirs."""
    d = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
    import base64

    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(d + "="))
    signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    assert base64.urlsafe_b64encode(key.sign(signed)).rstrip(b"=").decode() == expected
    assert (
        thumbprint(key.public_key().public_bytes_raw()) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )  # appendix A.3


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> tuple[SigningKey, dict[str, bytes]]:
    key = open_keyring(tmp_path_factory.mktemp("signer") / "keys").keyring.consent
    return key, {thumbprint(key.public): key.public}


@given(payload=st.binary(max_size=200))
def test_what_is_signed_is_read_back(signer: tuple[SigningKey, dict[str, bytes]], payload: bytes) -> None:
    key, trusted = signer
    assert verified(sign(payload, key, kind="k"), trusted, kind="k") == (payload, next(iter(trusted)))


def test_no_changed_character_passes(signer: tuple[SigningKey, dict[str, bytes]]) -> None:
    """Every position of a token, changed to another character of its alphabet."""
    key, trusted = signer
    token = sign(b'{"a":1}', key, kind="k")
    for i, old in enumerate(token):
        for new in "Aa-." if old not in "Aa-." else "Bb_":
            with pytest.raises(PolicyError):
                verified(token[:i] + new + token[i + 1 :], trusted, kind="k")


@given(
    st.text(max_size=80)
    | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,90}", fullmatch=True)
)
def test_nothing_else_is_a_token(text: str) -> None:
    with pytest.raises(PolicyError):
        verified(text, {}, kind="k")


def test_the_token_does_not_choose_its_algorithm_kind_or_key(
    signer: tuple[SigningKey, dict[str, bytes]],
) -> None:
    import base64

    key, trusted = signer

    def forged(**header: object) -> str:
        full = {"alg": "EdDSA", "kid": thumbprint(key.public), "typ": "k", **header}
        parts = [
            base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in (json.dumps(full).encode(), b"{}")
        ]
        return ".".join(
            [*parts, base64.urlsafe_b64encode(key.sign(".".join(parts).encode())).rstrip(b"=").decode()]
        )

    assert verified(forged(), trusted, kind="k")[0] == b"{}"
    for change in (
        {"alg": "none"},
        {"alg": "HS256"},
        {"typ": "other"},
        {"kid": "other"},
        {"kid": 3},
        {"crit": ["x"]},
    ):
        with pytest.raises(PolicyError):
            verified(forged(**change), trusted, kind="k")
    with pytest.raises(PolicyError, match="trusts"):
        verified(forged(), {}, kind="k")


# --- the status list ---------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, SIZE - 1), max_size=20), st.integers(0, SIZE - 1))
def test_bits_are_what_was_set(indices: set[int], other: int) -> None:
    revoked = StatusList.empty()
    for index in indices:
        revoked = revoked.with_revoked(index)
    again = StatusList.decoded(revoked.encoded())
    assert again == revoked
    assert all(index in again for index in indices)
    assert (other in again) is (other in indices)


def test_the_first_bit_is_leftmost() -> None:
    """Bitstring Status List 1.0, section 3.2: index 0 is the first bit."""
    assert StatusList.empty().with_revoked(0).bits[0] == 0x80
    assert StatusList.empty().with_revoked(15).bits[1] == 0x01


@pytest.mark.parametrize("text", ["", "u", "zabc", "uAAAA", "u!!!!"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        StatusList.decoded(text)


def test_a_bomb_is_not_unpacked() -> None:
    import base64
    import gzip

    bomb = "u" + base64.urlsafe_b64encode(gzip.compress(bytes(50_000_000), 9)).rstrip(b"=").decode()
    with pytest.raises(PolicyError, match="not 131072 bits"):
        StatusList.decoded(bomb)


# --- terms -------------------------------------------------------------------------------------------------


def test_terms_the_law_does_not_allow(granted: Grant) -> None:
    minor = Subject(name="Kim Roe", minor=True, verified="document", verified_on=DAY)
    guardian = Grantor(name="Jane Roe", role="guardian")
    granted(valid_until=date(2036, 11, 26))
    granted(subject=minor, grantor=guardian, valid_until=date(2031, 11, 26))
    for wrong in (
        {"valid_until": date(2036, 11, 27)},
        {"valid_until": date(2026, 11, 25)},
        {"subject": minor, "grantor": guardian, "valid_until": date(2031, 11, 27)},
        {"subject": minor, "grantor": Grantor(name="Kim Roe")},
        {"grantor": Grantor(name="Somebody Else")},
        {"subject": Subject(name="Jane Roe", verified="notary", verified_on=date(2027, 1, 1))},
        {"evidence": "not a hash"},
    ):
        with pytest.raises(PolicyError):
            granted(**wrong)


def test_ten_years_after_a_leap_day() -> None:
    assert years_after(date(2024, 2, 29), 10) == date(2034, 2, 28)
    assert years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"day": date(2031, 11, 26)}, ""),
        ({"person": "jané  ROE"}, ""),
        ({"day": date(2031, 11, 27)}, "in force"),
        ({"day": date(2026, 11, 25)}, "in force"),
        ({"person": "John Doe"}, "John Doe's"),
        ({"modality": "voice"}, "voice"),
        ({"modality": "training"}, "training"),
        ({"purpose": Purpose(use="advertising")}, "advertising"),
        ({"purpose": Purpose()}, "unstated"),
    ],
)
def test_a_receipt_covers_what_it_says(
    store: ConsentStore, granted: Grant, changes: dict[str, Any], said: str
) -> None:
    receipt, token = granted()
    wanted = replace(FILM, **changes)
    if said:
        with pytest.raises(PolicyError, match=said):
            check(store, token, wanted)
    else:
        assert check(store, token, wanted) == receipt


@pytest.mark.parametrize(
    ("given_", "asked", "holds"),
    [
        (("*",), (), True),
        (("DE",), (), False),
        (("DE",), ("DE",), True),
        (("DE",), ("DE-BY",), True),
        (("DE-BY",), ("DE",), False),
        (("EU",), ("DE", "FR"), True),
        (("EU",), ("DE", "GB"), False),
        (("EU", "GB"), ("DE", "GB"), True),
        (("DE",), ("EU",), False),
    ],
)
def test_every_territory_must_be_covered(
    store: ConsentStore, granted: Grant, given_: tuple[str, ...], asked: tuple[str, ...], holds: bool
) -> None:
    _, token = granted(scope=Scope(uses=("any",), modalities=("likeness",), territories=given_))
    assert all(covers(given_, t) for t in asked or ("*",)) is holds
    if holds:
        check(store, token, replace(FILM, purpose=Purpose(use="film", territories=asked)))
    else:
        with pytest.raises(PolicyError, match="must cover"):
            check(store, token, replace(FILM, purpose=Purpose(use="film", territories=asked)))


def test_a_receipt_of_one_project_serves_no_other(store: ConsentStore, granted: Grant) -> None:
    _, token = granted(
        scope=Scope(project="Moon", uses=("any",), modalities=("likeness",), territories=("*",))
    )
    check(store, token, replace(FILM, purpose=Purpose(use="film", project="Moon")))
    for other in ("", "Sun"):
        with pytest.raises(PolicyError, match="project"):
            check(store, token, replace(FILM, purpose=Purpose(use="film", project=other)))


# --- revocation --------------------------------------------------------------------------------------------


def test_consent_taken_back_stops_requests_and_exports(
    config: Config, store: ConsentStore, granted: Grant
) -> None:
    receipt, _ = granted()
    other, _ = granted("John Doe")
    request = Request(text="A walk.", persons=("Jane Roe",), purpose=Purpose(use="film"), day=DAY)
    allowed = decide(request, config)
    assert allowed.receipts == (receipt.id,)
    store.revoke(receipt.id)
    for act in ("make", "export"):
        decision = decide(replace(request, act=act), config)
        assert decision.rule_ids == ("kinema.likeness.consent",)
        assert "revoked" in str(decision.reasons[0])
    assert decide(replace(request, persons=("John Doe",)), config).receipts == (other.id,)


def test_revoking_twice_is_revoking_once_and_nothing_gives_it_back(
    store: ConsentStore, granted: Grant
) -> None:
    receipt, token = granted()
    store.revoke(receipt.id)
    store.revoke(receipt.id)
    granted("John Doe")  # a later grant writes no list
    with pytest.raises(PolicyError, match="revoked"):
        check(store, token, FILM)


def test_without_a_list_of_revocations_nothing_holds(
    config: Config, store: ConsentStore, granted: Grant
) -> None:
    _, token = granted()
    for path in (config.consent / "revocations").iterdir():
        path.unlink()
    with pytest.raises(PolicyError, match="at hand"):
        check(store, token, FILM)


def test_a_list_of_another_signer_does_not_count(
    config: Config, store: ConsentStore, granted: Grant, tmp_path: Path
) -> None:
    """Else whoever is trusted for their own receipts could keep ours alive."""
    receipt, token = granted()
    other = ConsentStore(tmp_path / "other", tmp_path / "their keys")
    other.free_index()  # it has a list then
    _trust(config, tmp_path)
    store.revoke(receipt.id)
    mine = next((config.consent / "revocations").iterdir())
    mine.write_text(next((tmp_path / "other" / "revocations").iterdir()).read_text())
    with pytest.raises(PolicyError, match="own"):
        check(ConsentStore(config.consent, config.keys), token, FILM)


def test_receipts_of_a_trusted_house_count_and_can_only_be_revoked_by_it(
    config: Config, tmp_path: Path, granted: Grant
) -> None:
    from kinema.policy.consent.grant import grant

    granted("Somebody Else")
    other = ConsentStore(tmp_path / "other", tmp_path / "their keys")
    receipt, token = grant(
        other,
        subject=Subject(name="Jane Roe", verified="agency", verified_on=DAY),
        grantor=Grantor(name="Jane Roe"),
        scope=Scope(uses=("any",), modalities=("likeness",), territories=("*",)),
        valid_from=DAY,
        valid_until=DAY,
        evidence="0" * 64,
    )
    request = Request(text="A walk.", persons=("Jane Roe",), day=DAY, receipts=(token,))
    assert not decide(request, config).allowed  # an unknown signer
    _trust(config, tmp_path)
    assert not decide(request, config).allowed  # whose revocations are not known
    kid = thumbprint(other.signing_key().public)
    theirs = tmp_path / "other" / "revocations" / f"{kid}.jws"
    (config.consent / "revocations" / f"{kid}.jws").write_text(theirs.read_text())
    assert decide(request, config).receipts == (receipt.id,)
    (config.consent / "receipts" / f"{receipt.id}.jws").write_text(token)
    with pytest.raises(PolicyError, match="its signer"):
        ConsentStore(config.consent, config.keys).revoke(receipt.id)


def _trust(config: Config, tmp_path: Path) -> None:
    """The other house gives us its public key, as it lies in its keyring."""
    pem = (tmp_path / "their keys" / "consent" / "0001" / "public.pem").read_bytes()
    (config.consent / "trusted").mkdir(exist_ok=True)
    (config.consent / "trusted" / "other.pem").write_bytes(pem)


def test_takes_made_under_a_receipt_are_found(tmp_path: Path, granted: Grant) -> None:
    receipt, _ = granted()
    for name, receipts in (("a.take", [receipt.id]), ("deep/b.take", [receipt.id, "other"]), ("c.take", [])):
        folder = tmp_path / "takes" / name
        folder.mkdir(parents=True)
        record = {"clip": "clip.mp4", "policy": {"receipts": receipts}}
        (folder / "take.json").write_text(json.dumps(record))
    broken = tmp_path / "takes" / "d.take"
    broken.mkdir()
    (broken / "take.json").write_text("{")
    root = tmp_path / "takes"
    found = list(TakesIn(root)(receipt.id))
    assert found == [MadeClip(str(root / n), str(root / n / "clip.mp4")) for n in ("a.take", "deep/b.take")]


def test_what_is_written_down_names_nobody(store: ConsentStore, granted: Grant) -> None:
    receipt, token = granted()
    store.revoke(receipt.id)
    with open_registry() as registry:
        notices = [record.content for record in registry.notices(receipt.id)]
        assert registry.revoked(receipt.id)
    assert [notice.kind for notice in notices if isinstance(notice, Notice)] == ["audit", "revocation"]
    events = [json.loads(notice.statement) for notice in notices if isinstance(notice, Notice)]
    assert [(e["step"], e["receipt"]) for e in events] == [("granted", receipt.id), ("revoked", receipt.id)]
    assert {e["token_sha256"] for e in events} == {hashlib.sha256(token.encode()).hexdigest()}
    assert "Jane" not in str(notices)


def test_the_registry_knows_clips_by_receipt(tmp_path: Path, granted: Grant) -> None:
    """By what their manifests say, and a clip that a take on disk is known of is told once."""
    (one, _), (other, _) = granted(), granted()
    takes = tmp_path / "takes" / "a.take"
    takes.mkdir(parents=True)
    record = {"clip": "clip.mp4", "policy": {"receipts": [one.id]}, "origin": {"id": f"{1:016x}"}}
    (takes / "take.json").write_text(json.dumps(record))
    key = log_key(open_keyring(tmp_path / "keys").keyring.checkpoint)
    with Registry.open(tmp_path / "registry.sqlite", key) as registry:
        for number, receipts in enumerate(([one.id], [one.id, other.id], []), 1):
            said = json.dumps({"consents": receipts}).encode()
            registry.register(
                Entry(id=number, manifest_id=f"urn:c2pa:{number}", manifest=b"\0jumb" + said,
                      clip_hash=bytes(32), fingerprint=b"")
            )  # fmt: skip
        finders = TakesIn(tmp_path / "takes"), InRegistry(registry)
        assert [clip.id for clip in InRegistry(registry)(one.id)] == [f"{1:016x}", f"{2:016x}"]
        assert made_under(one.id, *finders) == [
            MadeClip(f"{1:016x}", str(takes / "clip.mp4")),
            MadeClip(f"{2:016x}", "urn:c2pa:2"),
        ]
        assert made_under(other.id, *finders) == [MadeClip(f"{2:016x}", "urn:c2pa:2")]


# --- generations of the house's key ------------------------------------------------------------------------


def test_receipts_of_a_succeeded_key_hold_and_can_be_revoked(
    config: Config, store: ConsentStore, granted: Grant
) -> None:
    old, old_token = granted()
    rotate(read_keyring(config.keys), "consent")
    store = ConsentStore(config.consent, config.keys)
    assert check(store, old_token, FILM) == old
    new, new_token = grant_with(store)
    assert store.read(new_token).signer != store.read(old_token).signer
    store.revoke(old.id)
    with pytest.raises(PolicyError, match="revoked"):
        check(store, old_token, FILM)
    assert check(store, new_token, FILM) == new
    # The list of one generation is not that of another, though the same key signed both.
    kids = {token: store.read(token).signer for token in (old_token, new_token)}
    lists = config.consent / "revocations"
    (lists / f"{kids[old_token]}.jws").write_text((lists / f"{kids[new_token]}.jws").read_text())
    with pytest.raises(PolicyError, match="own"):
        check(store, old_token, FILM)


def test_receipts_of_a_stolen_key_hold_no_longer(config: Config, store: ConsentStore, granted: Grant) -> None:
    _, token = granted()
    rotate(read_keyring(config.keys), "consent", compromised=True)
    store = ConsentStore(config.consent, config.keys)
    with pytest.raises(PolicyError, match="trusts"):
        check(store, token, FILM)
    new, new_token = grant_with(store)  # and the old receipt that lies there does not stand in the way
    assert check(store, new_token, FILM) == new


def test_a_lost_list_is_not_begun_again(config: Config, store: ConsentStore, granted: Grant) -> None:
    receipt, token = granted()
    store.revoke(receipt.id)
    for path in (config.consent / "revocations").iterdir():
        path.unlink()
    granted("John Doe")
    with pytest.raises(PolicyError, match="at hand"):
        check(store, token, FILM)


def grant_with(store: ConsentStore) -> tuple[Receipt, str]:
    from kinema.policy.consent.grant import grant

    return grant(
        store,
        subject=Subject(name="Jane Roe", verified="in_person", verified_on=DAY),
        grantor=Grantor(name="Jane Roe"),
        scope=Scope(uses=("film",), modalities=("likeness",), territories=("*",)),
        valid_from=DAY,
        valid_until=DAY,
        evidence="0" * 64,
    )


# --- keys and files ----------------------------------------------------------------------------------------


def test_the_key_is_in_the_keyring_alone(config: Config, granted: Grant) -> None:
    _, token = granted()
    key = config.keys / "consent" / "0001" / "key.pem"
    secret = b"".join(key.read_bytes().splitlines()[1:-1])
    files = [path for path in config.consent.rglob("*") if path.is_file()]
    assert len(files) >= 3  # the receipt, the list, the lock
    assert not any(secret in path.read_bytes() for path in files)
    assert {
        stat.S_IMODE(p.stat().st_mode) for p in [config.consent, *config.consent.rglob("*")] if p.is_dir()
    } == {0o700}
    config.keys.chmod(0o750)
    with pytest.raises(ProvenanceError, match="owner alone"):
        ConsentStore(config.consent, config.keys).read(token)


def test_reading_makes_nothing(config: Config, store: ConsentStore) -> None:
    assert list(store.tokens()) == []
    assert store.trusted == {}
    assert not config.consent.exists()
    assert not config.keys.exists()


def test_an_id_is_no_path(store: ConsentStore, granted: Grant) -> None:
    granted()
    for bad in ("../key", "..", "", "a/b"):
        with pytest.raises(PolicyError):
            store.token(bad)


def test_mutated_receipts_never_hold(store: ConsentStore, granted: Grant) -> None:
    """Two thousand mutations of a real token: each is refused as policy, none with a traceback."""
    _, token = granted()
    draw = random.Random(4)
    for _ in range(2000):
        broken = list(token)
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(broken))
            broken[at : at + draw.randint(0, 2)] = draw.choices("AZaz09-_.=\n\x00é", k=draw.randint(0, 3))
        text = "".join(broken)
        if text.strip() != token:
            with pytest.raises(PolicyError):
                check(store, text, FILM)


def test_signed_nonsense_is_refused(store: ConsentStore) -> None:
    """A trusted signer's payload is outside input too."""
    key = store.signing_key()
    for payload in (b"", b"{}", b"[]", b"null", b"\xff", b'{"schema": "kinema.consent/2"}', b"[" * 100_000):
        with pytest.raises(PolicyError):
            store.read(sign(payload, key, kind=RECEIPT))
