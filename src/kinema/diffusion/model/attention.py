"""Who attends to whom: block-causal with a window and a sink, or everyone to everyone.

A latent frame attends to the context (scene and text), to a few latent frames, itself included, and, once it has left
the window, to the first one: the sink, which keeps long clips from drifting (StreamingLLM, arXiv 2309.17453). Each of
these sits in a slot, and the slot is its position in time; so the last frame of an endless clip sees what the fourth
one saw. Axes: B batch, H head, t latent frame, n token of a frame, K slot, D 64 numbers of a head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

QUERIES = 256
"""Of a block of the CPU's attention: its scores stay in cache. torch's own is 2.5 times slower there in bfloat16."""

Heads = Float[Tensor, "batch head latent_frame token 64"]


@dataclass(frozen=True)
class Layout:
    """For each querying latent frame: whose keys lie in its slots."""

    frames: Int[Tensor, "latent_frame slot"]
    """Indices of latent frames; where not `seen`, any."""
    slots: Float[Tensor, "latent_frame slot"]
    """Positions in time of the keys; the query's own is `own`."""
    seen: Bool[Tensor, "latent_frame slot"]
    own: float

    @classmethod
    def windowed(cls, count: int, window: int, device: torch.device) -> Layout:
        """Slot 0 is the sink, slots 1 to `window` end with the querying frame itself."""
        query = torch.arange(count, device=device)[:, None]
        slot = torch.arange(window + 1, device=device)[None, :]
        frame = query - window + slot
        sink = slot == 0
        seen = torch.where(sink, query >= window, frame >= 0)
        frames = torch.where(sink, 0, frame.clamp(min=0))
        return cls(frames, slot.float().expand(count, -1), seen, float(window))

    @classmethod
    def full(cls, count: int, window: int, device: torch.device) -> Layout:
        """The plain twin: every frame sees every frame, before and after, at its true distance."""
        query = torch.arange(count, device=device)[:, None]
        frame = torch.arange(count, device=device)[None, :].expand(count, -1)
        return cls(
            frame, (window + frame - query).float(), torch.ones_like(frame, dtype=torch.bool), float(window)
        )

    @classmethod
    def streamed(cls, seen: Bool[Tensor, " slot"]) -> Layout:
        """One querying frame; keys come in the order of the slots, and `seen` says which of them are filled."""
        slot = torch.arange(len(seen), device=seen.device)
        return cls(slot[None], slot[None].float(), seen[None], float(len(seen) - 1))


def tracing() -> bool:
    """Whether a graph is being made: OpenVINO has a kernel of its own for torch's node."""
    return torch.jit.is_tracing()  # type: ignore[attr-defined]


def attend(
    query: Float[Tensor, "batch head query 64"],
    key: Float[Tensor, "batch head key 64"],
    value: Float[Tensor, "batch head key 64"],
    bias: Float[Tensor, "batch 1 1 key"] | None = None,
) -> Float[Tensor, "batch head query 64"]:
    """Scaled dot-product attention; on the CPU a block of queries at a time."""
    if query.device.type != "cpu" or tracing():
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    transposed = key.transpose(-1, -2) * query.shape[-1] ** -0.5
    parts = []
    for block in query.split(QUERIES, dim=2):
        scores = block @ transposed
        weights = (scores if bias is None else scores + bias).softmax(dim=-1)
        parts.append(weights.to(value.dtype) @ value)
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=2)


def gathered(x: Heads, frames: Int[Tensor, "t slot"]) -> Float[Tensor, "batch head t slot token 64"]:
    """What lies in each slot of each querying frame."""
    flat = x.index_select(2, frames.flatten())
    return rearrange(flat, "B H (t K) n D -> B H t K n D", t=frames.shape[0])


def beside_context(
    context: Float[Tensor, "batch head context 64"], slots: Float[Tensor, "batch head t slot token 64"]
) -> Float[Tensor, "(batch t) head key 64"]:
    """Keys (or values) of every querying frame: the context's, then those in its slots."""
    own = rearrange(slots, "B H t K n D -> (B t) H (K n) D")
    return torch.cat([context.repeat_interleave(slots.shape[2], dim=0), own], dim=2)


def bias_of(
    seen: Bool[Tensor, "t slot"], batch: int, tokens: int, context: int, dtype: torch.dtype
) -> Float[Tensor, "(batch t) 1 1 key"]:
    """0 for what may be seen, a very low score for the rest."""
    hidden = torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill(~seen, -3e4)
    keys = functional.pad(hidden.repeat_interleave(tokens, dim=1), (context, 0))
    return keys.repeat(batch, 1)[:, None, None, :]
