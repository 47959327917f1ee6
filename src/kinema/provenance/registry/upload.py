"""A body of media on its way through: into a private file, looked at, and gone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kinema.provenance.manifest.sdk import EMBEDS

MEDIA: Final = ("video/", "image/")
_SUFFIX: Final = {kind: suffix for suffix, kind in reversed(EMBEDS.items())}
"""By media type: readers of manifests go by the end of a file's name. The sender's own name is never used."""
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL


@asynccontextmanager
async def received(request: Request, most: int) -> AsyncIterator[Path]:
    """The body as a file that its owner alone can read, deleted on leaving, whatever happens.

    Raises `HTTPException`: 415 if it does not claim to be a picture or a clip, 413 beyond `most` bytes, 400 if empty.
    """
    kind = request.headers.get("content-type", "").lower()
    if not kind.startswith(MEDIA):
        raise HTTPException(
            415, f"send video or image, not {kind[:80] or 'something without a Content-Type'}"
        )
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
        raise HTTPException(413, f"at most {most} bytes")
    with tempfile.TemporaryDirectory(prefix="kinema-") as folder:  # 0700
        path, size = Path(folder, f"upload{_SUFFIX.get(kind.partition(';')[0].strip(), '')}"), 0
        with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise HTTPException(413, f"at most {most} bytes")
                file.write(chunk)
        if not size:
            raise HTTPException(400, "the body is empty")
        yield path
