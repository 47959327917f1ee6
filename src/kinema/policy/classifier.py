"""A classifier of the house, asked beside the lists: anything but a clear answer closes.

It is sent `POST {"text": …}` and answers `{"flags": {NAME: true or false, …}}`; names are those of text/rules.yaml.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from kinema.errors import PolicyError
from kinema.policy.text.gazetteer import read_packaged
from kinema.policy.text.moderate import Flag

TIMEOUT: Final = 10.0
"""For the connection and between two reads [s]."""
MAX_ANSWER: Final = 2**16
SAID: Final = "(said the classifier)"


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the text to a host its owner did not name."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        del req, fp, code, msg, headers, newurl


def classify(text: str, url: str, *, timeout: float = TIMEOUT) -> tuple[Flag, ...]:
    """The flags a classifier raises. Raises `PolicyError` if it does not answer, or not as agreed."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise _failed(url, "an address that is not http or https")
    asked = Request(
        url,
        json.dumps({"text": text}).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"},
    )
    try:
        with build_opener(_NoRedirect).open(asked, timeout=timeout) as response:
            raw = response.read(MAX_ANSWER + 1)
        answer = json.loads(raw)
    except (URLError, OSError, ValueError, RecursionError) as error:
        raise _failed(url, getattr(error, "reason", None) or error) from error
    flags = answer.get("flags") if isinstance(answer, dict) else None
    known = read_packaged("rules.yaml")
    if not isinstance(flags, dict) or not all(isinstance(v, bool) for v in flags.values()):
        raise _failed(url, repr(raw[:80]))
    if strange := sorted(flags.keys() - known.keys()):
        raise _failed(url, f"a flag {strange[0]!r} that no rule knows")
    return tuple(Flag(name, (SAID,)) for name, raised in flags.items() if raised)


def _failed(url: str, got: object) -> PolicyError:
    return PolicyError(
        f"the text classifier at {url}",
        "must answer before anything is made",
        got=got,
        next_step="Start it, or unset KINEMA_MODERATION_URL; docs/policy.md says what it is asked.",
    )
