"""Dreams around what is given: the stream is the masked pass with the same sight, and what is given stays."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from kinema.diffusion.dream import Dreamer, Start
from kinema.diffusion.model.attention import Layout
from kinema.diffusion.model.network import TorchStepper
from kinema.diffusion.model.sampler import Given, sample
from kinema.diffusion.model.transformer import Transformer
from kinema.diffusion.schedule import times
from kinema.diffusion.sizes import CONDITION, ModelSizes

torch.set_num_threads(1)  # arrays are small: threads would only wait for one another

SIZES = ModelSizes(depth=2, window=2, text_depth=1)
ROUNDING = 1e-5
"""float32, two blocks and heads of 64: some hundred roundings of numbers near one; keys are turned once more."""
ROWS, COLUMNS = 2, 3
GIVEN = torch.randn(1, 48, 1, ROWS, COLUMNS, generator=torch.Generator().manual_seed(5))
NOTHING = torch.zeros(1, 1, 1, ROWS, COLUMNS)
END = Start(GIVEN, 0.0, NOTHING)


@pytest.fixture(scope="module")
def transformer() -> Transformer:
    torch.manual_seed(0)
    model = Transformer(SIZES)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return model.eval()


@pytest.fixture(scope="module")
def dreamer(transformer) -> Dreamer:
    torch.manual_seed(2)
    said = torch.randn(1, 4, SIZES.width), torch.randn(1, 5, SIZES.width)
    condition = torch.randn(1, CONDITION, 1, ROWS, COLUMNS)
    return Dreamer(TorchStepper(transformer, torch.tensor([1]), *said), condition, 2)


def noises(count: int) -> list[torch.Tensor]:
    return [torch.randn(GIVEN.shape, generator=torch.Generator().manual_seed(n)) for n in range(count)]


def dreamt(dreamer: Dreamer, starts: list[Start | None], *, loop: bool = False) -> torch.Tensor:
    return torch.cat(list(dreamer.dream(starts, iter(noises(len(starts))), loop=loop)), dim=2)


# Of each latent frame: (frame, position) of what it sees, beside itself at position 2. Farther than the window of two
# counts as two away, on either side.
SIGHT = {
    "after": ([END, None, None, None], {1: [(0, 1)], 2: [(0, 0), (1, 1)], 3: [(0, 0), (2, 1)]}),
    "before": ([None, None, None, END], {2: [(3, 3)], 1: [(3, 4), (2, 3)], 0: [(3, 4), (1, 3)]}),
    "between": (
        [END, None, None, None, END],
        {1: [(4, 4), (0, 1)], 2: [(4, 4), (1, 1)], 3: [(4, 3), (2, 1)]},
    ),
    "loop": ([None] * 4, {1: [(0, 4), (0, 1)], 2: [(0, 4), (1, 1)], 3: [(0, 3), (2, 1)]}),
}


def layout_of(sight: dict[int, list[tuple[int, int]]], count: int) -> Layout:
    frames, slots = torch.zeros(count, 3, dtype=torch.long), torch.zeros(count, 3)
    seen = torch.zeros(count, 3, dtype=torch.bool)
    for query in range(count):
        for slot, (frame, position) in enumerate([*sight.get(query, []), (query, 2)]):
            frames[query, slot], slots[query, slot], seen[query, slot] = frame, position, True
    return Layout(frames, slots, seen, 2.0)


@pytest.mark.parametrize("use", SIGHT)
@torch.no_grad()
def test_the_dream_is_the_masked_pass(transformer, dreamer, use):
    """All frames at once, those done at time 0, each seeing what the table says: no memories, nothing turned."""
    starts, sight = SIGHT[use]
    count = len(starts)
    clip = dreamt(dreamer, starts, loop=use == "loop")
    layout = layout_of(sight, count)
    places = torch.arange(ROWS).float(), torch.arange(COLUMNS).float()
    condition = dreamer.condition.expand(-1, -1, count, -1, -1)
    context = dreamer.network._context  # type: ignore[attr-defined]  # read once, as the masked pass would
    for frame, z in enumerate(noises(count)):
        if starts[frame] is not None:
            assert torch.equal(clip[:, :, [frame]], GIVEN)
            continue
        for now, after in pairwise(times(2)):
            whole, time, span = clip.clone(), torch.zeros(1, count), torch.zeros(1, count)
            whole[:, :, [frame]], time[:, frame], span[:, frame] = z, now, now - after
            style = torch.tensor([1])
            clean, _ = transformer.walk(whole, condition, time, span, style, context, None, layout, *places)
            z = z - (z - clean[:, :, [frame]]) * ((now - after) / now)
        torch.testing.assert_close(clip[:, :, [frame]], z, atol=ROUNDING, rtol=0)


def test_what_lies_ahead_is_seen(dreamer):
    """Otherwise nothing would connect: the same noise, another end."""
    other = Start(-GIVEN, 0.0, NOTHING)
    before, after = (dreamt(dreamer, [END, None, None, end]) for end in (END, other))
    for frame in (1, 2):
        assert not torch.allclose(before[:, :, frame], after[:, :, frame], atol=100 * ROUNDING)


def test_kept_tokens_stay_to_the_bit_and_others_do_not(dreamer):
    kept = NOTHING.clone()
    kept[..., 0, :] = 1
    clip = dreamt(dreamer, [Start(GIVEN, 1.0, kept), Start(GIVEN, 0.7, kept)])
    for frame in (0, 1):
        assert torch.equal(clip[:, :, frame, 0], GIVEN[:, :, 0, 0])
        assert not torch.isclose(clip[:, :, frame, 1], GIVEN[:, :, 0, 1]).all(dim=1).any()


@torch.no_grad()
def test_an_edit_is_the_slow_sampler_s(transformer, dreamer):
    """SDEdit and inpainting of one latent frame, against the sampler of whole clips."""
    kept = NOTHING.clone()
    kept[..., 1, :2] = 1
    layout = Layout.windowed(1, SIZES.window, torch.device("cpu"))
    places = torch.arange(ROWS).float(), torch.arange(COLUMNS).float()
    context = dreamer.network._context  # type: ignore[attr-defined]

    def denoise(noisy: torch.Tensor, time: torch.Tensor, span: torch.Tensor) -> torch.Tensor:
        style = torch.tensor([1])
        said = style, context, None, layout, *places
        return transformer.walk(noisy, dreamer.condition, time, span, *said)[0]

    none = torch.zeros(1, dtype=torch.bool)
    hole = Given(latent=GIVEN, frames=none, tokens=kept[0, 0] > 0)
    (noise,) = noises(1)
    wanted = sample(denoise, noise, times(2, start=0.4), jump=True, given=hole, start=GIVEN)
    torch.testing.assert_close(dreamt(dreamer, [Start(GIVEN, 0.4, kept)]), wanted, atol=ROUNDING, rtol=0)


def test_at_the_ends_strength_is_all_or_nothing(dreamer):
    """At 0 the clip, to the bit; at 1 what noise alone would give."""
    nothing, everything = (dreamt(dreamer, [Start(GIVEN, s, NOTHING)] * 3) for s in (0.0, 1.0))
    assert torch.equal(nothing, GIVEN.expand(-1, -1, 3, -1, -1))
    assert torch.equal(everything, dreamt(dreamer, [None] * 3))


def test_an_endless_dream_keeps_few_memories(dreamer):
    """What is read of a clip does not grow with it: one pass for its memory, two for its steps, and the end once."""
    passes = 0
    step = dreamer.network.step

    class Counting:
        window, turned = dreamer.network.window, staticmethod(dreamer.network.turned)

        def step(self, noisy, condition, time, span, past):
            nonlocal passes
            passes += 1
            return step(noisy, condition, time, span, past)

    list(Dreamer(Counting(), dreamer.condition, 2).dream([END, *[None] * 30, END], iter(noises(32))))
    assert passes == 2 + 30 * 3 + 1
