"""Given pictures and clips, from files to what latent frames start from.

Frames are taken one for one, whatever their rate. A latent frame is given if all its frames are; a still picture is
held for the frames of its latent frame. Pictures of another size are scaled to fill the frame and cut at its edges.
Codes of clips are a display's of BT.1886, of pictures sRGB, as kinema writes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Float

from kinema.diffusion.dream import Start
from kinema.diffusion.given import Given, Placed
from kinema.diffusion.grid import SPACE, Grid
from kinema.errors import MediaError, UsageError

if TYPE_CHECKING:
    from kinema.diffusion.network import Network

Pixels = Float[np.ndarray, "row column 3"]
"""sRGB in [-1, 1]."""


class Size(NamedTuple):
    """Of a picture or clip."""

    width: int
    height: int
    frames: int


@dataclass(frozen=True)
class Plate:
    """A file that lies in the clip."""

    file: Path
    size: Size
    still: bool
    first: int
    """Frame of the clip that its first frame is; may be before it."""

    @classmethod
    def opened(cls, placed: Placed, frames: int) -> Plate:
        """Its header read. `frames`: of the clip. Raises `UsageError` for a file that is neither picture nor clip,
        or lies outside the clip."""
        file = Path(placed.file)
        still = _still_size(file)
        size = still or _clip_size(file)
        first = placed.at if placed.at >= 0 else frames + placed.at - size.frames + 1
        if first >= frames or first + size.frames <= 0:
            raise UsageError(
                f"--given {placed.at}:{placed.file}",
                f"must lie within the clip's {frames} frames",
                got=f"frames {first} to {first + size.frames - 1}",
                next_step="Place it elsewhere, or make the clip longer: --seconds.",
            )
        return cls(file, size, still is not None, first)

    def pixels(self, width: int, height: int) -> Iterator[Pixels]:
        """Its frames, fitted."""
        from PIL import Image

        if self.still:
            yield _srgb(_fitted(_picture(self.file).convert("RGB"), width, height))
            return
        from kinema.media.decode import read_frames

        for codes in read_frames(self.file):
            yield _shown(_fitted(Image.fromarray(codes), width, height))

    def chunks(self, grid: Grid, frames: int, width: int, height: int) -> Iterator[tuple[int, list[Pixels]]]:
        """Latent frames that it gives whole, in order, with their pixels; the last of a clip may be short."""
        if self.still:
            number = grid.latent_of(self.first)
            yield number, list(self.pixels(width, height))
            return
        gathered: dict[int, list[Pixels]] = {}
        for index, pixels in enumerate(self.pixels(width, height), self.first):
            if not 0 <= index < frames:
                continue
            number = grid.latent_of(index)
            wanted = [frame for frame in grid.chunk(number) if frame < frames]
            gathered.setdefault(number, []).append(pixels)
            if len(gathered[number]) == len(wanted):
                yield number, gathered.pop(number)


def refuse_unusable(given: Given, frames: int) -> None:
    """Raise `UsageError` for files that cannot be read, or give nothing of a clip of so many frames."""
    grid = Grid.covering(frames=frames, height=SPACE, width=SPACE)
    for placed in given.pictures:
        plate = Plate.opened(placed, frames)
        inside = range(max(plate.first, 0), min(plate.first + plate.size.frames, frames))
        touched = {grid.latent_of(frame) for frame in inside}
        whole = {n for n in touched if all(f in inside for f in grid.chunk(n) if f < frames)}
        if not plate.still and not whole:
            raise UsageError(
                f"--given {placed.at}:{placed.file}",
                "must fill a latent frame: frame 0, or frames 8 k - 7 to 8 k",
                got=f"frames {inside.start} to {inside.stop - 1}",
                next_step="Place it at 0, or give a longer clip.",
            )
    if given.mask is not None:
        _picture(Path(given.mask))


def notes_of(given: Given, frames: int, width: int, height: int) -> list[str]:
    """What is done to given pictures that the user may not expect."""
    told = []
    for placed in given.pictures:
        size = Plate.opened(placed, frames).size
        if (size.width, size.height) != (width, height):
            told.append(f"{placed.file}: {size.width}x{size.height}, fitted to {width}x{height}.")
    return told


def hashes_of(given: Given) -> dict[str, str]:
    """SHA-256 of each file, by its name as it was given. Raises `UsageError`."""
    names = [*(placed.file for placed in given.pictures), *([given.mask] if given.mask else [])]
    found = {}
    for name in dict.fromkeys(names):
        try:
            with Path(name).open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _unreadable(Path(name), error) from error
    return found


def starts_of(
    given: Given, network: Network, grid: Grid, *, frames: int, width: int, height: int
) -> list[Start | None]:
    """What each latent frame of the clip starts from; None where nothing is given."""
    starts: list[Start | None] = [None] * grid.latent_frames
    kept = network.own(_kept(given, grid, width, height))
    for placed in given.pictures:
        tails, last = None, -2
        for number, pixels in Plate.opened(placed, frames).chunks(grid, frames, width, height):
            room = partial(_on_grid, grid=grid, frames=len(grid.chunk(number)))
            if number and number != last + 1:  # before its first frame a clip stood still
                _, tails = network.encode(_on_grid(pixels[:1], grid, 1), None)
            latent, tails = network.encode(room(pixels), tails if number else None)
            starts[number], last = Start(latent, given.strength, kept), number
    return starts


def _kept(
    given: Given, grid: Grid, width: int, height: int
) -> Float[np.ndarray, "1 1 1 latent_row latent_column"]:
    """Tokens that stay: those under no white of the mask; none without one."""
    if given.mask is None:
        return np.zeros((1, 1, 1, grid.rows, grid.columns), np.float32)
    grey = np.asarray(_fitted(_picture(Path(given.mask)).convert("L"), width, height), np.float32)
    white = Grid(frames=1, height=grid.height, width=grid.width).padded(grey[None, :, :, None] > 127)
    tokens = white.reshape(grid.rows, SPACE, grid.columns, SPACE).any(axis=(1, 3))
    return np.float32(1) - tokens.reshape(1, 1, 1, grid.rows, grid.columns)


def _on_grid(pixels: list[Pixels], grid: Grid, frames: int) -> Float[np.ndarray, "1 3 time row column"]:
    """As the encoder takes them: the last frame and the edges repeated to fill the grid."""
    size = Grid(frames=1, height=grid.height, width=grid.width)
    padded = np.concatenate([size.padded(frame[None]) for frame in pixels])
    full = np.concatenate([padded, np.repeat(padded[-1:], frames - len(padded), axis=0)])
    return np.moveaxis(full.astype(np.float32), -1, 0)[None]


def _still_size(file: Path) -> Size | None:
    """None for what is no picture."""
    picture = _read(file)
    return Size(picture.width, picture.height, 1) if picture else None


def _clip_size(file: Path) -> Size:
    from kinema.media.decode import read_clip, read_frames

    try:
        facts = read_clip(file)
        if next(read_frames(file), None) is None:  # a header alone may say anything
            raise _unreadable(file, "no frames")
    except MediaError as error:
        raise _unreadable(file, error.got) from error
    return Size(facts.width, facts.height, facts.frames)


def _picture(file: Path) -> Any:
    if (picture := _read(file)) is None:
        raise _unreadable(file, "no picture")
    return picture


def _read(file: Path) -> Any | None:
    """A picture, the right way up; None for what is none. Raises `UsageError` if it is damaged or missing."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(file) as picture:
            return None if picture.format == "MPEG" else ImageOps.exif_transpose(picture)
    except UnidentifiedImageError:
        return None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _unreadable(file, error) from error


def _fitted(picture: Any, width: int, height: int) -> Any:
    from PIL import Image, ImageOps

    if picture.size == (width, height):
        return picture
    return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)


def _srgb(picture: Any) -> Pixels:
    return np.asarray(picture, np.float32) / 127.5 - 1


def _shown(picture: Any) -> Pixels:
    """Codes of BT.1886, black at zero → the sRGB codes of the same light."""
    light = (np.asarray(picture, np.float32) / 255) ** np.float32(2.4)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** np.float32(1 / 2.4) - 0.055)
    return (2 * code - 1).astype(np.float32)


def _unreadable(file: Path, why: object) -> UsageError:
    return UsageError(
        str(file),
        "must be a picture or clip that can be read",
        got=str(why)[:160],
        next_step="Give a PNG, a JPEG or a clip.",
    )
