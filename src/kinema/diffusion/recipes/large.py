"""A week of eight H200-class GPUs. Planned, not run."""

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


def large() -> Recipe:
    """512x512, 97 frames; depth 24."""
    grid = Grid(frames=97, height=512, width=512)
    return Recipe(
        name="large",
        seed=0,
        precision="bfloat16",
        autoencoder=AutoencoderRecipe(
            sizes=AutoencoderSizes(width=128, encoder_blocks=3, decoder_blocks=4),
            grid=Grid(frames=17, height=256, width=256),
            optimisation=Optimisation(
                steps=200000,
                batch=16,
                learning_rate=5e-4,
                warmup=2000,
                cooldown=0.3,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.9998,
                save_every=2000,
                picture_every=5000,
            ),
            gradient=1.0,
            wavelet=0.5,
            divergence=3e-4,
        ),
        transformer=TransformerRecipe(
            sizes=ModelSizes(depth=24, window=3, stem_width=96, text_depth=6),
            grid=grid,
            optimisation=Optimisation(
                steps=300000,
                batch=16,
                learning_rate=5e-4,
                warmup=2000,
                cooldown=0.3,
                weight_decay=0.01,
                clip=1.0,
                averaging=0.9999,
                save_every=2000,
                picture_every=5000,
            ),
            shift=3.0,
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
                steps=40000,
                batch=16,
                learning_rate=1e-4,
                warmup=1000,
                cooldown=0.5,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.9995,
                save_every=2000,
                picture_every=2000,
            ),
            instantaneous_share=0.5,
            difference=0.02,
        ),
    )
