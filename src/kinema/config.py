"""The environment, read in this one place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the machine's owner may set from outside."""

    cache: Path
    """Compiled kernels and baked tables (`KINEMA_CACHE`)."""
    weights: Path | None
    """Weights of the painter (`KINEMA_WEIGHTS`), a folder of `kinema export`; None = those that came along."""
    llm_url: str | None
    """Base URL of an OpenAI-compatible endpoint for compiling prompts (`KINEMA_LLM_URL`); None = off."""
    llm_model: str
    """`KINEMA_LLM_MODEL`."""
    llm_key: str | None
    """`KINEMA_LLM_KEY`; never written anywhere."""
    policy: Path | None
    """Rules of the house (`KINEMA_POLICY`), a folder that adds to those that came along; None = those alone."""
    consent: Path
    """Consent receipts, their keys and revocations (`KINEMA_CONSENT`)."""
    moderation_url: str | None
    """A classifier of text that is asked as well (`KINEMA_MODERATION_URL`); None = off."""


def read_config() -> Config:
    """Read the environment now. No module does this at import."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    share = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Config(
        cache=Path(os.environ.get("KINEMA_CACHE") or Path(home) / "kinema"),
        weights=Path(os.environ["KINEMA_WEIGHTS"]) if os.environ.get("KINEMA_WEIGHTS") else None,
        llm_url=os.environ.get("KINEMA_LLM_URL") or None,
        llm_model=os.environ.get("KINEMA_LLM_MODEL") or "default",
        llm_key=os.environ.get("KINEMA_LLM_KEY") or None,
        policy=Path(os.environ["KINEMA_POLICY"]) if os.environ.get("KINEMA_POLICY") else None,
        consent=Path(os.environ.get("KINEMA_CONSENT") or Path(share) / "kinema" / "consent"),
        moderation_url=os.environ.get("KINEMA_MODERATION_URL") or None,
    )
