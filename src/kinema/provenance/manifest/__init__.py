"""Manifests: what a clip says of itself, signed by C2PA 2.4; and what a stranger's clip says, judged."""
