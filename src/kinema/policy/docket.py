"""Takedowns of the registry's clips: each a `Takedown`, kept as notices, the newest of which says how it stands.

A clip is withheld as long as one of its cases withholds it: `Registry.taken_down` asks for the last notice that is a
`takedown` or `restored`, so `restored` is written only when no other case does. Every other step is an `audit`. Copies
that went with a clip get the same notices.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kinema.errors import UsageError
from kinema.policy.takedown import FORMAT, Event, Ground, Step, Takedown
from kinema.provenance.registry import Entry, Notice, Registry
from kinema.provenance.registry.entry import NoticeKind


@dataclass(frozen=True)
class Docket:
    """The cases of a registry."""

    registry: Registry

    def cases(self, clip: str) -> list[Takedown]:
        """Those that bear on a clip, oldest first, as they stand; also those of a clip that it is a copy of."""
        found: dict[str, Takedown] = {}
        for record in self.registry.notices(clip):
            if isinstance(record.content, Notice) and (case := _read(record.content.statement)):
                found[case.id] = case
        return list(found.values())

    def take_down(
        self, clip: str, ground: Ground, *, by: str, now: datetime, note: str = "", copies: Sequence[str] = ()
    ) -> Takedown:
        """A notice that is followed at once: the clip, and the copies that are named, are withheld from now on. `by` is
        a reference of who gave notice, no name. Raises `UsageError` for a clip that is not in the registry."""
        for one in (clip, *copies):
            self.entry(one)
        number = 1 + sum(case.clip == clip for case in self.cases(clip))
        case = Takedown(id=f"{clip}.{number}", clip=clip, ground=ground)
        case = case.then(Event(step=Step.NOTICED, at=now, by=by, note=note))
        case = case.then(Event(step=Step.REMOVED, at=now, by=by, copies=tuple(copies)))
        self._write(case)
        return case

    def proceed(self, name: str, step: Step, *, by: str, now: datetime, note: str = "") -> Takedown:
        """The next step of a case, by its id or, where it is the only one, by its clip. Raises `UsageError` if there is
        none, `PolicyError` for a step that may not follow, or not yet."""
        case = self._named(name).then(Event(step=step, at=now, by=by, note=note))
        self._write(case)
        return case

    def entry(self, clip: str) -> Entry:
        """The registered clip of this id. Raises `UsageError` if it is not ours."""
        try:
            record = self.registry.by_id(int(clip, 16)) if len(clip) == 16 and int(clip, 16) else None
        except ValueError:
            record = None
        if record is None or not isinstance(record.content, Entry):
            raise UsageError("clip", "must be one of the registry, by sixteen hex digits", got=repr(clip),
                             next_step="take.json has it, under origin.")  # fmt: skip
        return record.content

    def _named(self, name: str) -> Takedown:
        clip = name.partition(".")[0]
        own = [case for case in self.cases(clip) if case.clip == clip]
        found = [case for case in own if name in (case.id, clip)]
        if len(found) != 1:
            raise UsageError("takedown", "must be one case", got=repr(name),
                             next_step=f"Of this clip: {', '.join(case.id for case in own) or 'none'}.")  # fmt: skip
        return found[0]

    def _write(self, case: Takedown) -> None:
        statement = json.dumps(case.as_record(), ensure_ascii=False)
        for clip in dict.fromkeys((case.clip, *(copy for event in case.events for copy in event.copies))):
            self.registry.record(Notice(kind=self._kind(case, clip), subject=clip, statement=statement))

    def _kind(self, case: Takedown, clip: str) -> NoticeKind:
        if case.state is Step.REMOVED:
            return "takedown"
        others = any(other.withheld for other in self.cases(clip) if other.id != case.id)
        return "restored" if case.state is Step.RESTORED and not others else "audit"


def _read(statement: str) -> Takedown | None:
    """A case, if the statement is one: notices may be in words. Raises `PolicyError` for one that breaks the rules."""
    try:
        said = json.loads(statement)
    except ValueError:
        return None
    return Takedown.from_record(said) if isinstance(said, dict) and said.get("schema") == FORMAT else None
