"""Clips to disk: Rec.709, limited range, tagged in stream and container, the same bytes for the same frames.

The view transform and the encoder run in a thread of their own behind a short queue, so that the next frame is drawn
meanwhile and memory does not grow with the clip. The file appears under its name only when it is whole.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from jaxtyping import Num

from kinema.errors import KinemaError, MediaError, UsageError
from kinema.media.codec import THREADS, Codec, container_of, recipe_for
from kinema.media.priority import ordinary
from kinema.media.yuv import to_frame

__all__ = ["ClipWriter", "container_of"]

_QUEUED = 4
"""Frames that wait: enough to even out an expensive one, 19 MiB of light at 854x480."""

View = Callable[[np.ndarray, int], np.ndarray]
"""From scene-linear light `(row, column, 3)` to code values of 8 or 16 bits."""

# ITU-T H.273: Rec.709 is 1 as primaries, as transfer and as matrix; libav's limited range is 1 too.
_BT709 = 1
_LIMITED = 1


class ClipWriter:
    """A context manager: `write` frames in order; leaving it without an error publishes the file.

    `codec`: `h264` (MP4, 4:2:0 8 bit), `prores_hq` (MOV, 4:2:2 10 bit), `prores_4444` (MOV, 4:4:4 10 bit) or
    `av1` (MP4, 4:2:0 10 bit). `draft` encodes faster into a larger file.
    """

    def __init__(
        self,
        path: str | Path,
        codec: Codec,
        width: int,
        height: int,
        rate: Fraction,
        *,
        draft: bool = False,
        view: View | None = None,
    ) -> None:
        """With a `view`, light is written, and made into code values in the encoding thread."""
        self.path = Path(path)
        self.shape = (height, width, 3)
        self.rate = Fraction(rate)
        self.written = 0
        self._recipe = recipe_for(codec, width=width, height=height, rate=self.rate)
        self.bits = self._recipe.bits
        """Bits per channel this codec can use."""
        self._view = view
        self._options = {**self._recipe.options, **(self._recipe.draft if draft else {})}
        self._partial = self.path.with_name(f".{self.path.name}.partial")
        self._frames: queue.Queue[np.ndarray | None] = queue.Queue(_QUEUED)
        self._abandoned = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._encode_all, name=f"encode {self.path.name}", daemon=True)

    def __enter__(self) -> Self:
        if not self.path.parent.is_dir():
            raise MediaError(
                str(self.path),
                "must be in an existing folder",
                got="no such folder",
                next_step="Create it first.",
            )
        self._thread.start()
        return self

    def write(self, picture: Num[np.ndarray, "row column 3"]) -> None:
        """Queue one frame: light if there is a view, else full-range display code values, uint8 or uint16. Waits while
        the queue is full. It is copied."""
        kinds = (np.uint8, np.uint16) if self._view is None else (np.float32, np.float16)
        if picture.shape != self.shape or picture.dtype not in kinds:
            raise UsageError(
                "frame",
                f"must be {' or '.join(kind.__name__ for kind in kinds)} of shape {self.shape}",
                got=f"{picture.dtype} {picture.shape}",
                next_step="Draw and encode at one size.",
            )
        self._raise_failure()
        self._frames.put(picture.copy(order="C"))
        self.written += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._abandoned = kind is not None
        self._frames.put(None)
        self._thread.join()
        if self._abandoned or self._failure:
            with suppress(OSError):  # what went wrong is told below, not this
                self._partial.unlink(missing_ok=True)
        if not self._abandoned:
            self._raise_failure()
            self._partial.replace(self.path)

    def _raise_failure(self) -> None:
        if isinstance(self._failure, KinemaError):
            raise self._failure
        if self._failure is not None:
            raise MediaError(
                str(self.path),
                f"must be writable as {self._recipe.encoder} in {self._recipe.container}",
                got=str(self._failure)[:160],
                next_step="Check the free space on the disk, then run again with --resume.",
            ) from self._failure

    # --- in the encoding thread ----------------------------------------------------------------------------

    def _encode_all(self) -> None:
        try:
            self._encode()
        except Exception as error:
            self._failure = error
            while self._frames.get() is not None:  # never leave the drawing side waiting for room
                pass

    def _encode(self) -> None:
        import av

        # SVT-AV1 does not log through libav; 1 = errors only. It asks the environment, when it is opened.
        os.environ.setdefault("SVT_LOG", "1")
        # `bitexact` keeps versions and dates out of the file; `faststart` puts the index before the pictures.
        options = {"movflags": "faststart+write_colr", "fflags": "+bitexact"}
        with av.open(self._partial, "w", format=self._recipe.container, options=options) as container:
            stream = self._open_stream(container)
            index = 0
            while (picture := self._frames.get()) is not None:
                if self._abandoned:
                    continue
                codes = picture if self._view is None else self._view(picture, self.bits)
                frame = to_frame(codes, self._recipe.pixel_format)
                frame.pts, frame.time_base = index, 1 / self.rate
                container.mux(stream.encode(frame))
                index += 1
            if not self._abandoned:
                container.mux(stream.encode(None))

    def _open_stream(self, container: Any) -> Any:
        height, width, _ = self.shape
        # Two-second closed groups of pictures: any player can seek, any editor can cut.
        group = str(max(1, round(2 * self.rate)))
        options = {**self._options, "flags": "+bitexact+cgop", "g": group}
        stream = container.add_stream(self._recipe.encoder, rate=self.rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, self._recipe.pixel_format
        stream.time_base = 1 / self.rate
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        context.thread_count = THREADS
        with ordinary():
            context.open()
        return stream
