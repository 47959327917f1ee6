"""What is marked: clips kinema draws, clips with grain, camera footage, and photographs moved under a camera.

Footage is Debian's package opencv-doc (main; 4.6.0+dfsg-12): vtest.avi, a street; box.mp4 and cup.mp4, hands before a
wall. Photographs are those in the wheel of scikit-image 0.26 (public domain or CC0 by its data/README). Where either is
missing, there are fewer clips, and the table says how many.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from watermark_proof.attacks import rounded
from watermark_proof.codecs import Clip

WIDTH, HEIGHT, FRAMES = 854, 480, 72
EXAMPLES = Path(__file__).parents[2] / "examples"
FOOTAGE = Path("/usr/share/doc/opencv-doc")
SHOTS = ("glass", "billiards", "wrecking_ball", "vase", "dominoes", "cradle", "moon")
PHOTOGRAPHS = (
    "coffee.png",
    "astronaut.png",
    "chelsea.png",
    "motorcycle_left.png",
    "rocket.jpg",
    "camera.png",
)
TEXTURES = ("gravel.png", "brick.png", "grass.png")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A clip not yet made."""

    name: str
    kind: str
    make: Callable[[], Clip]


def sources(footage: Path, cache: Path) -> list[Source]:
    """All that can be had here, kinds by turns, so that the first few are of every kind."""
    kinds = [
        [
            Source(name=f"{shot}, {look}", kind="preview", make=partial(preview, shot, look, cache))
            for look in ("natural", "noir")
            for shot in SHOTS
        ],
        [
            Source(name=f"{name} from {start}", kind="camera", make=partial(film, place, start))
            for name, place, starts in (
                ("street", footage / "examples/data/vtest.avi", range(100, 700, 85)),
                ("cup", footage / "opencv4/html/cup.mp4.gz", (30, 110)),
                ("box", footage / "opencv4/html/box.mp4.gz", (30, 130, 230, 330)),
            )
            if place.is_file()
            for start in starts
        ],
        [
            Source(name=name, kind="photograph", make=partial(moved, name))
            for name in PHOTOGRAPHS + TEXTURES
            if find_spec("skimage")
        ],
        [Source(name=f"{shot}, grain", kind="grain", make=partial(grained, shot, cache)) for shot in SHOTS],
    ]
    return [kind[k] for k in range(max(map(len, kinds))) for kind in kinds if k < len(kind)]


def preview(shot_name: str, look: str, cache: Path) -> Clip:
    """An example drawn by the preview renderer; kept in `cache`, since the world has to be simulated for it."""
    kept = cache / f"{shot_name}-{look}.npy"
    if kept.is_file():
        return np.load(kept)
    from kinema.media.view import ViewTransform
    from kinema.physics.build import build_world
    from kinema.physics.engine import engine_named
    from kinema.render.frame import Picture
    from kinema.render.preview import Preview
    from kinema.shot.files import load_shot

    shot = load_shot(EXAMPLES / f"{shot_name}.yaml")
    engine = "mujoco" if shot_name == "cradle" else "rapier"
    tape = engine_named(engine).simulate(build_world(shot, folder=str(EXAMPLES)))
    view, picture = ViewTransform(look), Picture(width=WIDTH, height=HEIGHT)
    frames = Preview(assets=str(EXAMPLES)).draw(shot, tape, picture, range(min(FRAMES, tape.frames)))
    clip = filled(np.stack([view(frame.colour) for frame in frames]))
    cache.mkdir(parents=True, exist_ok=True)
    np.save(kept, clip)
    return clip


def filled(clip: Clip) -> Clip:
    """A shorter clip played to its end and back until it is long enough."""
    there_and_back = np.concatenate([np.arange(len(clip)), np.arange(len(clip) - 2, 0, -1)])
    return clip[np.resize(there_and_back, FRAMES)]


def grained(shot: str, cache: Path) -> Clip:
    """A drawn clip under film grain: white noise of 4 code values."""
    draw = np.random.default_rng(11)
    clip = preview(shot, "natural", cache)
    return np.stack(
        [rounded(frame + 4 * draw.standard_normal((HEIGHT, WIDTH, 1), np.float32)) for frame in clip]
    )


def film(path: Path, start: int) -> Clip:
    """Frames of a file, the middle of the picture scaled to the size of all clips."""
    import av
    import cv2

    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    out: list[np.ndarray] = []
    with av.open(io.BytesIO(data), "r") as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index < start:
                continue
            out.append(
                cv2.resize(
                    fitted(frame.to_ndarray(format="rgb24")), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA
                )
            )
            if len(out) == FRAMES:
                break
    return filled(np.stack(out))


def fitted(frame: np.ndarray) -> np.ndarray:
    """The largest middle part of the clips' shape."""
    height, width, _ = frame.shape
    high, wide = min(height, width * HEIGHT // WIDTH), min(width, height * WIDTH // HEIGHT)
    top, left = (height - high) // 2, (width - wide) // 2
    return frame[top : top + high, left : left + wide]


def moved(name: str) -> Clip:
    """A photograph under a camera that drifts and closes in, with a sensor's noise."""
    import cv2
    from PIL import Image

    spec = find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    picture = fitted(np.asarray(Image.open(Path(spec.origin).parent / "data" / name).convert("RGB")))
    height, width, _ = picture.shape
    draw, out = np.random.default_rng(12), []
    for t in np.linspace(0, 1, FRAMES):
        zoom = 1.05 + 0.15 * t
        matrix = np.array(
            [
                [zoom * WIDTH / width, 0, -0.04 * WIDTH * t * zoom],
                [0, zoom * HEIGHT / height, -0.02 * HEIGHT * zoom],
            ]
        )
        frame = cv2.warpAffine(
            picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
        )
        out.append(rounded(frame + 1.5 * draw.standard_normal(frame.shape, np.float32)))
    return np.stack(out)
