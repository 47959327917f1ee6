"""The registry: one row and one log leaf for each clip, found by id, by manifest or by what it looks like."""

from kinema.provenance.registry.entry import Entry, Leaf, Notice, new_id
from kinema.provenance.registry.ours import open_registry
from kinema.provenance.registry.registry import Registry

__all__ = ["Entry", "Leaf", "Notice", "Registry", "new_id", "open_registry"]
