"""What a rule may ask about: who wants which clip, of what, for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal

Act = Literal["make", "export", "train"]
Use = Literal["unstated", "personal", "film", "advertising", "news", "political", "research"]


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """For whom and what for: what a shot does not say of itself."""

    tenant: str = "local"
    use: Use = "unstated"
    project: str = ""
    territories: tuple[str, ...] = ()
    """Where it will be shown, ISO 3166 (`DE`, `US-TX`) or `EU`; () = not stated: the rules of all hold."""


LOCAL: Final = Purpose()
"""The one who runs this installation, stating nothing."""


@dataclass(frozen=True, kw_only=True)
class AssetUse:
    """A file or a set of weights that goes into the clip."""

    name: str
    kind: Literal["file", "weights"] = "file"
    source: str = ""
    licence: str = ""
    """As stated; empty = not stated."""
    likeness: tuple[str, ...] = ()
    training: Literal["allowed", "constrained", "notAllowed"] = "constrained"
    altered: bool = False
    """Its bytes are not those whose hash the shot states."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, as plain facts; `gather.request_of` reads them off a shot and a job."""

    text: str
    """All words that the clip is made from, and names that people gave to things."""
    act: Act = "make"
    purpose: Purpose = LOCAL
    width: int = 854
    height: int = 480
    frames: int = 72
    milliseconds: int = 3000
    look: str = "natural"
    assets: tuple[AssetUse, ...] = ()
    plates: tuple[Path, ...] = ()
    """Uploaded pictures and clips: they are looked at for faces."""
    persons: tuple[str, ...] = ()
    """Real persons that the shot is marked to show."""
    receipts: tuple[str, ...] = ()
    """Consent receipts handed in with the request, as JWS; those kept on this machine are known anyway."""
    clip: str = ""
    """Id of the clip that is to be handed out, sixteen hex digits; empty = there is none yet."""
    day: date = field(default_factory=date.today)
