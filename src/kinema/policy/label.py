"""The visible label: burned into the picture, where a rule or the user asks for one.

Placed inside the safe area (5 % of each side; SMPTE ST 2046-1 title safe, EBU R 95), sized by the picture's height,
white on a dark plate. Contrast of text and plate is at least 7:1 whatever the picture (WCAG 2.2, criterion 1.4.6), and
a light line around the plate keeps it seen in the dark. The mark is the letters AI in a rounded frame, after the
European Union's common icon for generated content.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from jaxtyping import Float, Num, UInt8, UInt16

from kinema.errors import UsageError
from kinema.media.encode import View

if TYPE_CHECKING:
    from PIL import ImageFont

TEXTS: Final = {
    "generated": "Made with AI",
    "deepfake": "Likeness made with AI",
    "political": "Synthetic political content",
}
"""What each label of rules/labels.cedar says; the more specific one is shown where several are asked for."""
_RANK: Final = ("deepfake", "political", "generated")
SAFE: Final = 0.05
"""Share of each side that is kept free."""
TEXT_HEIGHT: Final = 1 / 22
"""Height of the letters' line, as a share of the picture's height; of its width / 1.6 in upright pictures."""
PLATE: Final = 0.82
"""Opacity of the plate. White under it becomes code value 46: 13.6:1 against white text."""
_LEAST: Final = 11
"""Pixels of the smallest line of text that can still be read; small pictures get no smaller one."""

Codes = UInt8[np.ndarray, "row column 3"] | UInt16[np.ndarray, "row column 3"]
Corner = Literal["lower left", "lower right", "upper left", "upper right"]


@dataclass(frozen=True, kw_only=True)
class Label:
    """What is burned in, and where."""

    text: str
    mark: bool = True
    """The AI mark before the text."""
    corner: Corner = "lower left"


class Stamp:
    """A label drawn once for pictures of one size; then each frame costs one blend of its corner."""

    def __init__(self, label: Label, width: int, height: int) -> None:
        """Raises `UsageError` where the picture is too small for the text to be read."""
        colour, alpha = _draw(label, width, height)
        rows, columns = alpha.shape
        inset_x, inset_y = round(width * SAFE), round(height * SAFE)
        self._left = inset_x if label.corner.endswith("left") else width - inset_x - columns
        self._top = inset_y if label.corner.startswith("upper") else height - inset_y - rows
        self._size = (height, width)
        self._over = (colour * alpha[..., None]).astype(np.float32)
        self._under = (1 - alpha[..., None]).astype(np.float32)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of the plate [pixels], the last two outside it."""
        rows, columns, _ = self._under.shape
        return self._left, self._top, self._left + columns, self._top + rows

    def on(self, frame: Codes) -> Codes:
        """A copy of the frame with the label burned in: display code values before encoding, uint8 or uint16."""
        if frame.shape[:2] != self._size:
            raise UsageError(
                "the label",
                f"was drawn for {self._size[1]}x{self._size[0]} pixels",
                got=f"{frame.shape[1]}x{frame.shape[0]}",
                next_step="Draw one for this size.",
            )
        left, top, right, bottom = self.box
        marked = frame.copy()
        corner = marked[top:bottom, left:right]
        white = np.float32(np.iinfo(frame.dtype).max)
        corner[...] = np.rint(corner * self._under + self._over * white).astype(frame.dtype)
        return marked


class Labelled:
    """A view whose pictures carry a label. Wraps any view of `media`; the clip is then written as ever."""

    def __init__(self, view: View, stamp: Stamp) -> None:
        self._view, self._stamp = view, stamp

    def __call__(self, light: Num[np.ndarray, "row column 3"], bits: int = 8) -> Codes:
        """The view's code values, with the label on them."""
        return self._stamp.on(self._view(light, bits))


def label_for(required: tuple[str, ...]) -> Label | None:
    """The label that a decision requires, if it does. A house's own names of labels are shown as they are written."""
    for name in (*_RANK, *required):
        if name in required:
            return Label(text=TEXTS.get(name, name))
    return None


def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, its Latin, Greek and Cyrillic letters: those of all official languages of the European Union."""
    from PIL import ImageFont

    file = files("kinema.policy").joinpath("fonts/dejavu_sans_subset.ttf")
    return ImageFont.truetype(io.BytesIO(file.read_bytes()), size)


def _draw(
    label: Label, width: int, height: int
) -> tuple[Float[np.ndarray, "row column 3"], Float[np.ndarray, "row column"]]:
    """Colour, 0 to 1, and opacity of the plate with its mark and text."""
    from PIL import Image, ImageDraw

    line = max(_LEAST, round(min(height, width / 1.6) * TEXT_HEIGHT))
    face, pad, rule = font(line), max(3, round(line * 0.45)), max(1, line // 14)
    _refuse_unwritable(label.text, face)
    mark = round(face.getlength("AI")) + 2 * pad if label.mark else 0
    columns = mark + (pad if mark else 2 * pad) + pad + round(face.getlength(label.text))
    rows = sum(face.getmetrics()) + pad
    _refuse_too_narrow(columns, width, height)
    plate, ink = (Image.new("L", (columns, rows), 0) for _ in range(2))
    edge, corner = (0, 0, columns - 1, rows - 1), max(2, rows // 5)
    ImageDraw.Draw(plate).rounded_rectangle(edge, corner, fill=round(255 * PLATE))
    pen = ImageDraw.Draw(ink)
    pen.rounded_rectangle(edge, corner, outline=110, width=rule)
    if mark:
        half = pad // 2
        pen.rounded_rectangle((half, half, mark - half, rows - 1 - half), corner, outline=255, width=rule)
        pen.text((mark // 2, rows // 2), "AI", fill=255, font=face, anchor="mm")
    pen.text(
        (mark + (0 if mark else pad) + pad // 2, rows // 2), label.text, fill=255, font=face, anchor="lm"
    )
    white = np.asarray(ink, np.float32) / 255
    opacity = np.maximum(np.asarray(plate, np.float32) / 255, white)
    # Ink lies on the plate: where it covers, the colour is white; elsewhere the plate's black.
    share = np.divide(white, opacity, out=np.zeros_like(white), where=opacity > 0)
    return np.repeat(share[..., None], 3, axis=2), opacity


def _refuse_too_narrow(columns: int, width: int, height: int) -> None:
    room = width - 2 * round(width * SAFE)
    if columns > room:
        raise UsageError(
            "the label",
            f"needs {columns} pixels of width to be read",
            got=f"{room} in {width}x{height}",
            next_step="Ask for a larger picture, or a shorter text.",
        )


def _refuse_unwritable(text: str, face: ImageFont.FreeTypeFont) -> None:
    """A letter that the font lacks would be drawn as a box, and read by nobody."""
    box = _drawn("\U0010ffff", face)
    lacking = [letter for letter in text if not letter.isspace() and _drawn(letter, face) == box]
    if lacking or not text.strip():
        raise UsageError(
            "the label",
            "must be text in Latin, Greek or Cyrillic letters",
            got=repr("".join(lacking) or text),
            next_step="Say it in other letters.",
        )


def _drawn(letter: str, face: ImageFont.FreeTypeFont) -> bytes:
    from PIL import Image, ImageDraw

    picture = Image.new("L", (64, 64))
    ImageDraw.Draw(picture).text((8, 8), letter, fill=255, font=face)
    return picture.tobytes()
