"""`Recipe`: everything that a training run depends on, besides the data. No field has a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kinema.diffusion.grid import Grid
from kinema.diffusion.sizes import AutoencoderSizes, ModelSizes

Precision = Literal["float32", "bfloat16"]
"""Of activations; weights and optimiser state are float32."""


@dataclass(frozen=True, kw_only=True)
class Optimisation:
    """One run of the loop: warm up, hold, cool down linearly to nothing."""

    steps: int
    batch: int
    """Clips a step, of each process; of the first data set, where there are several."""
    learning_rate: float
    """Of matrices (Muon, scaled to AdamW's step) and of the rest (AdamW)."""
    warmup: int
    """Steps."""
    cooldown: float
    """Share of the steps, at the end."""
    weight_decay: float
    """Of matrices."""
    clip: float
    """Bound of the gradient's norm."""
    averaging: float
    """Of the exponential moving average of the weights: the share kept each step."""
    save_every: int
    """Steps."""
    picture_every: int
    """Steps."""


@dataclass(frozen=True, kw_only=True)
class AutoencoderRecipe:
    """Course one."""

    sizes: AutoencoderSizes
    grid: Grid
    """Of the crops it is trained on."""
    optimisation: Optimisation
    coarse: float
    """Weight of the loss on what latents alone give, in all frames."""
    gradient: float
    """Weight of the loss on differences between neighbours in space and time."""
    wavelet: float
    """Weight of the loss on Haar bands."""
    divergence: float
    """Weight of the divergence from a standard normal, mean over latent numbers [nat]."""
    jitter: float
    """Most noise that is added to latents before they are decoded, in their deviations: what a transformer paints is
    not exact (RAE, arXiv 2510.11690, trains its decoder so)."""
    truncate: float
    """Of clips that are decoded from their first channels alone."""
    drop_control: float
    """Of clips that are decoded without their control."""


@dataclass(frozen=True, kw_only=True)
class TransformerRecipe:
    """Course two, from cached latents."""

    sizes: ModelSizes
    optimisation: Optimisation
    shift: float
    """Of times towards noise: t → shift t / (1 + (shift - 1) t)."""
    spread: float
    """Deviation of the logit of time."""
    least_time: float
    """Below it the velocity loss is weighted as at it."""
    known_share: float
    """Of clips whose first latent frames are given and whose others share one time; the rest has a time a frame."""
    full_share: float
    """Of steps with full attention, so that the weights can also connect two given ends."""
    drop_control: float
    drop_text: float
    drop_scene: float
    """Of clips that must do without."""


@dataclass(frozen=True, kw_only=True)
class DistillRecipe:
    """Course three: jumps, from course two's weights."""

    optimisation: Optimisation
    instantaneous_share: float
    """Of clips with span 0, which keep the velocity right."""
    difference: float
    """Half the step in time of the finite difference."""


@dataclass(frozen=True, kw_only=True)
class DecoderRecipe:
    """Course four: the decoder on painted latents, with course one's crops and weights of losses."""

    optimisation: Optimisation
    true_share: float
    """Of clips that are decoded from the encoder's latents: what is given to a dream comes back so."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Four courses, one seed."""

    name: str
    seed: int
    precision: Precision
    autoencoder: AutoencoderRecipe
    transformer: TransformerRecipe
    distill: DistillRecipe
    decoder: DecoderRecipe
