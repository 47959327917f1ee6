"""Twenty minutes of two CPU cores: does it learn at all?"""

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


def tiny() -> Recipe:
    """96x64, 17 frames; depth 4."""
    grid = Grid(frames=17, height=64, width=96)
    return Recipe(
        name="tiny",
        seed=0,
        precision="bfloat16",
        autoencoder=AutoencoderRecipe(
            sizes=AutoencoderSizes(width=16, encoder_blocks=1, decoder_blocks=1),
            grid=Grid(frames=9, height=64, width=64),
            optimisation=Optimisation(
                steps=1500,
                batch=8,
                learning_rate=1e-3,
                warmup=50,
                cooldown=0.3,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.995,
                save_every=250,
                picture_every=250,
            ),
            gradient=1.0,
            wavelet=0.5,
            divergence=3e-4,
        ),
        transformer=TransformerRecipe(
            sizes=ModelSizes(depth=4, window=2, stem_width=16, text_depth=1),
            grid=grid,
            optimisation=Optimisation(
                steps=2000,
                batch=16,
                learning_rate=2e-3,
                warmup=100,
                cooldown=0.3,
                weight_decay=0.01,
                clip=1.0,
                averaging=0.995,
                save_every=250,
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
                steps=300,
                batch=16,
                learning_rate=5e-4,
                warmup=30,
                cooldown=0.5,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.99,
                save_every=100,
                picture_every=100,
            ),
            instantaneous_share=0.5,
            difference=0.02,
        ),
    )
