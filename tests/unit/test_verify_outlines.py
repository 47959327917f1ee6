"""Paint and outlines: registered where they agree, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from kinema.verify.checks import outlines
from kinema.verify.drawn import Drawn, FrameFacts
from kinema.verify.outlines import LEAST, REACH, Registration, outlines_of, register

SIDE = 64


def square(top: int, left: int, side: int = 24) -> np.ndarray:
    body = np.full((SIDE, SIDE), -1)
    body[top : top + side, left : left + side] = 0
    return body


def paint(body: np.ndarray, *, noise: float = 0.02) -> np.ndarray:
    """Light bodies on dark ground."""
    rng = np.random.default_rng(0)
    shown = np.where(body >= 0, 0.6, 0.2)[..., None] + noise * rng.standard_normal((*body.shape, 3))
    return shown.astype(np.float32)


def test_outlines_lie_on_both_sides_of_an_edge():
    outline = outlines_of(square(20, 20))
    assert outline[20, 30]
    assert outline[19, 30]
    assert not outline[18, 30]
    assert not outline[30, 30]
    # 24 a side within, 24 a side without; the four corners within are shared by two sides
    assert int(outline.sum()) == 4 * 24 + (4 * 24 - 4)


@pytest.mark.parametrize(("down", "right"), [(0, 0), (3, 0), (0, -4), (-2, 5)])
def test_a_shifted_picture_is_found_where_it_is(down, right):
    found = register(paint(square(20 + down, 20 + right)), square(20, 20))
    assert found.offset == pytest.approx(np.hypot(down, right))
    assert found.length >= LEAST


def test_contrast_tells_paint_that_follows_from_paint_that_does_not():
    body = square(20, 20)
    assert register(paint(body), body).contrast > 3
    flat = np.full((SIDE, SIDE, 3), 0.4, np.float32) + 0.02 * np.random.default_rng(1).standard_normal(
        (SIDE, SIDE, 3)
    )
    # The mean gradient of white noise is the same everywhere: 1, give or take 1 / sqrt(100 pixels)
    assert register(flat.astype(np.float32), body).contrast == pytest.approx(1, abs=0.3)


def test_a_line_drawing_counts_as_well():
    body = square(20, 20)
    lines = np.where(outlines_of(body), 0.05, 0.9)[..., None] * np.ones(3)
    found = register(lines.astype(np.float32), body)
    assert found.offset <= outlines.OFFSET
    assert found.contrast > outlines.CONTRAST


def test_without_outlines_nothing_is_said():
    found = register(np.zeros((SIDE, SIDE, 3), np.float32), np.full((SIDE, SIDE), -1))
    assert found == Registration(0.0, 0.0, 0)


def test_outlines_at_the_rim_are_left_out():
    body = square(0, 0, side=REACH - 1)
    assert register(paint(body), body).length == 0


def facts(paint: Registration | None) -> FrameFacts:
    return FrameFacts(
        index=0, luminance=0.2, finite=1, moving=0, pixels={}, absent={}, samples=1, noise=0, paint=paint
    )


def drawn(*paints: Registration | None) -> Drawn:
    return Drawn(width=64, height=64, first=0, frames=tuple(facts(paint) for paint in paints))


def test_what_is_not_painted_is_not_judged():
    assert outlines.check(drawn(None, None)) == []


@pytest.mark.parametrize(
    ("paints", "verdicts"),
    [
        ([Registration(0, 2.0, 200)], ["pass", "pass"]),
        ([Registration(7, 1.0, 200)], ["fail", "fail"]),
        ([Registration(0, 2.0, 200), Registration(0, 1.8, 300), Registration(8, 1.0, 300)], ["pass", "pass"]),
        ([Registration(0, 0, LEAST - 1)], ["fail"]),  # painted, and nothing to hold it to
    ],
)
def test_medians_decide(paints, verdicts):
    assert [finding.verdict for finding in outlines.check(drawn(*paints))] == verdicts
