"""Which weights drew a look, as a manifest names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kinema.diffusion.looks import painted_looks
from kinema.diffusion.manifest import hash_of, read_manifest, weights_folder
from kinema.provenance.manifest.facts import Model


def models_of(look: str, ingredients: Iterable[Mapping[str, Any]]) -> tuple[Model, ...]:
    """Of a painted look kinema's own weights; of others the `ingredients` that a take records."""
    if look not in painted_looks():
        wanted = Model.model_fields
        return tuple(Model(**{k: v for k, v in part.items() if k in wanted}) for part in ingredients)
    folder = weights_folder()
    manifest = read_manifest(folder)
    # weights.json states the hash of every file of the network: its own hash stands for all of them.
    return (
        Model(
            name=f"kinema painter {manifest['recipe']}",
            licence=manifest["licence"],
            sha256=hash_of(folder / "weights.json"),
            pipeline="kinema.diffusion.painter",
        ),
    )
