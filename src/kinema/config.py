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
    registry: str
    """Path of the registry's database, or a postgresql:// URL (`KINEMA_REGISTRY`)."""
    registry_anchor: Path
    """Signed heads of its log, best on another disk (`KINEMA_REGISTRY_ANCHOR`)."""
    registry_key: Path
    """Private key of its log (`KINEMA_REGISTRY_KEY`)."""
    llm_url: str | None
    """Base URL of an OpenAI-compatible endpoint for compiling prompts (`KINEMA_LLM_URL`); None = off."""
    llm_model: str
    """`KINEMA_LLM_MODEL`."""
    llm_key: str | None
    """`KINEMA_LLM_KEY`; never written anywhere."""


def read_config() -> Config:
    """Read the environment now. No module does this at import."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    homes = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    data = Path(homes) / "kinema"
    return Config(
        cache=Path(os.environ.get("KINEMA_CACHE") or Path(home) / "kinema"),
        weights=Path(os.environ["KINEMA_WEIGHTS"]) if os.environ.get("KINEMA_WEIGHTS") else None,
        registry=os.environ.get("KINEMA_REGISTRY") or str(data / "registry.sqlite"),
        registry_anchor=Path(os.environ.get("KINEMA_REGISTRY_ANCHOR") or data / "registry.anchor"),
        registry_key=Path(os.environ.get("KINEMA_REGISTRY_KEY") or data / "registry.key"),
        llm_url=os.environ.get("KINEMA_LLM_URL") or None,
        llm_model=os.environ.get("KINEMA_LLM_MODEL") or "default",
        llm_key=os.environ.get("KINEMA_LLM_KEY") or None,
    )
