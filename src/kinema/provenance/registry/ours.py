"""The registry of this machine, as the environment says, signed by the keyring's checkpoint key."""

from __future__ import annotations

from kinema.config import Config, read_config
from kinema.provenance.keys import open_keyring
from kinema.provenance.log.checkpoint import log_key
from kinema.provenance.registry.registry import Registry


def open_registry(config: Config | None = None) -> Registry:
    """It, and its keys, are made where there are none. Raises `ProvenanceError`, `UsageError`."""
    config = config or read_config()
    key = log_key(open_keyring(config.keys).keyring.checkpoint)
    return Registry.open(config.registry, key, config.registry_anchor)
