"""Ninety minutes of two CPU cores: what the base install ships if no GPU was to be had."""

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


def cpu() -> Recipe:
    """96x64, 17 frames; depth 6, a 3 M autoencoder."""
    grid = Grid(frames=17, height=64, width=96)
    return Recipe(
        name="cpu",
        seed=0,
        precision="bfloat16",
        autoencoder=AutoencoderRecipe(
            sizes=AutoencoderSizes(width=32, encoder_blocks=1, decoder_blocks=2),
            grid=Grid(frames=17, height=48, width=48),
            optimisation=Optimisation(
                steps=2000,
                batch=4,
                learning_rate=1e-3,
                warmup=50,
                cooldown=0.3,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.998,
                save_every=200,
                picture_every=400,
            ),
            gradient=1.0,
            wavelet=0.5,
            divergence=3e-4,
        ),
        transformer=TransformerRecipe(
            sizes=ModelSizes(depth=6, window=2, stem_width=32, text_depth=2),
            grid=grid,
            optimisation=Optimisation(
                steps=1600,
                batch=16,
                learning_rate=1e-3,
                warmup=200,
                cooldown=0.3,
                weight_decay=0.01,
                clip=1.0,
                averaging=0.998,
                save_every=200,
                picture_every=500,
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
                steps=240,
                batch=16,
                learning_rate=3e-4,
                warmup=50,
                cooldown=0.5,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.99,
                save_every=100,
                picture_every=200,
            ),
            instantaneous_share=0.5,
            difference=0.02,
        ),
    )
