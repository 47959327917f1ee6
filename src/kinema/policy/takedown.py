"""Notices to take a clip down, and what must follow by when. The registry stores them; the rules are here.

Clock: an intimate picture without consent, and its known copies, within 48 hours of a valid notice (TAKE IT DOWN Act,
section 3). Kinema holds every notice to that. A counter-notice is open to whoever made the clip, but not against
notices of intimate pictures or minors; after one to a notice of copyright the clip comes back 10 to 14 business days
later, unless the one who gave notice goes to court (17 U.S.C. 512(g)).

A record is a list of events; what it is now follows from them. Events are frozen, and hold no name: who gave notice
is known by a reference that the house keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from kinema.errors import PolicyError

FORMAT: Final = "kinema.takedown/1"
CLOCK: Final = timedelta(hours=48)
RESTORE_AFTER: Final = 10
"""Business days between a counter-notice and the earliest return."""
RESTORE_BY: Final = 14


class Ground(StrEnum):
    """Why."""

    INTIMATE = "intimate picture without consent"
    MINOR = "sexual content with a minor"
    LIKENESS = "likeness without consent"
    COPYRIGHT = "copyright"
    DECEPTION = "deception"


class Step(StrEnum):
    """What happened."""

    NOTICED = "noticed"
    REJECTED = "rejected"
    REMOVED = "removed"
    COUNTERED = "countered"
    SUED = "sued"
    RESTORED = "restored"


_FINAL_GROUNDS: Final = (Ground.INTIMATE, Ground.MINOR)
_MAY_FOLLOW: Final = {
    None: {Step.NOTICED},
    Step.NOTICED: {Step.REJECTED, Step.REMOVED},
    Step.REJECTED: {Step.NOTICED},
    Step.REMOVED: {Step.COUNTERED},
    Step.COUNTERED: {Step.SUED, Step.RESTORED, Step.REJECTED},
    Step.SUED: {Step.RESTORED},
    Step.RESTORED: {Step.NOTICED},
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step of a record."""

    step: Step
    at: datetime
    """With its zone."""
    by: str
    """Reference of who did it, in the house's own files; no name."""
    note: str = ""
    copies: tuple[str, ...] = ()
    """Of a removal: ids of known copies that went with it."""


@dataclass(frozen=True, kw_only=True)
class Takedown:
    """One notice against one clip, from first to last."""

    id: str
    clip: str
    """The clip's id in the registry."""
    ground: Ground
    events: tuple[Event, ...] = ()

    @property
    def state(self) -> Step | None:
        """The last step."""
        return self.events[-1].step if self.events else None

    @property
    def withheld(self) -> bool:
        """Whether the clip must not be handed out now."""
        removed = False
        for event in self.events:
            if event.step in (Step.REMOVED, Step.RESTORED):
                removed = event.step is Step.REMOVED
        return removed

    @property
    def due(self) -> datetime | None:
        """When the clip and its known copies must be gone; None unless a notice is open."""
        return self.events[-1].at + CLOCK if self.state is Step.NOTICED else None

    def overdue(self, now: datetime) -> bool:
        """Whether an open notice has run out."""
        return self.due is not None and now > self.due

    @property
    def may_return(self) -> tuple[datetime, datetime] | None:
        """Earliest and latest moment of return after a counter-notice."""
        if self.state is not Step.COUNTERED:
            return None
        at = self.events[-1].at
        return business_days_after(at, RESTORE_AFTER), business_days_after(at, RESTORE_BY)

    def then(self, event: Event) -> Takedown:
        """The record with one more event. Raises `PolicyError` for a step that may not follow, or not yet."""
        if event.at.tzinfo is None:
            raise self._refused("must have a moment with its time zone", event.at)
        if self.events and event.at < self.events[-1].at:
            raise self._refused(
                f"must not go back before {self.events[-1].at.isoformat()}", event.at.isoformat()
            )
        if event.step not in _MAY_FOLLOW[self.state]:
            open_ = ", ".join(sorted(_MAY_FOLLOW[self.state]))
            raise self._refused(f"must be one of {open_} after {self.state or 'nothing'}", event.step)
        if event.step is Step.COUNTERED and self.ground in _FINAL_GROUNDS:
            raise self._refused("is final for this ground", f"a counter-notice to {self.ground}")
        window = self.may_return
        if (
            event.step is Step.RESTORED
            and window
            and self.ground is Ground.COPYRIGHT
            and event.at < window[0]
        ):
            raise self._refused(f"must not return before {window[0].isoformat()}", event.at.isoformat())
        return Takedown(id=self.id, clip=self.clip, ground=self.ground, events=(*self.events, event))

    def as_record(self) -> dict[str, Any]:
        """Plain values, for the registry and its log."""
        return {
            "schema": FORMAT,
            "id": self.id,
            "clip": self.clip,
            "ground": self.ground.value,
            "events": [
                {
                    "step": event.step.value,
                    "at": event.at.isoformat(),
                    "by": event.by,
                    "note": event.note,
                    "copies": list(event.copies),
                }
                for event in self.events
            ],
        }

    @staticmethod
    def from_record(record: dict[str, Any]) -> Takedown:
        """Read what `as_record` wrote, holding every event to the rules again. Raises `PolicyError`."""
        try:
            if record["schema"] != FORMAT:
                raise ValueError(f"schema {record['schema']!r}")
            takedown = Takedown(
                id=str(record["id"]), clip=str(record["clip"]), ground=Ground(record["ground"])
            )
            events = [
                Event(
                    step=Step(said["step"]),
                    at=datetime.fromisoformat(said["at"]),
                    by=str(said["by"]),
                    note=str(said["note"]),
                    copies=tuple(map(str, said["copies"])),
                )
                for said in record["events"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise PolicyError("a takedown record", f"must be of schema {FORMAT}", got=repr(error)[:160],
                              next_step="Read it from the registry again.") from error  # fmt: skip
        for event in events:
            takedown = takedown.then(event)
        return takedown

    def _refused(self, rule: str, got: object) -> PolicyError:
        return PolicyError(
            f"takedown {self.id}", rule, got=got, next_step="docs/policy.md shows the steps in order."
        )


def business_days_after(moment: datetime, days: int) -> datetime:
    """So many Mondays to Fridays on, at the same time of day. Holidays of no country are known: they would make the
    earliest return later, so a house that has them waits longer."""
    while days:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment
