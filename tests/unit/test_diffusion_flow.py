"""The flow, where it is known in closed form: of a Gaussian."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from kinema.diffusion.model.flow import (
    clean_of,
    draw_times,
    flow_loss,
    jump_loss,
    mean_flow_target,
    noised,
    shifted,
    shortcut_target,
    velocity,
    wide,
)
from kinema.diffusion.model.sampler import Given, guided, noise_like, sample
from kinema.diffusion.schedule import descend, times

torch.set_num_threads(1)  # arrays are small: threads would only wait for one another

MEAN, DEVIATION = 0.7, 0.4
EVEN = torch.ones(1, 1, 1, 1)


def spread(time):
    """Of z(t), if x is N(0.7, 0.4²)."""
    return ((1 - time) ** 2 * DEVIATION**2 + time**2) ** 0.5


def optimal(noisy, time, span):  # noqa: ARG001 - the instantaneous one
    """E[x | z(t)]: the x-prediction that training tends to."""
    gain = (1 - time) * DEVIATION**2 / spread(time) ** 2
    return MEAN + gain * (noisy - (1 - time) * MEAN)


def flow_map(noisy, time, span):
    """The x whose mean velocity over `span` lands on the flow's own path, which is linear in z."""
    end = time - span
    landed = (1 - end) * MEAN + spread(end) / spread(time) * (noisy - (1 - time) * MEAN)
    safe = span if isinstance(span, float) else span.clamp(min=1e-6)
    return noisy - time * (noisy - landed) / safe


def nothing(noisy, time, span):  # noqa: ARG001 - a denoiser's signature
    return 0 * noisy


def wide_optimal(noisy, time, span):
    return optimal(noisy, wide(time), wide(span))


def wide_flow_map(noisy, time, span):
    return torch.where(
        wide(span) > 1e-5, flow_map(noisy, wide(time), wide(span)), wide_optimal(noisy, time, span)
    )


def test_the_exact_prediction_gives_the_exact_distribution():
    noise = np.random.default_rng(0).standard_normal(4096)
    painted = descend(optimal, noise, times(256), jump=False)
    # the flow of a Gaussian maps e to m + s e; Euler's error at 256 steps is some 1/256 of the spread
    np.testing.assert_allclose(painted, MEAN + DEVIATION * noise, atol=0.02)


def test_euler_converges_to_first_order():
    noise = np.linspace(-2, 2, 9)
    exact = MEAN + DEVIATION * noise
    steps = np.array([32, 64, 128, 256])
    errors = [np.abs(descend(optimal, noise, times(n), jump=False) - exact).max() for n in steps]
    slope = np.polyfit(np.log(1 / steps), np.log(errors), 1)[0]
    assert abs(slope - 1) < 0.1  # far from order two


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_the_flow_map_needs_no_steps(steps):
    noise = np.linspace(-2, 2, 9)
    painted = descend(flow_map, noise, times(steps), jump=True)
    np.testing.assert_allclose(painted, MEAN + DEVIATION * noise, atol=1e-12)


def batch(count: int = 4096) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(count, 1, 1, 2, 2, generator=generator)
    clean = MEAN + DEVIATION * torch.randn(count, 1, 1, 2, 2, generator=generator)
    return clean, noise, 0.2 + 0.7 * torch.rand(count, 1, generator=generator)


def test_the_exact_prediction_is_where_the_flow_loss_is_least():
    clean, noise, time = batch()
    assert gradient(flow_loss, wide_optimal, clean, noise, time, weight=EVEN, least=1e-3) < 0.05
    assert gradient(flow_loss, nothing, clean, noise, time, weight=EVEN, least=1e-3) > 0.3


TARGETS = {"flow-map": partial(mean_flow_target, difference=0.02), "shortcut": shortcut_target}


@pytest.mark.parametrize("method", TARGETS)
def test_the_exact_flow_map_is_where_its_loss_is_least(method):
    clean, noise, time = batch()
    asked = {"span": 0.6 * time, "weight": EVEN, "least": 1e-3, "target": TARGETS[method]}
    assert gradient(jump_loss, wide_flow_map, clean, noise, time, **asked) < 0.05
    # the instantaneous velocity is no flow map
    assert gradient(jump_loss, wide_optimal, clean, noise, time, **asked) > 0.1


@pytest.mark.parametrize("method", TARGETS)
def test_a_jump_of_no_length_is_the_velocity(method):
    clean, noise, time = batch(64)
    noisy, along = noised(clean, noise, time), noise - clean
    target = TARGETS[method](wide_optimal, noisy, along, time, torch.zeros_like(time))
    torch.testing.assert_close(target, along)


def gradient(loss, model, clean, noise, time, **asked) -> float:
    """Of the loss, by an offset and a tilt of the velocity. Sampling leaves about 2 / sqrt(16384) = 0.016 of it."""
    bent = torch.zeros(2, requires_grad=True)

    def denoise(z, t, s):
        return model(z, t, s) + wide(t) * (bent[0] + bent[1] * z)

    loss(denoise, clean, noise, time, **asked).backward()
    assert bent.grad is not None
    return float(bent.grad.abs().max())


def test_conversions_undo_each_other():
    torch.manual_seed(0)
    clean, noise, time = torch.randn(2, 3, 2, 2, 2), torch.randn(2, 3, 2, 2, 2), 0.1 + 0.8 * torch.rand(2, 2)
    noisy = noised(clean, noise, time)
    v = velocity(noisy, clean, time)
    # 1 / t amplifies rounding tenfold at most
    torch.testing.assert_close(v, noise - clean, atol=2e-5, rtol=0)
    torch.testing.assert_close(clean_of(noisy, v, time), clean, atol=1e-6, rtol=0)


def test_a_shift_keeps_both_ends_and_adds_noise():
    time = torch.linspace(0, 1, 5)
    assert torch.equal(shifted(time, 1.0), time)
    moved = shifted(time, 3.0)
    assert moved[0] == 0
    assert moved[-1] == 1
    assert (moved[1:-1] > time[1:-1]).all()


def test_times_are_logit_normal_and_some_frames_are_given():
    generator = torch.Generator().manual_seed(0)
    each = draw_times(generator, 4000, 3, shift=1.0, spread=1.0, known_share=0.0)
    logits = each.logit()
    # four standard errors of 12000 samples
    assert abs(float(logits.mean())) < 4 / 110
    assert abs(float(logits.std()) - 1) < 4 / 155
    known = draw_times(generator, 4000, 3, shift=1.0, spread=1.0, known_share=1.0)
    assert set((known == 0).sum(dim=1).tolist()) == {0, 1, 2}
    assert (known[:, -1] > 0).all()
    assert torch.equal(known[known[:, 1] > 0][:, 1], known[known[:, 1] > 0][:, 2])


def test_a_seed_is_the_same_noise_everywhere():
    assert torch.equal(noise_like((2, 3), 7), noise_like((2, 3), 7))
    assert not torch.equal(noise_like((2, 3), 7), noise_like((2, 3), 8))


def test_given_frames_and_tokens_stay():
    noise, latent = noise_like((1, 48, 3, 2, 2), 0), torch.randn(1, 48, 3, 2, 2)
    ends = Given.whole_frames(latent, [0, -1])
    painted = sample(wide_optimal, noise, times(4), jump=False, given=ends)
    assert torch.equal(painted[:, :, [0, 2]], latent[:, :, [0, 2]])
    assert not torch.equal(painted[:, :, 1], latent[:, :, 1])
    some = torch.zeros(3, 2, 2, dtype=torch.bool)
    some[1, 0] = True
    hole = Given(latent=latent, frames=torch.zeros(3, dtype=torch.bool), tokens=some)
    painted = sample(wide_optimal, noise, times(4), jump=False, given=hole)
    assert torch.equal(painted[:, :, 1, 0], latent[:, :, 1, 0])


def test_a_little_noise_keeps_a_clip_and_much_noise_replaces_it():
    noise, start = noise_like((1, 48, 1, 4, 4), 0), torch.full((1, 48, 1, 4, 4), 2.0)
    distances = [
        float((sample(wide_optimal, noise, times(16, start=s), jump=False, start=start) - start).abs().mean())
        for s in (0.1, 0.5, 0.9)
    ]
    assert distances == sorted(distances)
    assert distances[0] < 0.25


def test_guidance_of_one_is_none():
    z, t = torch.randn(1, 2, 1, 2, 2), torch.full((1, 1), 0.5)
    torch.testing.assert_close(guided(wide_optimal, nothing, 1.0)(z, t, t), wide_optimal(z, t, t))
    torch.testing.assert_close(guided(wide_optimal, nothing, 2.0)(z, t, t), 2 * wide_optimal(z, t, t))
