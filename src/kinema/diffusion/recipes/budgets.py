"""The recipes, by what they may cost. Every number that differs between them stands here, once.

What does not differ is in `_recipe` and `paced`: the weights of losses, the shares of dropped conditions, and how a
run warms up, cools down, averages and saves for its length.
"""

from __future__ import annotations

from kinema.diffusion.grid import Grid
from kinema.diffusion.sizes import AutoencoderSizes, ModelSizes
from kinema.diffusion.training.recipe import (
    AutoencoderRecipe,
    DecoderRecipe,
    DistillRecipe,
    Optimisation,
    Precision,
    Recipe,
    TransformerRecipe,
)


def smoke() -> Recipe:
    """Seconds on a CPU: enough for the tests to walk the whole line. Learns nothing worth seeing."""
    return _recipe(
        "smoke",
        crop=Grid(frames=9, height=32, width=32),
        autoencoder=AutoencoderSizes(
            width=16, encoder_blocks=1, decoder_blocks=1, shader_width=16, shader_blocks=1
        ),
        model=ModelSizes(depth=2, window=2, text_depth=1),
        shift=1.0,
        courses=(paced(6, 2, 1e-3), paced(6, 2, 2e-3), paced(4, 2, 5e-4), paced(4, 2, 5e-4)),
        precision="float32",
    )


def tiny() -> Recipe:
    """Twenty minutes of two CPU cores, clips of 96x64, 17 frames: does it learn at all?"""
    return _recipe(
        "tiny",
        crop=Grid(frames=9, height=64, width=64),
        autoencoder=AutoencoderSizes(
            width=16, encoder_blocks=1, decoder_blocks=1, shader_width=32, shader_blocks=2
        ),
        model=ModelSizes(depth=4, window=2, text_depth=1),
        shift=1.0,
        courses=(paced(1000, 8, 1e-3), paced(1500, 16, 2e-3), paced(200, 16, 1e-4), paced(200, 8, 5e-4)),
    )


def cpu() -> Recipe:
    """Two hours of two CPU cores, clips of 192x128, 17 frames: the most that can be had without a GPU."""
    return _recipe(
        "cpu",
        crop=Grid(frames=9, height=64, width=64),
        autoencoder=AutoencoderSizes(
            width=32, encoder_blocks=0, decoder_blocks=1, shader_width=48, shader_blocks=4
        ),
        model=ModelSizes(depth=6, window=2, text_depth=2),
        shift=1.0,
        courses=(paced(1400, 12, 2e-3), paced(1250, 6, 2e-3), paced(150, 4, 1e-4), paced(1000, 12, 5e-4)),
    )


def small() -> Recipe:
    """Ten minutes of one H100-class GPU, data made beside it: 192x128, 17 frames, and 448x256, 9 frames. What ships."""
    return _recipe(
        "small",
        crop=Grid(frames=9, height=128, width=128),
        autoencoder=AutoencoderSizes(
            width=32, encoder_blocks=0, decoder_blocks=1, shader_width=48, shader_blocks=4
        ),
        model=ModelSizes(depth=8, window=2, text_depth=2),
        shift=1.5,
        courses=(
            paced(6000, 24, 2e-3),
            paced(8000, 128, 1.5e-3),
            paced(800, 64, 2e-4),
            paced(4000, 24, 5e-4),
        ),
    )


def base() -> Recipe:
    """A day of one H200-class GPU, clips of 256x256, 49 frames. Planned, not run."""
    return _recipe(
        "base",
        crop=Grid(frames=17, height=256, width=256),
        autoencoder=AutoencoderSizes(
            width=96, encoder_blocks=2, decoder_blocks=3, shader_width=96, shader_blocks=6
        ),
        model=ModelSizes(depth=16, window=3, text_depth=4),
        shift=2.0,
        courses=(
            paced(60000, 16, 7e-4),
            paced(100000, 64, 7e-4),
            paced(20000, 64, 1e-4),
            paced(15000, 16, 2e-4),
        ),
    )


def large() -> Recipe:
    """A week of eight H200-class GPUs, clips of 512x512, 97 frames. Planned, not run."""
    return _recipe(
        "large",
        crop=Grid(frames=17, height=256, width=256),
        autoencoder=AutoencoderSizes(
            width=128, encoder_blocks=3, decoder_blocks=4, shader_width=128, shader_blocks=8
        ),
        model=ModelSizes(depth=24, window=3, text_depth=6),
        shift=3.0,
        courses=(
            paced(200000, 16, 5e-4),
            paced(300000, 16, 5e-4),
            paced(40000, 16, 1e-4),
            paced(50000, 16, 1e-4),
        ),
    )


def _recipe(
    name: str,
    *,
    crop: Grid,
    autoencoder: AutoencoderSizes,
    model: ModelSizes,
    shift: float,
    courses: tuple[Optimisation, Optimisation, Optimisation, Optimisation],
    precision: Precision = "bfloat16",
) -> Recipe:
    """`crop`: what the autoencoder sees of clips. One optimisation for each course."""
    first, second, third, fourth = courses
    return Recipe(
        name=name,
        seed=0,
        precision=precision,
        autoencoder=AutoencoderRecipe(
            sizes=autoencoder,
            grid=crop,
            optimisation=first,
            coarse=0.5,
            gradient=1.0,
            wavelet=0.5,
            divergence=3e-4,
            jitter=0.5,
            truncate=0.5,
            drop_control=0.1,
        ),
        transformer=TransformerRecipe(
            sizes=model,
            optimisation=second,
            shift=shift,
            spread=1.0,
            least_time=0.1,
            known_share=0.5,
            full_share=0.1,
            drop_control=0.1,
            drop_text=0.1,
            drop_scene=0.1,
        ),
        distill=DistillRecipe(optimisation=third, instantaneous_share=0.5, difference=0.02),
        decoder=DecoderRecipe(optimisation=fourth, true_share=0.25),
    )


def paced(steps: int, batch: int, learning_rate: float) -> Optimisation:
    """A run of this length: the last third cools down. Warming up and averaging take steps of their own, whatever the
    length, and a share of long runs."""
    return Optimisation(
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        warmup=max(steps // 200, min(50, steps // 3)),
        cooldown=0.35,
        weight_decay=0.01,
        clip=1.0,
        # Over thirty steps, or fifty times fewer than the run has: calm, and its start forgotten.
        averaging=1 - min(1 / 30, 50 / steps),
        save_every=max(1, min(steps // 10, 1000)),
        picture_every=max(1, min(steps // 5, 2000)),
    )
