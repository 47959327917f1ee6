"""The C2PA Soft Binding Resolution API 1.0.0 over a registry, where a file comes from, and the log's three questions.

    GET  /matches/byBinding?alg&value&maxResults          value in base64
    POST /matches/byBinding?maxResults                    {alg, value}
    POST /matches/byContent?alg&maxResults&hintAlg&hintValue   the body is the media
    GET  /manifests/{manifestId}?returnActiveManifest     application/c2pa
    GET  /services/supportedAlgorithms
    POST /trace                                           the body is the media; the answer is `kinema trace --json`'s
    GET  /log/checkpoint   /log/inclusion/{leaf}   /log/consistency?old&size

Errors are `{"error": …}`: 400 a value that is none, 401 no or another token, 404 no such manifest, 413 too large, 414 a
value too long for GET, 415 no media that we can read, 451 taken down, 500 anything else, without its details. An upload
is never kept.

A clip that was taken down is still recognised, so that whoever asks can take it down too; but its match says so
(`takenDown`, which C2PA's schema does not have), and its manifest, which would vouch for it, is not handed out.
"""

from __future__ import annotations

import base64
import binascii
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from kinema.errors import MediaError, ProvenanceError, UsageError
from kinema.provenance.registry.binding import Binding, Candidate
from kinema.provenance.registry.entry import Entry
from kinema.provenance.registry.jumbf import active_manifest
from kinema.provenance.registry.registry import Registry
from kinema.provenance.registry.upload import received

LONGEST_URL: Final = 8192
"""Bytes of a query string; longer values go by POST."""
LARGEST_JSON: Final = 2 << 20
LARGEST_UPLOAD: Final = 512 << 20
AT_ONCE: Final = 2
"""Uploads looked at side by side; the others wait."""
Tracer = Callable[[Path], dict[str, Any]]
"""Where a media file comes from, in plain values. Raises `MediaError` for what is none."""
_OPEN: Final = "/services/supportedAlgorithms"

MaxResults = Annotated[int, Query(alias="maxResults", ge=1, le=100)]


class BindingQuery(BaseModel):
    """Body of POST /matches/byBinding."""

    alg: str
    value: str


def make_app(
    registry: Registry,
    bindings: Sequence[Binding],
    tracer: Tracer,
    *,
    token: str | None = None,
    largest_upload: int = LARGEST_UPLOAD,
) -> FastAPI:
    """The service. `token`: what a caller must bear, except to ask for algorithms; None = everybody may ask."""
    app = FastAPI(title="C2PA Soft Binding Resolution API", version="1.0.0", docs_url=None, redoc_url=None)
    known = {binding.alg: binding for binding in bindings}
    _guard(app, token)
    _errors(app)
    looking = anyio.CapacityLimiter(AT_ONCE)
    _matches(app, registry, known, largest_upload, looking)
    _trace(app, tracer, largest_upload, looking)
    _manifests(app, registry, known)
    _log(app, registry)
    return app


def _matches(
    app: FastAPI, registry: Registry, known: dict[str, Binding], largest: int, looking: anyio.CapacityLimiter
) -> None:
    @app.get("/matches/byBinding")
    def by_binding(alg: str, value: str, max_results: MaxResults = 10) -> dict[str, Any]:
        return _answer(registry, _resolved(known, alg, value), max_results)

    @app.post("/matches/byBinding")
    def by_long_binding(asked: BindingQuery, max_results: MaxResults = 10) -> dict[str, Any]:
        return _answer(registry, _resolved(known, asked.alg, asked.value), max_results)

    @app.post("/matches/byContent")
    async def by_content(
        request: Request,
        alg: str | None = None,
        max_results: MaxResults = 10,
        hint_alg: Annotated[str | None, Query(alias="hintAlg")] = None,
        hint_value: Annotated[str | None, Query(alias="hintValue")] = None,
    ) -> dict[str, Any]:
        asked = [_named(known, alg)] if alg else list(known.values())
        found: list[Candidate] = []
        if hint_alg and hint_value:
            found += await run_in_threadpool(_resolved, known, hint_alg, hint_value)
        async with received(request, largest) as path, looking:
            for binding in asked:
                found += await run_in_threadpool(binding.recognise, path)
        return await run_in_threadpool(_answer, registry, found, max_results)


def _trace(app: FastAPI, tracer: Tracer, largest: int, looking: anyio.CapacityLimiter) -> None:
    @app.post("/trace")
    async def trace(request: Request) -> dict[str, Any]:
        async with received(request, largest) as path, looking:
            return await run_in_threadpool(tracer, path)


def _manifests(app: FastAPI, registry: Registry, known: dict[str, Binding]) -> None:
    @app.get("/manifests/{manifest_id:path}")
    def manifest(
        manifest_id: str, only_active: Annotated[bool, Query(alias="returnActiveManifest")] = False
    ) -> Response:
        record = registry.by_manifest(manifest_id)
        if record is None or not isinstance(record.content, Entry):
            raise HTTPException(404, "no such manifest here")
        if registry.taken_down(record.content.id):
            raise HTTPException(451, "the clip of this manifest was taken down: it must not be shown")
        store = record.content.manifest
        return Response(active_manifest(store) if only_active else store, media_type="application/c2pa")

    @app.get(_OPEN)
    def algorithms() -> dict[str, list[dict[str, str]]]:
        names = {
            kind: [b.alg for b in known.values() if b.kind == kind] for kind in ("watermark", "fingerprint")
        }
        return {f"{kind}s": [{"alg": alg} for alg in algs] for kind, algs in names.items()}


def _log(app: FastAPI, registry: Registry) -> None:
    @app.get("/log/checkpoint")
    def checkpoint() -> PlainTextResponse:
        return PlainTextResponse(registry.checkpoint())

    @app.get("/log/inclusion/{leaf}")
    def inclusion(leaf: int) -> dict[str, Any]:
        receipt = registry.receipt(leaf)
        return {
            "leaf": receipt.leaf.hex(),
            "path": [node.hex() for node in receipt.path],
            "checkpoint": receipt.checkpoint,
        }

    @app.get("/log/consistency")
    def consistency(old: int, size: int) -> dict[str, list[str]]:
        return {"proof": [node.hex() for node in registry.consistency(old, size)]}


def _resolved(known: dict[str, Binding], alg: str, value: str) -> list[Candidate]:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise HTTPException(400, "value must be base64") from None
    binding = _named(known, alg)
    try:
        return list(binding.resolve(raw))
    except ProvenanceError as error:
        raise HTTPException(400, str(error)) from None


def _named(known: dict[str, Binding], alg: str) -> Binding:
    if alg not in known:
        raise HTTPException(400, f"alg must be one of {', '.join(known)}")
    return known[alg]


def _answer(registry: Registry, found: list[Candidate], most: int) -> dict[str, Any]:
    """Each clip once, with its best score, best first."""
    best: dict[int, float] = {}
    for candidate in found:
        best[candidate.id] = max(candidate.score, best.get(candidate.id, 0.0))
    matches = []
    for id_, score in sorted(best.items(), key=lambda item: -item[1])[:most]:
        record = registry.by_id(id_)
        if record is not None and isinstance(record.content, Entry):
            match = {"manifestId": record.content.manifest_id, "similarityScore": round(100 * score)}
            matches.append(match | ({"takenDown": True} if registry.taken_down(id_) else {}))
    return {"matches": matches}


def _guard(app: FastAPI, token: str | None) -> None:
    @app.middleware("http")
    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        if len(request.url.query) > LONGEST_URL:
            return JSONResponse({"error": f"at most {LONGEST_URL} bytes of query; use POST"}, 414)
        path, length = request.url.path, request.headers.get("content-length", "")
        long = not length.isdigit() or int(length) > LARGEST_JSON
        if request.method == "POST" and path == "/matches/byBinding" and long:
            return JSONResponse({"error": f"say a Content-Length of at most {LARGEST_JSON}"}, 413)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        open_to_all = token is None or path == _OPEN
        if not open_to_all and not secrets.compare_digest(given.encode(), (token or "").encode()):
            return JSONResponse({"error": "bear a token"}, 401, {"WWW-Authenticate": "Bearer"})
        return await go_on(request)


def _errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def said(_: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"error": str(error.detail)}, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors())
        return JSONResponse({"error": wrong}, 400)

    @app.exception_handler(UsageError)
    async def misused(_: Request, error: UsageError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 400)

    @app.exception_handler(MediaError)
    async def unreadable(_: Request, error: MediaError) -> JSONResponse:
        return JSONResponse({"error": f"the media {error.rule}"}, 415)

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> JSONResponse:
        logging.getLogger("kinema.registry").error("%s: %s", type(error).__name__, error)
        return JSONResponse({"error": "service failure"}, 500)
