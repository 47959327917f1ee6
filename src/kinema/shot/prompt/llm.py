"""A prompt to a shot by a language model, where the machine's owner has named one: off by default.

Any endpoint that speaks OpenAI's chat completions with structured output (`response_format: json_schema`) will do.
Its answer is outside input like any other: it goes through `validate_shot`, and nothing else of it is used.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from kinema.config import Config, read_config
from kinema.errors import MachineError, ShotError, UsageError
from kinema.shot.files import validate_shot
from kinema.shot.shot import Shot

MAX_ANSWER = 4 * 2**20
"""Bytes of answer that are read."""
TIMEOUT = 120.0
"""For the connection and between two reads [s]."""
LONGEST = 32_000
"""Characters in a prompt: as many as `Shot.prompt` holds."""

_INSTRUCTIONS = """You turn a description of one film shot into one JSON object that follows the given schema.
World: metres, z up, right-handed, y into the picture for a camera at y < 0. Angles in degrees, times in seconds.
Every body has a name; bodies rest on each other without overlap; moving bodies have a velocity; what breaks is a
pane, or has `breaks`. Name at least one light. Put what must be seen to happen into `goals`. Answer with JSON only."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the key to a host its owner did not name."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        del req, fp, code, msg, headers, newurl


def compile_by_llm(text: str, config: Config | None = None, *, timeout: float = TIMEOUT) -> Shot:
    """Ask the configured endpoint for the shot that `text` describes.

    Raises `UsageError` if none is configured, `MachineError` if it cannot be reached or does not speak the
    protocol, `ShotError` if what it says is not a shot.
    """
    config = config or read_config()
    if config.llm_url is None:
        raise UsageError(
            "KINEMA_LLM_URL",
            "must name an OpenAI-compatible endpoint to compile prompts with a language model",
            got="nothing",
            next_step="Set it, such as http://localhost:8000/v1, or leave the model out.",
        )
    if not text.strip() or len(text) > LONGEST:
        raise ShotError(
            "prompt", f"must hold 1 to {LONGEST} characters", got=len(text), next_step="Describe one shot."
        )
    answer = _post(config, _request(text, config.llm_model), timeout)
    tree = _content(answer, config.llm_url)
    tree["prompt"] = text
    shot = validate_shot(tree, source="the model's answer")
    if not shot.bodies:
        raise ShotError(
            "bodies",
            "must hold at least one body",
            got="none in the model's answer",
            next_step="Compile without the model.",
        )
    return shot


def _request(text: str, model: str) -> dict[str, Any]:
    schema = {"name": "shot", "strict": False, "schema": Shot.model_json_schema()}
    return {
        "model": model,
        "temperature": 0,
        "messages": [{"role": "system", "content": _INSTRUCTIONS}, {"role": "user", "content": text}],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def _post(config: Config, body: dict[str, Any], timeout: float) -> bytes:
    url = f"{(config.llm_url or '').rstrip('/')}/chat/completions"
    if urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(
            "KINEMA_LLM_URL",
            "must start with http:// or https://",
            got=config.llm_url,
            next_step="Correct it.",
        )
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if config.llm_key:
        if not (config.llm_key.isascii() and config.llm_key.isprintable()):
            raise UsageError(  # http.client would quote the whole of it
                "KINEMA_LLM_KEY",
                "must be one line of ASCII",
                got=f"{len(config.llm_key)} characters, some of others",
                next_step="Is there a line break at its end?",
            )
        headers["Authorization"] = f"Bearer {config.llm_key}"
    try:
        request = Request(url, json.dumps(body).encode(), headers)
        with build_opener(_NoRedirect).open(request, timeout=timeout) as response:
            answer = response.read(MAX_ANSWER + 1)
    except HTTPError as error:
        with error:
            said = error.read(400).decode("utf-8", "replace")
        if config.llm_key:
            said = said.replace(config.llm_key, "(the key)")  # some servers quote what they refuse
        raise _failed(config, f"HTTP {error.code}: {said}") from error
    except (URLError, OSError, ValueError) as error:  # ValueError: a malformed port or header
        raise _failed(config, getattr(error, "reason", None) or error) from error
    if len(answer) > MAX_ANSWER:
        raise _failed(config, f"more than {MAX_ANSWER >> 20} MiB of answer")
    return answer


def _failed(config: Config, got: object) -> MachineError:
    return MachineError(
        f"language model at {config.llm_url}",
        "must answer a chat completion",
        got=got,
        next_step="Check KINEMA_LLM_URL, KINEMA_LLM_MODEL and KINEMA_LLM_KEY, or compile without the model.",
    )


def _content(answer: bytes, url: str) -> dict[str, Any]:
    """The JSON object inside the first choice."""
    try:
        message = json.loads(answer)["choices"][0]["message"]
        content, refusal = message.get("content"), message.get("refusal")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise MachineError(
            f"language model at {url}",
            "must answer as the chat completions protocol says",
            got=answer[:120].decode("utf-8", "replace"),
            next_step="Check that KINEMA_LLM_URL ends where /chat/completions begins.",
        ) from error
    try:
        tree = json.loads(content) if isinstance(content, str) else None
    except (ValueError, RecursionError):
        tree = None
    if not isinstance(tree, dict):
        raise ShotError(
            "the model's answer",
            "must be one JSON object",
            got=repr(refusal or content)[:120],
            next_step="Compile without the model, or use one that keeps to a JSON schema.",
        )
    return tree
