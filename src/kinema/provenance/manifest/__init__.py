"""Manifests: what a clip says of itself, signed by C2PA 2.4; and what a stranger's clip says, judged."""

from kinema.provenance.manifest.facts import TakeFacts
from kinema.provenance.manifest.inspection import Inspection, inspect
from kinema.provenance.manifest.seal import Sealed, seal_child, seal_take

__all__ = ["Inspection", "Sealed", "TakeFacts", "inspect", "seal_child", "seal_take"]
