"""The autoencoder: causal, the same in one pass or in chunks, and of any size."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from kinema.diffusion.grid import Grid
from kinema.diffusion.model.autoencoder import Autoencoder, Scene
from kinema.diffusion.model.stem import Stem, rough
from kinema.diffusion.sizes import AutoencoderSizes

torch.set_num_threads(1)  # arrays are small: threads would only wait for one another

ROUNDING = 2e-5
"""float32, some thirty layers of sums of a few hundred terms: 2 ** -24 * 30 * sqrt(300), times about one."""

SIZES = AutoencoderSizes(width=16, encoder_blocks=1, decoder_blocks=1, shader_width=16, shader_blocks=1)


STYLE = torch.zeros(1, dtype=torch.long)


def unseen(latent: torch.Tensor) -> Scene:
    """No world."""
    return Scene.unseen(latent, STYLE)


def restored(model: Autoencoder, rgb: torch.Tensor) -> torch.Tensor:
    """There and back."""
    latent = model.encode(rgb)[0]
    return model.decode(latent, unseen(latent))


@pytest.fixture(scope="module")
def autoencoder() -> Autoencoder:
    torch.manual_seed(0)
    model = Autoencoder(SIZES)
    basis = torch.linalg.qr(torch.randn(6144, 48))[0].T
    model.span(basis, torch.rand(48) + 0.5, 0.1 * torch.randn(6144))
    return stirred(model)


def stirred(model):
    """Zeros of the initialisation hide wrong wiring."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return model.eval()


@torch.no_grad()
def test_a_new_autoencoder_is_its_principal_components():
    model = Autoencoder(SIZES)
    basis = torch.linalg.qr(torch.randn(6144, 48, generator=torch.Generator().manual_seed(0)))[0].T
    model.span(basis, torch.full((48,), 3.0), torch.full((6144,), 0.1))
    coordinates = torch.randn(48, generator=torch.Generator().manual_seed(1))
    block = (3 * coordinates) @ basis + 0.1
    rgb = block.reshape(1, 3, 8, 16, 16)
    whole = torch.cat([rgb[:, :, :1], rgb], dim=2)  # a first frame, and a block that lies in their span
    latent = model.encode(whole)[0]
    torch.testing.assert_close(latent[0, :, 1, 0, 0], coordinates, atol=ROUNDING, rtol=0)
    torch.testing.assert_close(model.decode(latent, unseen(latent))[:, :, 1:], rgb, atol=ROUNDING, rtol=0)


def clip(frames: int, height: int = 32, width: int = 48) -> torch.Tensor:
    return torch.rand(1, 3, frames, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize(
    ("frames", "height", "width"), [(1, 16, 16), (9, 32, 16), (17, 16, 80), (25, 48, 32)]
)
@torch.no_grad()
def test_any_size_and_aspect(autoencoder, frames, height, width):
    grid = Grid(frames=frames, height=height, width=width)
    mean, logvar = autoencoder.encode(clip(frames, height, width))
    assert mean.shape == logvar.shape == (1, 48, grid.latent_frames, grid.rows, grid.columns)
    assert autoencoder.decode(mean, unseen(mean)).shape == (1, 3, frames, height, width)


@torch.no_grad()
def test_a_later_frame_changes_no_earlier_latent(autoencoder):
    whole, changed = clip(17), clip(17)
    changed[:, :, 9:] = 0.5
    mean, other = autoencoder.encode(whole)[0], autoencoder.encode(changed)[0]
    assert torch.equal(mean[:, :, :2], other[:, :, :2])
    assert not torch.equal(mean[:, :, 2], other[:, :, 2])


@torch.no_grad()
def test_a_later_latent_changes_no_earlier_frame(autoencoder):
    latent = torch.randn(1, 48, 3, 2, 3)
    changed = latent.clone()
    changed[:, :, 2] += 1
    rgb, other = (autoencoder.decode(each, unseen(each)) for each in (latent, changed))
    assert torch.equal(rgb[:, :, :9], other[:, :, :9])
    assert not torch.equal(rgb[:, :, 9:], other[:, :, 9:])


@torch.no_grad()
def test_a_picture_is_a_clip_of_one_frame(autoencoder):
    whole = clip(9)
    alone = autoencoder.encode(whole[:, :, :1])[0]
    torch.testing.assert_close(alone, autoencoder.encode(whole)[0][:, :, :1], atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("tiles", [(1, 1, 1, 1), (1, 2, 1), (2, 2)])
@torch.no_grad()
def test_decoding_in_tiles_of_time_is_decoding_at_once(autoencoder, tiles):
    latent, control = torch.randn(1, 48, 4, 2, 3), torch.randn(1, 14, 25, 32, 48)
    frames = [8 * tiles[0] - 7, *(8 * n for n in tiles[1:])]
    parts, carried = [], None
    for part, seen in zip(latent.split(tiles, dim=2), control.split(frames, dim=2), strict=True):
        rgb, carried = autoencoder.decode_chunk(part, Scene.of(seen, STYLE), carried)
        parts.append(rgb)
    torch.testing.assert_close(
        torch.cat(parts, dim=2), autoencoder.decode(latent, Scene.of(control, STYLE)), atol=ROUNDING, rtol=0
    )


@torch.no_grad()
def test_what_is_carried_does_not_grow(autoencoder):
    carried, sizes = None, set()
    for frames in (1, 8, 8, 8):
        control = torch.randn(1, 14, frames, 32, 48)
        _, carried = autoencoder.decode_chunk(torch.randn(1, 48, 1, 2, 3), Scene.of(control, STYLE), carried)
        sizes.add(sum(tail.numel() for tail in carried))
    assert len(sizes) == 1


@torch.no_grad()
def test_a_control_changes_the_frame_it_is_of_and_near_it(autoencoder):
    latent, control = torch.randn(1, 48, 2, 6, 6), torch.randn(1, 14, 9, 96, 96)
    changed = control.clone()
    changed[:, :, 4, 40, 40] += 1
    rgb, other = (autoencoder.decode(latent, Scene.of(each, STYLE)) for each in (control, changed))
    rows, columns = torch.nonzero((rgb != other)[0, :, 4].any(dim=0), as_tuple=True)
    # four convolutions of 3 at half the resolution, and the pair of pixels the first one folds: 2 * 4 + 1
    assert 0 < int((rows - 40).abs().max()) <= 9
    assert 0 < int((columns - 40).abs().max()) <= 9
    assert torch.equal(rgb[:, :, [0, 1, 2, 3, 5, 6, 7, 8]], other[:, :, [0, 1, 2, 3, 5, 6, 7, 8]])


@torch.no_grad()
def test_the_style_changes_the_picture(autoencoder):
    latent = torch.randn(1, 48, 1, 2, 3)
    one, other = (autoencoder.decode(latent, Scene.unseen(latent, STYLE + n)) for n in (0, 1))
    assert not torch.equal(one, other)


@torch.no_grad()
def test_without_an_encoder_latents_are_the_principal_components(autoencoder):
    linear = Autoencoder(replace(SIZES, encoder_blocks=0))
    linear.span(autoencoder.basis, autoencoder.spread, autoencoder.centre)
    blocks = clip(9)[:, :, 1:].unfold(3, 16, 16).unfold(4, 16, 16)  # B 3 8 h w 16 16
    flat = blocks.permute(0, 3, 4, 1, 2, 5, 6).flatten(3) - autoencoder.centre
    wanted = (flat @ autoencoder.basis.T / autoencoder.spread).permute(0, 3, 1, 2)
    torch.testing.assert_close(linear.encode(clip(9))[0][:, :, 1], wanted, atol=ROUNDING, rtol=0)


@torch.no_grad()
def test_an_absent_control_is_not_read(autoencoder):
    latent = torch.randn(2, 48, 1, 2, 3)
    control, given = torch.randn(2, 14, 1, 32, 48), torch.tensor([0.0, 1.0])
    style = STYLE.expand(2)
    one, other = (autoencoder.decode(latent, Scene(each, given, style)) for each in (control, -control))
    alone = autoencoder.decode(latent[:1], unseen(latent[:1]))
    torch.testing.assert_close(one[:1], alone, atol=ROUNDING, rtol=0)
    assert torch.equal(one[0], other[0])
    assert not torch.equal(one[1], other[1])


@torch.no_grad()
def test_the_stem_in_chunks_is_the_stem_at_once(autoencoder):
    stem = Stem()
    stem.span(autoencoder)
    control = torch.randn(1, 14, 17, 32, 48)
    parts = [stem(chunk) for chunk in control.split((1, 8, 8), dim=2)]
    torch.testing.assert_close(torch.cat(parts, dim=2), stem(control), atol=ROUNDING, rtol=0)


@torch.no_grad()
def test_a_stem_starts_with_the_latents_of_the_rough_picture(autoencoder):
    linear = Autoencoder(replace(SIZES, encoder_blocks=0))
    linear.span(autoencoder.basis, autoencoder.spread, autoencoder.centre)
    linear.whiten(torch.linspace(-1, 1, 48), torch.linspace(0.5, 2, 48))
    stem = Stem()
    stem.span(linear)
    control = torch.rand(1, 14, 9, 32, 48)
    condition = stem(control)
    torch.testing.assert_close(
        condition[:, :48], linear.encode(rough(control))[0], atol=10 * ROUNDING, rtol=0
    )
    means = control[:, :, 1:, :8, :8].mean(dim=(2, 3, 4))  # of the first quarter of the second token
    torch.testing.assert_close(condition[:, 48::4, 1, 0, 0], means, atol=ROUNDING, rtol=0)


@torch.no_grad()
def test_whitening_changes_latents_and_not_pictures(autoencoder):
    rgb = clip(9)
    before = restored(autoencoder, rgb)
    mean = autoencoder.encode(rgb)[0].flatten(2)[0]
    autoencoder.whiten(mean.mean(dim=1), mean.std(dim=1))
    white = autoencoder.encode(rgb)[0].flatten(2)[0]
    torch.testing.assert_close(white.std(dim=1), torch.ones(48), atol=1e-4, rtol=0)
    torch.testing.assert_close(restored(autoencoder, rgb), before, atol=10 * ROUNDING, rtol=0)
