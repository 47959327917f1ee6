"""The ISCC of a clip: Content-Code Video and Instance-Code (ISO 24138:2024), as iscc-core and iscc-sdk make them.

Frame signatures of five pictures a second become 256 bits by iscc-lib, the ISCC Foundation's own implementation, which
the extra `iscc` installs. Without it nothing is said.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Final

from kinema.media.decode import read_luma
from kinema.provenance.iscc.elements import SIDE
from kinema.provenance.iscc.signature import signature_of

RATE: Final = 5
"""Pictures a second: iscc-sdk's, and so everybody's."""
LONGEST: Final = 600
"""Seconds of a clip. The code of a part is not the code of the whole, so a longer clip has none here."""
_BITS: Final = 256


def installed() -> bool:
    """Whether codes can be computed here."""
    return find_spec("iscc_lib") is not None


def iscc_of(clip: str | Path) -> bytes | None:
    """The ISCC-SEQ that is stated of a clip before it is signed: its Video-Code, and the Instance-Code of its bytes,
    which IEP-0020 recommends. None where there is no Video-Code. Raises `MediaError` for a file that is no clip."""
    video = video_code_of(clip)
    if video is None:
        return None
    from iscc_lib import gen_instance_code_v0

    with Path(clip).open("rb") as file:
        return video + _raw(gen_instance_code_v0(file, _BITS).iscc)


def video_code_of(clip: str | Path) -> bytes | None:
    """Header and body of the Video-Code. None without iscc-lib; for a clip that is longer than `LONGEST`, smaller than
    32 px or shorter than a tenth of a second; and for one that is flat all through: all such have the same code.
    Raises `MediaError` for a file that is no clip."""
    if not installed():
        return None
    signatures = set()
    for number, luma in enumerate(islice(read_luma(clip, RATE), LONGEST * RATE + 1)):
        if min(luma.shape) < SIDE or number == LONGEST * RATE:
            return None
        signatures.add(tuple(signature_of(luma).tolist()))
    if all(len(set(signature)) == 1 for signature in signatures):
        return None
    return code_of(signatures)


def code_of(signatures: Iterable[Sequence[int]]) -> bytes:
    """Header and body of the Video-Code of different frame signatures, in whatever order. Needs iscc-lib."""
    from iscc_lib import gen_video_code_v0

    return _raw(gen_video_code_v0([list(signature) for signature in signatures], _BITS).iscc)


def _raw(unit: str) -> bytes:
    text = unit.removeprefix("ISCC:")
    return base64.b32decode(text + "=" * (-len(text) % 8))
