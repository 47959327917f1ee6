"""Outlines: what is painted ends where bodies end, in every painted frame that shows enough of them."""

from __future__ import annotations

import statistics

from kinema.verify.drawn import Drawn
from kinema.verify.finding import Statement, at_least, at_most
from kinema.verify.outlines import LEAST
from kinema.verify.report import Finding

OFFSET = 1.5
"""Bound on the median offset [px]: outlines lie between pixels, and a drawn line is steepest on either side of itself:
one pixel across and one down from where it is, at most."""
CONTRAST = 1.25
"""Bound on the median contrast. Pictures of another world have 1.0 ± 0.1."""


def check(drawn: Drawn) -> list[Finding]:
    """Medians over frames. Nothing to say of frames that were not painted: path tracer and preview draw what they
    see themselves."""
    painted = [facts.paint for facts in drawn.frames if facts.paint is not None]
    if not painted:
        return []
    told = [paint for paint in painted if paint.length >= LEAST]
    if not told:
        return [_unknown(len(painted))]
    offset = statistics.median(paint.offset for paint in told)
    contrast = statistics.median(paint.contrast for paint in told)
    words: Statement = {
        "detail": f"{len(told)} of {len(painted)} frames show {LEAST} px of outline or more.",
        "not_covered": "Colours and textures; bodies that look like what is behind them.",
        "remedy": "The paint did not follow the world: choose another look, or a grade, which is not painted.",
    }
    follows = "edges of the paint must lie on outlines of bodies, in the median frame [px]"
    shows = "paint must change more along outlines of bodies than beside them, in the median frame [times]"
    return [
        at_most("outlines", "painted pixels", follows, offset, OFFSET, **words),
        at_least("outlines", "painted pixels", shows, contrast, CONTRAST, **words),
    ]


def _unknown(frames: int) -> Finding:
    """Paint that nothing can be said of has not passed."""
    return at_least(
        "outlines",
        "painted pixels",
        f"some frame must show {LEAST} px of outline, to judge the paint by",
        0,
        1,
        unit="frames",
        detail=f"None of {frames} does: nothing is known of the paint.",
        remedy="Ask for a larger --size, or for frames in which more is seen.",
    )
