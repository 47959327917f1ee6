"""Three slots of 25 minutes on one H200-class GPU: the first weights worth a look at full length."""

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


def small() -> Recipe:
    """128x128, 49 frames; depth 12, a 16 M autoencoder."""
    grid = Grid(frames=49, height=128, width=128)
    return Recipe(
        name="small",
        seed=0,
        precision="bfloat16",
        autoencoder=AutoencoderRecipe(
            sizes=AutoencoderSizes(width=64, encoder_blocks=2, decoder_blocks=2),
            grid=Grid(frames=17, height=128, width=128),
            optimisation=Optimisation(
                steps=12000,
                batch=32,
                learning_rate=1e-3,
                warmup=300,
                cooldown=0.3,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.999,
                save_every=500,
                picture_every=1000,
            ),
            gradient=1.0,
            wavelet=0.5,
            divergence=3e-4,
        ),
        transformer=TransformerRecipe(
            sizes=ModelSizes(depth=12, window=3, stem_width=48, text_depth=3),
            grid=grid,
            optimisation=Optimisation(
                steps=20000,
                batch=128,
                learning_rate=1e-3,
                warmup=500,
                cooldown=0.3,
                weight_decay=0.01,
                clip=1.0,
                averaging=0.9995,
                save_every=500,
                picture_every=1000,
            ),
            shift=1.5,
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
                steps=4000,
                batch=128,
                learning_rate=2e-4,
                warmup=200,
                cooldown=0.5,
                weight_decay=0.0,
                clip=1.0,
                averaging=0.999,
                save_every=500,
                picture_every=500,
            ),
            instantaneous_share=0.5,
            difference=0.02,
        ),
    )
