"""The environment, read in this one place."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the machine's owner may set from outside."""

    cache: Path
    """Compiled kernels and baked tables (`KINEMA_CACHE`)."""
    weights: Path | None
    """Weights of the painter (`KINEMA_WEIGHTS`), a folder of `kinema export`; None = those that came along."""
    registry: str
    """Path of the registry's database, or a postgresql:// URL (`KINEMA_REGISTRY`)."""
    registry_anchor: Path | None
    """Signed heads of its log, best on another disk (`KINEMA_REGISTRY_ANCHOR`); None = beside the database."""
    llm_url: str | None
    """Base URL of an OpenAI-compatible endpoint for compiling prompts (`KINEMA_LLM_URL`); None = off."""
    llm_model: str
    """`KINEMA_LLM_MODEL`."""
    llm_key: str | None = field(repr=False)
    """`KINEMA_LLM_KEY`; never written anywhere."""
    policy: Path | None
    """Rules of the house (`KINEMA_POLICY`), a folder that adds to those that came along; None = those alone."""
    consent: Path
    """Consent receipts and revocations (`KINEMA_CONSENT`)."""
    moderation_url: str | None
    """A classifier of text that is asked as well (`KINEMA_MODERATION_URL`); None = off."""
    keys: Path
    """Folder of the keyring (`KINEMA_KEYS`)."""
    tsa: str | None
    """URL of an RFC 3161 time-stamping authority (`KINEMA_TSA`); None = signatures carry no time stamp."""
    key_password: str | None = field(repr=False)
    """Opens an imported PKCS#12 file (`KINEMA_KEY_PASSWORD`); never written anywhere."""
    hsm_pin: str | None = field(repr=False)
    """Opens an imported hardware token (`KINEMA_HSM_PIN`); never written anywhere."""


def read_config() -> Config:
    """Read the environment now. No module does this at import."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    share = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    lasting = Path(share) / "kinema"
    return Config(
        cache=Path(os.environ.get("KINEMA_CACHE") or Path(home) / "kinema"),
        weights=Path(os.environ["KINEMA_WEIGHTS"]) if os.environ.get("KINEMA_WEIGHTS") else None,
        registry=os.environ.get("KINEMA_REGISTRY") or str(lasting / "registry.sqlite"),
        registry_anchor=Path(os.environ["KINEMA_REGISTRY_ANCHOR"])
        if os.environ.get("KINEMA_REGISTRY_ANCHOR")
        else None,
        llm_url=os.environ.get("KINEMA_LLM_URL") or None,
        llm_model=os.environ.get("KINEMA_LLM_MODEL") or "default",
        llm_key=os.environ.get("KINEMA_LLM_KEY") or None,
        policy=Path(os.environ["KINEMA_POLICY"]) if os.environ.get("KINEMA_POLICY") else None,
        consent=Path(os.environ.get("KINEMA_CONSENT") or lasting / "consent"),
        moderation_url=os.environ.get("KINEMA_MODERATION_URL") or None,
        keys=Path(os.environ.get("KINEMA_KEYS") or lasting / "keys"),
        tsa=os.environ.get("KINEMA_TSA") or None,
        key_password=os.environ.get("KINEMA_KEY_PASSWORD") or None,
        hsm_pin=os.environ.get("KINEMA_HSM_PIN") or None,
    )
