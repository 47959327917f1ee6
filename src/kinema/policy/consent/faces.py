"""Faces in uploaded pictures and clips, found by the cascades that come with OpenCV: offline, and without a network.

Viola and Jones 2001; the trained cascades are Lienhart's (Intel licence). What is not found: small faces (under a
twentieth of the picture's height), faces turned beyond profile, masked ones, drawn ones. So a picture without a find
is no proof that it shows nobody, and a mark `likeness:` counts as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import UInt8

from kinema.errors import KinemaError, MachineError, MediaError, PolicyError
from kinema.media.decode import read_frames
from kinema.physics.tape import file_hash
from kinema.policy.consent.check import Wanted, check
from kinema.policy.consent.store import ConsentStore
from kinema.policy.request import Request

if TYPE_CHECKING:
    import cv2

CLIPS: Final = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")
MAX_PIXELS: Final = 64_000_000
"""Of a still picture: a file that unpacks to more is refused before it is."""
_LONG_SIDE: Final = 960
"""Pixels it is scaled down to: the cascades look for faces of 24 pixels and more."""
_EVERY: Final = 12
"""Frames of a clip from one that is looked at to the next."""
_MOST: Final = 64
"""Frames of a picture that moves that are looked at, evenly spread."""
_UPRIGHT: Final = 5
"""Finds that must agree on an upright face seen from the front."""
_TURNED: Final = 8
"""The same for profiles and lying faces, whose cascades see faces in shards and clouds below this: at 6, one in the
seven pictures of docs/images; at 8, none."""

Grey = UInt8[np.ndarray, "row column"]


def held(
    plates: Iterable[Path], tokens: Iterable[str], store: ConsentStore, request: Request
) -> dict[str, str]:
    """Uploaded pictures that must wait for a receipt, by name, and why. One that cannot be looked at waits too."""
    kept = list(tokens)
    waiting: dict[str, str] = {}
    for plate in plates:
        try:
            faces = most_faces(plate)
            if faces and not _released(plate, kept, store, request):
                waiting[plate.name] = (
                    f"{faces} face{'s' if faces > 1 else ''}, and no receipt that lists the picture"
                )
        except KinemaError as error:
            waiting[plate.name] = f"could not be looked at: {error}"
    return waiting


def most_faces(path: Path) -> int:
    """The greatest number of faces found in one picture of a file. Raises `MediaError`, `MachineError`."""
    cascades = _cascades()
    return max((_faces(picture, cascades) for picture in _pictures(path)), default=0)


def _released(plate: Path, tokens: list[str], store: ConsentStore, request: Request) -> bool:
    """Whether a receipt that holds lists this very file."""
    wanted_hash = file_hash(plate)
    for token in tokens:
        try:
            receipt = store.read(token).receipt
            if wanted_hash in receipt.pictures:
                check(store, token, Wanted(
                    person=receipt.subject.name,
                    modality="training" if request.act == "train" else "likeness",
                    purpose=request.purpose,
                    day=request.day,
                ))  # fmt: skip
                return True
        except PolicyError:
            continue
    return False


def _pictures(path: Path) -> Iterator[Grey]:
    if path.suffix.lower() in CLIPS:
        yield from (
            _small(frame.mean(axis=2).astype(np.uint8))
            for frame in islice(read_frames(path), 0, None, _EVERY)
        )
        return
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValueError(
                    f"{picture.width}x{picture.height} pixels; at most {MAX_PIXELS} are looked at"
                )
            frames = getattr(picture, "n_frames", 1)
            for index in range(0, frames, 1 + frames // _MOST):
                picture.seek(index)
                yield _small(np.asarray(ImageOps.exif_transpose(picture).convert("L")))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MediaError(str(path.name), "must be a picture or a clip", got=str(error)[:160],
                         next_step="Save it as PNG, JPEG or MP4.") from error  # fmt: skip


def _small(grey: Grey) -> Grey:
    from PIL import Image

    scale = _LONG_SIDE / max(grey.shape)
    if scale >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX))


def _faces(grey: Grey, cascades: tuple[cv2.CascadeClassifier, cv2.CascadeClassifier]) -> int:
    """Frontal faces, else profiles to either side; upright and lying."""
    frontal, profile = cascades
    least = max(24, min(grey.shape) // 20)

    def found(cascade: cv2.CascadeClassifier, picture: Grey, neighbours: int) -> int:
        return len(
            cascade.detectMultiScale(np.ascontiguousarray(picture), 1.1, neighbours, minSize=(least, least))
        )

    return (
        found(frontal, grey, _UPRIGHT)
        or max(found(profile, side, _TURNED) for side in (grey, grey[:, ::-1]))
        or max(found(frontal, np.rot90(grey, turn), _TURNED) for turn in (1, 3))
    )


def _cascades() -> tuple[cv2.CascadeClassifier, cv2.CascadeClassifier]:
    try:
        import cv2
        from cv2.data import haarcascades
    except ImportError as error:
        raise MachineError("the detector of faces", "needs OpenCV", got="none",
                           next_step="pip install 'kinema[faces]'.") from error  # fmt: skip
    loaded = [cv2.CascadeClassifier(f"{haarcascades}haarcascade_{name}.xml")
              for name in ("frontalface_alt2", "profileface")]  # fmt: skip
    if any(cascade.empty() for cascade in loaded):
        raise MachineError("the detector of faces", "needs OpenCV's cascades", got="a package without them",
                           next_step="Install opencv-python-headless 4.14: 5.0 left them out.")  # fmt: skip
    return loaded[0], loaded[1]
