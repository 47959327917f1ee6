"""A request as the facts that rules ask about: `rules/schema.cedarschema`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kinema.config import Config
from kinema.policy.classifier import classify
from kinema.policy.consent.check import Wanted, find
from kinema.policy.consent.faces import held
from kinema.policy.consent.store import ConsentStore
from kinema.policy.elections import near
from kinema.policy.request import AssetUse, Request
from kinema.policy.settings import Settings
from kinema.policy.spdx import Licence, read_licence
from kinema.policy.text.moderate import Flag, moderate
from kinema.policy.text.normalise import readings
from kinema.provenance.registry import open_registry

_WITH_ELECTION_LAW = ("KR", "US-MN", "US-TX")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was found, and how it is explained to the user."""

    context: dict[str, Any]
    flags: tuple[Flag, ...]
    persons: tuple[str, ...]
    receipts: tuple[str, ...]
    notes: dict[str, str] = field(default_factory=dict)
    """Of members of the context's sets: what is amiss with them."""

    def shown(self, fact: str) -> str:
        """The members of a set, with their notes; of `flag:NAME`, the words that raised it."""
        if fact.startswith("flag:"):
            words = [word for flag in self.flags if flag.name == fact[5:] for word in flag.words]
            return ", ".join(map(repr, words))
        members = sorted(self.context.get(fact, ()))
        return ", ".join(f"{m} ({self.notes[m]})" if m in self.notes else m for m in members)


def flags_of(request: Request, config: Config) -> tuple[Flag, ...]:
    """What the words ask for, by the lists and a classifier if there is one. Raises `PolicyError`, `ValueError`."""
    found = {flag.name: flag for flag in moderate(request.text)}
    if config.moderation_url:
        for flag in classify(request.text, config.moderation_url):
            found.setdefault(flag.name, flag)
    return tuple(found.values())


def persons_of(request: Request, settings: Settings) -> tuple[str, ...]:
    """Real persons whom the request shows: marked, or named in words."""
    marked = [*request.persons, *(name for asset in request.assets for name in asset.likeness)]
    named = [name for reading in readings(request.text) for name in settings.figures.all_in(reading)]
    return tuple(dict.fromkeys([*marked, *(name.title() for name in named)]))


def facts_of(
    request: Request, flags: tuple[Flag, ...], persons: tuple[str, ...], settings: Settings, config: Config
) -> Facts:
    """Everything else that rules ask. Raises `KinemaError` where something cannot be found out."""
    store = ConsentStore(config.consent, config.keys)
    notes: dict[str, str] = {}
    receipts = _consents(request, persons, store, notes)
    waiting = (
        held(request.plates, [*request.receipts, *store.tokens()], store, request) if request.plates else {}
    )
    notes |= waiting
    context = {
        "flags": [flag.name for flag in flags],
        "subjects": _subjects(request, settings),
        "persons": list(persons),
        "unconsented": [person for person in persons if person not in receipts],
        "held": list(waiting),
        "taken_down": _taken_down(request, config),
        "width": request.width,
        "height": request.height,
        "frames": request.frames,
        "milliseconds": request.milliseconds,
        "look": request.look,
        "open_weights": request.look.startswith("diffusers:"),
        **_licences(request.assets, notes),
        "use": request.purpose.use,
        "project": request.purpose.project,
        "territories": list(request.purpose.territories),
        "anywhere": not request.purpose.territories,
        **_elections(request, settings),
        "today": {"__extn": {"fn": "datetime", "arg": request.day.isoformat()}},
    }
    ids = tuple(dict.fromkeys(receipts.values()))
    return Facts(context=context, flags=flags, persons=persons, receipts=ids, notes=notes)


def _consents(
    request: Request, persons: Iterable[str], store: ConsentStore, notes: dict[str, str]
) -> dict[str, str]:
    """Receipt ids by person, of those whose receipt holds; `notes` learns why others have none."""
    receipts: dict[str, str] = {}
    for person in persons:
        wanted = Wanted(
            person=person,
            modality="training" if request.act == "train" else "likeness",
            purpose=request.purpose,
            day=request.day,
        )
        consent = find(store, [*request.receipts, *store.tokens()], wanted)
        if consent.receipt:
            receipts[person] = consent.receipt.id
        else:
            notes[person] = consent.why_not
    return receipts


def _taken_down(request: Request, config: Config) -> list[str]:
    """The clip, if the registry withholds it. Only what was made here is asked for: asking makes no registry."""
    if not request.clip:
        return []
    with open_registry(config) as registry:
        return [request.clip] if registry.taken_down(int(request.clip, 16)) else []


def _subjects(request: Request, settings: Settings) -> list[str]:
    lines = readings(request.text)
    return [name for name, words in settings.subjects.items() if any(words.found_in(line) for line in lines)]


def _licences(assets: Sequence[AssetUse], notes: dict[str, str]) -> dict[str, list[str]]:
    read: dict[str, Licence] = {}
    misnamed = []
    for asset in assets:
        try:
            if asset.licence:
                read[asset.name] = read_licence(asset.licence)
        except ValueError as error:
            if asset.kind == "file":  # weights carry the words of their model card, which are seldom SPDX
                misnamed.append(asset.name)
                notes[asset.name] = str(error)
    return {
        "licences": sorted({name for licence in read.values() for name in licence.names}),
        "assets": [asset.name for asset in assets],
        "unlicensed": [asset.name for asset in assets if not asset.licence],
        "misnamed": misnamed,
        "noncommercial": [name for name, licence in read.items() if licence.noncommercial],
        "no_derivatives": [name for name, licence in read.items() if licence.no_derivatives],
        "not_for_training": [asset.name for asset in assets if asset.training != "allowed"],
        "altered": [asset.name for asset in assets if asset.altered],
    }


def _elections(request: Request, settings: Settings) -> dict[str, list[str]]:
    """Where territories are not stated, those whose law knows a period before elections stand for all."""
    asked = request.purpose.territories or _WITH_ELECTION_LAW
    return {
        f"election_within_{days}": sorted(near(asked, request.day, days, settings.elections))
        for days in (30, 90)
    }
