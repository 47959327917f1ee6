"""Seconds on a CPU: enough for the tests to walk the whole line. Learns nothing worth seeing."""

from __future__ import annotations

from kinema.diffusion.grid import Grid
from kinema.diffusion.sizes import AutoencoderSizes, ModelSizes
from kinema.diffusion.training.recipe import (
    AutoencoderRecipe,
    DistillRecipe,
    Optimisation,
    Recipe,
    TransformerRecipe,
)


def smoke() -> Recipe:
    """32x32, 9 frames."""
    grid = Grid(frames=9, height=32, width=32)
    return Recipe(
        name="smoke",
        seed=0,
        precision="float32",
        autoencoder=AutoencoderRecipe(
            sizes=AutoencoderSizes(width=16, encoder_blocks=1, decoder_blocks=1),
            grid=grid,
            optimisation=Optimisation(
                steps=6,
                batch=2,
                learning_rate=1e-3,
                warmup=2,
                cooldown=0.3,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.9,
                save_every=3,
                picture_every=6,
            ),
            gradient=1.0,
            wavelet=0.5,
            divergence=3e-4,
        ),
        transformer=TransformerRecipe(
            sizes=ModelSizes(depth=2, window=2, stem_width=16, text_depth=1),
            grid=grid,
            optimisation=Optimisation(
                steps=6,
                batch=2,
                learning_rate=2e-3,
                warmup=2,
                cooldown=0.3,
                weight_decay=0.01,
                clip=1.0,
                averaging=0.9,
                save_every=3,
                picture_every=6,
            ),
            shift=1.0,
            spread=1.0,
            least_time=0.1,
            known_share=0.5,
            full_share=0.1,
            drop_control=0.1,
            drop_text=0.1,
            drop_scene=0.1,
        ),
        distill=DistillRecipe(
            optimisation=Optimisation(
                steps=4,
                batch=2,
                learning_rate=5e-4,
                warmup=1,
                cooldown=0.5,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.9,
                save_every=4,
                picture_every=4,
            ),
            instantaneous_share=0.5,
            difference=0.02,
        ),
    )
