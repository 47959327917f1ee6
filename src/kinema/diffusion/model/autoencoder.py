"""The video autoencoder: 16 x 16 pixels of 8 frames become one token of 48 numbers, and back.

Chunk-causal: the first frame alone, then eight at a time (LTX-Video, arXiv 2501.00103; DC-VideoGen, 2509.25182). A
quarter of the resolution is the finest the convolutions see: pixels are folded four by four at both ends, which is
where such networks spend most of their time otherwise.

The networks learn only what a linear map leaves over: beside them run the 48 principal components of blocks of
8 x 16 x 16 pixels, fixed (`basis`). That alone is worth 25 dB on kinema's own data, which narrow networks trained
for an hour of a CPU core did not reach from nothing (22 dB). Decoding may see the control (`shader`): a picture of a
simulated world need not be remembered where the world says it. Axes: B batch, C channel, T time, H row, W column.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from einops import rearrange
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from kinema.diffusion.grid import SPACE, TIME
from kinema.diffusion.model.causal import (
    Block,
    Down,
    PositionNorm,
    Tails,
    Up,
    Video,
    conv_in_frame,
    fold,
    unfold,
)
from kinema.diffusion.model.identity import digest
from kinema.diffusion.model.shader import Shader
from kinema.diffusion.sizes import CONTROL, LATENT, AutoencoderSizes

PATCH: Final = 4
"""Pixels folded at each end, across and down."""
LOGVAR: Final = (-12.0, 4.0)
"""Bounds of the posterior's log variance: beyond them only its gradient would be large."""
QUIET: Final = -4.0
"""Log variance to start from: noise that does not drown the principal components."""
BLOCK: Final = 3 * TIME * SPACE**2
"""Numbers of a block of pixels."""

Latent = Float[Tensor, "batch 48 latent_frame latent_row latent_column"]


class Scene(NamedTuple):
    """What decoding is told besides the latents."""

    control: Video
    """B 14 T H W; anything where there is none."""
    given: Float[Tensor, " batch"]
    """1, or 0 for clips whose control is not known."""
    style: Int[Tensor, " batch"]
    """Number in `styles.NAMES`."""

    @classmethod
    def of(cls, control: Video, style: Int[Tensor, " batch"]) -> Scene:
        """Of a simulated world."""
        return cls(control, control.new_ones(len(control)), style)

    @classmethod
    def unseen(cls, latent: Latent, style: Int[Tensor, " batch"]) -> Scene:
        """Of none; for latents that start a clip."""
        batch, _, frames, rows, columns = latent.shape
        shape = (batch, CONTROL, 1 + TIME * (frames - 1), SPACE * rows, SPACE * columns)
        return cls(latent.new_zeros(shape), latent.new_zeros(batch), style)


class Encoder(nn.Module):
    """B C T H W → B out t h w, t = 1 + (T - 1) / 8, h = H / 16, w = W / 16. Also the control stem's body."""

    def __init__(self, channels: int, width: int, out: int, *, blocks: int) -> None:
        super().__init__()
        stages = [(width, 2, 2), (2 * width, 2, 2), (4 * width, 2, 1)]
        self.enter = conv_in_frame(channels * PATCH**2, width)
        self.layers = nn.ModuleList()
        for wide, time, space in stages:
            self.layers.extend(Block(wide) for _ in range(blocks))
            self.layers.append(Down(wide, min(2 * wide, 4 * width), time=time, space=space))
        self.layers.extend(Block(4 * width) for _ in range(blocks))
        self.norm = PositionNorm(4 * width)
        self.leave = conv_in_frame(4 * width, out)

    def forward(self, x: Video, tails: Tails) -> Video:
        """A whole clip, or the next chunk of one."""
        x = self.enter(fold(x, time=1, space=PATCH))
        for layer in self.layers:
            x = layer(x, tails)
        return self.leave(functional.silu(self.norm(x)))


class Decoder(nn.Module):
    """B 48 t h w, and what the linear map makes of it → a better picture, B 3 T H W.

    The finest stage sees the linear picture itself, so it has only to sharpen: it need not learn to draw it first.
    """

    def __init__(self, sizes: AutoencoderSizes) -> None:
        super().__init__()
        width, blocks = sizes.width, sizes.decoder_blocks
        stages = [(4 * width, 2, 1), (4 * width, 2, 2), (2 * width, 2, 2)]
        self.enter = conv_in_frame(LATENT, 4 * width)
        self.layers = nn.ModuleList()
        for (wide, time, space), out in zip(stages, (4 * width, 2 * width, width), strict=True):
            self.layers.extend(Block(wide) for _ in range(blocks))
            self.layers.append(Up(wide, out, time=time, space=space))
        self.see = conv_in_frame(3 * PATCH**2, width)
        self.finest = nn.ModuleList([Block(width) for _ in range(blocks)])
        self.norm = PositionNorm(width)
        self.leave = conv_in_frame(width, 3 * PATCH**2)

    def forward(self, latent: Latent, linear: Video, tails: Tails) -> tuple[Video, Video]:
        """A whole clip, or the next chunk of one → features at a quarter of the resolution, and the picture."""
        x = self.enter(latent)
        for layer in self.layers:
            x = layer(x, tails)
        x = x + self.see(fold(linear, time=1, space=PATCH))
        for block in self.finest:
            x = block(x, tails)
        x = functional.silu(self.norm(x))
        return x, linear + unfold(self.leave(x), time=1, space=PATCH)


class Autoencoder(nn.Module):
    """Pictures are sRGB in [-1, 1]. Latents leave and enter whitened by `shift` and `scale`, measured on data."""

    shift: Tensor
    """Mean of each latent channel."""
    scale: Tensor
    """Standard deviation of each latent channel."""
    basis: Tensor
    """Principal components of blocks, 48 x 6144, orthonormal."""
    spread: Tensor
    """Deviation along each of them: latents are in units of it."""
    centre: Tensor
    """Mean block."""

    def __init__(self, sizes: AutoencoderSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder: Encoder | None = None
        if sizes.encoder_blocks:
            self.encoder = Encoder(3, sizes.width, 2 * LATENT, blocks=sizes.encoder_blocks)
            nn.init.zeros_(self.encoder.leave.weight)  # starts as the linear map alone
            nn.init.zeros_(self.encoder.leave.bias)  # type: ignore[arg-type]
            nn.init.constant_(self.encoder.leave.bias[LATENT:], QUIET)  # type: ignore[index]
        self.decoder = Decoder(sizes)
        self.shader = Shader(sizes.width, sizes.shader_width, blocks=sizes.shader_blocks)
        self.register_buffer("basis", torch.zeros(LATENT, BLOCK))
        self.register_buffer("spread", torch.ones(LATENT))
        self.register_buffer("centre", torch.zeros(BLOCK))
        nn.init.zeros_(self.decoder.leave.weight)
        nn.init.zeros_(self.decoder.leave.bias)  # type: ignore[arg-type]
        self.register_buffer("shift", torch.zeros(1, LATENT, 1, 1, 1))
        self.register_buffer("scale", torch.ones(1, LATENT, 1, 1, 1))

    def posterior(self, rgb: Video, tails: Tails) -> tuple[Latent, Latent]:
        """Mean and log variance, before whitening: what training compares with a standard normal."""
        linear = self._analysed(rgb, tails)
        if self.encoder is None:
            return linear, torch.full_like(linear, QUIET)
        mean, logvar = rearrange(self.encoder(rgb, tails), "B (two C) t h w -> two B C t h w", two=2)
        return mean + linear, logvar.clamp(*LOGVAR)

    def drawn(self, latent: Latent, tails: Tails) -> tuple[Video, Video]:
        """Features and pixels of latents before whitening, in all frames, as far as latents alone go."""
        return self.decoder(latent, self._synthesised(latent, tails), tails)

    def shaded(self, features: Video, drawn: Video, scene: Scene) -> Video:
        """Pixels of `drawn` frames, whichever, once the scene is seen: what training compares with the original."""
        return drawn + self.shader(features, drawn, *scene)

    def encode(self, rgb: Video) -> tuple[Latent, Latent]:
        """B 3 T H W → mean and log variance, B 48 t h w, whitened."""
        mean, logvar = self.posterior(rgb, Tails(None))
        return (mean - self.shift) / self.scale, logvar - 2 * self.scale.log()

    def encode_chunk(self, rgb: Video, tails: Tails) -> Latent:
        """The first frame of a clip, or the next eights of one → the means of their latents, whitened."""
        return (self.posterior(rgb, tails)[0] - self.shift) / self.scale

    def decode(self, latent: Latent, scene: Scene) -> Video:
        """B 48 t h w → B 3 T H W, all at once."""
        return self.decode_chunk(latent, scene, None)[0]

    def decode_chunk(
        self, latent: Latent, scene: Scene, before: Sequence[Video] | None
    ) -> tuple[Video, list[Video]]:
        """The next latent frames of a clip → their pixels, and what the chunk after them must be given."""
        tails = Tails(before)
        return self.shaded(*self.drawn(self.coloured(latent), tails), scene), tails.after

    def coloured(self, latent: Latent) -> Latent:
        """Whitening, undone."""
        return latent * self.scale + self.shift

    def _analysed(self, rgb: Video, tails: Tails) -> Latent:
        """Coordinates of each block; the first frame of a clip stands still for a whole one."""
        if tails.first:
            rgb = torch.cat([rgb[:, :, :1].expand(-1, -1, TIME - 1, -1, -1), rgb], dim=2)
        blocks = fold(rgb, time=TIME, space=SPACE) - rearrange(self.centre, "K -> K 1 1 1")
        return functional.conv3d(blocks, rearrange(self.basis / self.spread[:, None], "C K -> C K 1 1 1"))

    def _synthesised(self, latent: Latent, tails: Tails) -> Video:
        """Blocks of their coordinates."""
        weight = rearrange(self.basis * self.spread[:, None], "C K -> K C 1 1 1")
        rgb = unfold(functional.conv3d(latent, weight, self.centre), time=TIME, space=SPACE)
        return rgb[:, :, TIME - 1 :] if tails.first else rgb

    def identity(self) -> str:
        """A hash of all that makes latents of pictures. Decoders may differ under one: they read the same latents."""
        makes = {
            name: value
            for name, value in self.state_dict().items()
            if not name.startswith(("decoder.", "shader."))
        }
        return digest(makes)

    def importance(self) -> Float[Tensor, "48 1 1 1"]:
        """Of each latent channel for the picture, 1 on average: as its deviation in pixels, between all alike (1)
        and what a squared error of pixels would say (its square)."""
        return rearrange(self.spread / self.spread.mean(), "C -> C 1 1 1")

    def span(
        self, basis: Float[Tensor, "48 6144"], spread: Float[Tensor, " 48"], centre: Float[Tensor, " 6144"]
    ) -> None:
        """Let these be the principal components from now on."""
        self.basis.copy_(basis)
        self.spread.copy_(spread)
        self.centre.copy_(centre)

    def whiten(self, mean: Float[Tensor, " 48"], deviation: Float[Tensor, " 48"]) -> None:
        """Let latents have mean 0 and deviation 1 from now on."""
        self.shift.copy_(rearrange(mean, "C -> 1 C 1 1 1"))
        self.scale.copy_(rearrange(deviation, "C -> 1 C 1 1 1"))
