"""A day of one H200-class GPU. Planned, not run."""

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


def base() -> Recipe:
    """256x256, 49 frames; depth 16."""
    grid = Grid(frames=49, height=256, width=256)
    return Recipe(
        name="base",
        seed=0,
        precision="bfloat16",
        autoencoder=AutoencoderRecipe(
            sizes=AutoencoderSizes(width=96, encoder_blocks=2, decoder_blocks=3),
            grid=Grid(frames=17, height=256, width=256),
            optimisation=Optimisation(
                steps=60000,
                batch=16,
                learning_rate=7e-4,
                warmup=1000,
                cooldown=0.3,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.9995,
                save_every=1000,
                picture_every=2000,
            ),
            gradient=1.0,
            wavelet=0.5,
            divergence=3e-4,
        ),
        transformer=TransformerRecipe(
            sizes=ModelSizes(depth=16, window=3, stem_width=64, text_depth=4),
            grid=grid,
            optimisation=Optimisation(
                steps=100000,
                batch=64,
                learning_rate=7e-4,
                warmup=1000,
                cooldown=0.3,
                weight_decay=0.01,
                clip=1.0,
                averaging=0.9998,
                save_every=1000,
                picture_every=2000,
            ),
            shift=2.0,
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
                steps=20000,
                batch=64,
                learning_rate=1e-4,
                warmup=500,
                cooldown=0.5,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.999,
                save_every=1000,
                picture_every=1000,
            ),
            instantaneous_share=0.5,
            difference=0.02,
        ),
    )
