"""Signed text: JWS, compact (RFC 7515), by Ed25519 and nothing else (RFC 8037). A key is known by its thumbprint (RFC
7638)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from kinema.errors import PolicyError
from kinema.provenance.keys import signing_key
from kinema.provenance.keys.signing_key import SigningKey

MAX_TOKEN: Final = 2**18


def sign(payload: bytes, key: SigningKey, *, kind: str) -> str:
    """A token of that kind (`typ`)."""
    header = {"alg": "EdDSA", "kid": thumbprint(key.public), "typ": kind}
    signed = f"{_text(json.dumps(header, separators=(',', ':'), sort_keys=True).encode())}.{_text(payload)}"
    return f"{signed}.{_text(key.sign(signed.encode('ascii')))}"


def verified(token: str, trusted: Mapping[str, bytes], *, kind: str) -> tuple[bytes, str]:
    """The payload and the signer's thumbprint; `trusted` are raw public keys by theirs. Raises `PolicyError` for
    anything that is not a token of that kind by one of them; the algorithm is ours, never the token's to choose."""
    try:
        if len(token) > MAX_TOKEN:
            raise ValueError(f"{len(token)} characters; at most {MAX_TOKEN} are read")
        head, body, signature = token.strip().split(".")
        header = json.loads(_bytes(head))
        if not isinstance(header, dict) or header.keys() != {"alg", "kid", "typ"}:
            raise ValueError("a header that is not alg, kid and typ")
        if header["alg"] != "EdDSA" or header["typ"] != kind:
            raise ValueError(f"alg {header['alg']!r}, typ {header['typ']!r}")
        key = trusted.get(header["kid"]) if isinstance(header["kid"], str) else None
        if key is None:
            raise _refused(
                "must be signed by a key this house trusts", f"the key {str(header['kid'])[:60]!r}"
            )
        if not signing_key.verified(key, _bytes(signature), f"{head}.{body}".encode("ascii")):
            raise _refused(
                "must carry a signature that fits", "one that does not: it was changed, or not so signed"
            )
        return _bytes(body), header["kid"]
    except (ValueError, RecursionError) as error:
        raise _refused(f"must be a JWS of type {kind} by EdDSA", error) from error


def thumbprint(public: bytes) -> str:
    """RFC 7638, SHA-256, base64url, of a raw public key."""
    members: dict[str, Any] = {"crv": "Ed25519", "kty": "OKP", "x": _text(public)}
    return _text(hashlib.sha256(json.dumps(members, separators=(",", ":"), sort_keys=True).encode()).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    """Strict: one text for one value, so that a token cannot be changed without its signature failing."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64url: {error}") from error
    if _text(raw) != text:
        raise ValueError("not base64url as RFC 7515 writes it")
    return raw


def _refused(rule: str, got: object) -> PolicyError:
    return PolicyError(
        "the token", rule, got=got, next_step="Ask who issued it for a new one, or trust their key."
    )
