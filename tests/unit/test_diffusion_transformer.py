"""The transformer: relative positions, causal windows, and the stream that equals the masked pass."""

from __future__ import annotations

import pytest
import torch

from kinema.diffusion.model.attention import Layout, attend
from kinema.diffusion.model.block import Block, KeyValue, Sight
from kinema.diffusion.model.network import PainterNetwork, TorchStepper
from kinema.diffusion.model.rope import angles, rotate
from kinema.diffusion.model.transformer import Transformer
from kinema.diffusion.schedule import times
from kinema.diffusion.sizes import CONDITION, ModelSizes
from kinema.diffusion.stream import stream

torch.set_num_threads(1)  # arrays are small: threads would only wait for one another

SIZES = ModelSizes(depth=2, window=2, text_depth=1)
ROUNDING = 1e-5
"""float32, two blocks and heads of 64: some hundred roundings of numbers near one."""


@pytest.fixture(scope="module")
def transformer() -> Transformer:
    torch.manual_seed(0)
    model = Transformer(SIZES)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return model.eval()


def inputs(frames: int, rows: int = 2, columns: int = 3) -> dict[str, torch.Tensor]:
    torch.manual_seed(2)
    return {
        "noisy": torch.randn(1, 48, frames, rows, columns),
        "control": torch.randn(1, CONDITION, frames, rows, columns),
        "time": torch.rand(1, frames),
        "span": torch.zeros(1, frames),
        "style": torch.tensor([1]),
        "scene": torch.randn(1, 4, SIZES.width),
        "text": torch.randn(1, 5, SIZES.width),
    }


def test_rotary_scores_depend_on_differences_alone():
    torch.manual_seed(0)
    query, key = torch.randn(2, 6, 64)
    rows, columns = torch.arange(2.0), torch.arange(3.0)

    def scores(time: float, row: float, column: float) -> torch.Tensor:
        angle = angles(torch.tensor(time), rows + row, columns + column).flatten(0, 1)
        return rotate(query, angle) @ rotate(key, angle).T

    # cosines of angles up to a few hundred radians, rounded to 2 ** -24 of them, summed over 64 numbers
    torch.testing.assert_close(scores(0, 0, 0), scores(7, 20, 33), atol=1e-3, rtol=0)


def test_attention_in_blocks_is_attention():
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 1, 2, 600, 64)
    plain = torch.nn.functional.scaled_dot_product_attention(query, key, value)
    torch.testing.assert_close(attend(query, key, value), plain, atol=ROUNDING, rtol=0)


def test_a_new_block_is_the_identity():
    block = Block(SIZES.width)
    tokens = torch.randn(1, 2, 6, SIZES.width)
    context = KeyValue(torch.randn(1, 1, 1, 4, 64), torch.randn(1, 1, 1, 4, 64))
    sight = Sight(Layout.windowed(2, 2, torch.device("cpu")), torch.zeros(6, 32), torch.zeros(2, 3, 6, 32))
    after, _ = block(tokens, torch.zeros(1, 2, 6, SIZES.width), sight, context, None)
    assert torch.equal(after, tokens)


@torch.no_grad()
def test_a_later_frame_changes_no_earlier_one(transformer):
    given = inputs(5)
    before = transformer(**given)
    given["noisy"][:, :, 3] += 1
    given["control"][:, :, 3] += 1
    given["time"][:, 3] = 0.9
    after = transformer(**given)
    assert torch.equal(before[:, :, :3], after[:, :, :3])
    assert not torch.allclose(before[:, :, 4], after[:, :, 4])


@torch.no_grad()
def test_beyond_the_window_only_the_first_frame_counts():
    torch.manual_seed(0)
    one_block = Layout.windowed(6, 2, torch.device("cpu"))
    seen = [sorted(one_block.frames[q][one_block.seen[q]].tolist()) for q in range(6)]
    assert seen == [[0], [0, 1], [0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 5]]


@torch.no_grad()
def test_the_window_is_full_attention_masked(transformer):
    """While nothing has left the window, both see the same, at the same distances: the last frame agrees."""
    given = inputs(2)
    windowed, full = transformer(**given), transformer(**given, full=True)
    first = transformer(
        **{name: x[:, :, :1] if x.ndim == 5 else x for name, x in given.items() if name not in TIMES}
        | {name: given[name][:, :1] for name in TIMES}
    )
    torch.testing.assert_close(windowed[:, :, :1], first, atol=ROUNDING, rtol=0)
    assert not torch.allclose(windowed[:, :, :1], full[:, :, :1])


TIMES = ("time", "span")


@torch.no_grad()
def test_full_attention_is_symmetric_in_time(transformer):
    """A change of the last frame reaches the first: that is what connecting two ends needs."""
    given = inputs(4)
    before = transformer(**given, full=True)
    given["noisy"][:, :, 3] += 1
    assert not torch.allclose(before[:, :, 0], transformer(**given, full=True)[:, :, 0])


@torch.no_grad()
def test_the_stream_is_the_masked_pass(transformer):
    given = inputs(6)
    stepper = TorchStepper(transformer, given["style"], given["scene"], given["text"])
    noise, control = (given[name].split(1, dim=2) for name in ("noisy", "control"))
    painted = torch.cat(list(stream(stepper, control, noise, times(2), jump=True)), dim=2)
    for frame in range(6):
        clip, time, span = painted.clone(), torch.zeros(1, 6), torch.zeros(1, 6)
        z = given["noisy"][:, :, frame]
        for now, after in ((1.0, 0.5), (0.5, 0.0)):
            clip[:, :, frame], time[:, frame], span[:, frame] = z, now, now - after
            said = (given[name] for name in ("style", "scene", "text"))
            clean = transformer(clip, given["control"], time, span, *said)[:, :, frame]
            z = z - (z - clean) * ((now - after) / now)
        torch.testing.assert_close(painted[:, :, frame], z, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 5), (4, 2)])
@torch.no_grad()
def test_any_size_and_aspect(transformer, rows, columns):
    given = inputs(3, rows, columns)
    assert transformer(**given).shape == given["noisy"].shape


def test_the_dial_sets_width_and_heads():
    assert [(s.width, s.heads) for s in (SIZES, ModelSizes(depth=12, window=3, text_depth=1))] == [
        (64, 1),
        (384, 6),
    ]
    with pytest.raises(ValueError, match="even"):
        ModelSizes(depth=3, window=2, text_depth=1)


@torch.no_grad()
def test_a_style_is_told_to_frames_and_to_what_they_see(transformer):
    given = inputs(2)
    one, other = (transformer(**given | {"style": torch.tensor([n])}) for n in (1, 2))
    assert not torch.allclose(one, other)
    said = given["scene"], given["text"]
    one, other = (transformer.context(torch.tensor([n]), *said)[1].value for n in (1, 2))
    assert not torch.allclose(one, other)


def test_an_untrained_style_is_any_style():
    torch.manual_seed(0)
    table = Transformer(SIZES).clock.table.weight
    assert not table.any()


def test_without_spans_nothing_is_learned_of_them():
    torch.manual_seed(0)
    model = Transformer(SIZES)
    model(**inputs(2)).sum().backward()
    assert all(p.grad is None or not p.grad.any() for p in model.clock.span.parameters())


@torch.no_grad()
def test_dropped_conditions_do_not_count():
    torch.manual_seed(0)
    network = PainterNetwork(SIZES).eval()
    for parameter in network.parameters():
        parameter += 0.1 * torch.randn_like(parameter)
    from kinema.diffusion.model.network import Conditions

    noisy, time = torch.randn(1, 48, 2, 2, 2), torch.full((1, 2), 0.5)
    yes = torch.ones(1, dtype=torch.bool)

    def painted(seed: int, dropped: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(seed)
        conditions = Conditions(
            torch.randn(1, CONDITION, 2, 2, 2),
            torch.randn(1, 3, 48),
            torch.zeros(1, 3).long(),
            torch.randint(1, 9, (1, 4)),
            torch.tensor([1]),
        )
        denoise = network.conditioned(
            conditions, full=False, drop_control=dropped, drop_text=dropped, drop_scene=dropped
        )
        return denoise(noisy, time, torch.zeros_like(time))

    assert torch.equal(painted(1, yes), painted(2, yes))
    assert not torch.allclose(painted(1, ~yes), painted(2, ~yes))
