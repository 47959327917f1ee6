"""How the pixels of a clip came about, in IPTC's words for digital source types.

C2PA asks for one term for the clip as created (specification 2.4, 18.15.4.5), and viewers turn it into "made with AI"
or "not". Both wrong answers are lies:

- `preview` and `path tracer` compute light from a simulated world by equations: `algorithmicMedia`, "created purely by
  an algorithm not based on any sampled training data". It is not `trainedAlgorithmicMedia`, because nothing that draws
  was trained; and not `digitalCreation`, "created by a human using non-generative tools", because no hand drew it.
- The path tracer's pictures pass through Open Image Denoise, which *is* a trained network. It adds nothing to the
  picture but must not go unsaid: a second action, `c2pa.enhanced`, of type `algorithmicallyEnhanced`.
- `painter` and `open weights` draw every pixel by a trained network: `trainedAlgorithmicMedia`. It is not
  `compositeWithTrainedAlgorithmicMedia`, which is for a trained part in a real plate: the simulated world steers the
  network, but no pixel of it reaches the clip.

A mesh or an HDRI that went in does not change the term. It is an ingredient, with its own history.
"""

from __future__ import annotations

from typing import Final, Literal

from kinema.diffusion.looks import painted_looks
from kinema.diffusion.open_weights.options import is_open

DrawnBy = Literal["preview", "path tracer", "painter", "open weights"]

IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
ALGORITHMIC: Final = f"{IPTC}algorithmicMedia"
TRAINED: Final = f"{IPTC}trainedAlgorithmicMedia"
ENHANCED: Final = f"{IPTC}algorithmicallyEnhanced"
EDITED: Final = {
    "human": f"{IPTC}humanEdits",
    "algorithm": ENHANCED,
    "model": f"{IPTC}compositeWithTrainedAlgorithmicMedia",
}
"""What changed a clip after it was made."""


def drawn_by(look: str, quality: Literal["draft", "final"]) -> DrawnBy:
    """What draws a shot of this look; as `kinema.footage.renderer_named` decides it."""
    if is_open(look):
        return "open weights"
    if look in painted_looks():
        return "painter"
    return "preview" if quality == "draft" else "path tracer"


def source_type(drawn: DrawnBy) -> str:
    """IPTC's term for a clip that this drew."""
    return ALGORITHMIC if drawn in ("preview", "path tracer") else TRAINED
