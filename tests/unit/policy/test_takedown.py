"""Takedown records: the clock, the order of steps, and who may answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.errors import PolicyError
from kinema.policy.takedown import CLOCK, Event, Ground, Step, Takedown, business_days_after

START = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday


def record(
    ground: Ground = Ground.COPYRIGHT, *steps: Step, apart: timedelta = timedelta(hours=1)
) -> Takedown:
    found = Takedown(id="t1", clip="c1", ground=ground)
    for i, step in enumerate(steps):
        found = found.then(
            Event(step=step, at=START + i * apart, by="case 7", copies=("c2",) * (step == Step.REMOVED))
        )
    return found


def test_the_clock_is_forty_eight_hours() -> None:
    noticed = record(Ground.INTIMATE, Step.NOTICED)
    assert noticed.due == START + CLOCK == datetime(2026, 11, 28, 12, tzinfo=UTC)
    assert not noticed.overdue(START + CLOCK)
    assert noticed.overdue(START + CLOCK + timedelta(seconds=1))
    removed = record(Ground.INTIMATE, Step.NOTICED, Step.REMOVED)
    assert removed.due is None
    assert not removed.overdue(START + timedelta(days=99))
    assert removed.withheld
    assert removed.events[-1].copies == ("c2",)


@pytest.mark.parametrize("ground", [Ground.INTIMATE, Ground.MINOR])
def test_no_counter_notice_where_the_harm_is_final(ground: Ground) -> None:
    with pytest.raises(PolicyError, match="final"):
        record(ground, Step.NOTICED, Step.REMOVED, Step.COUNTERED)


def test_a_clip_comes_back_between_ten_and_fourteen_business_days_later() -> None:
    """From a Thursday: ten business days end on the Thursday two weeks on, fourteen on the Wednesday after it."""
    countered = record(Ground.COPYRIGHT, Step.NOTICED, Step.REMOVED, Step.COUNTERED)
    at = countered.events[-1].at
    assert countered.may_return == (at + timedelta(days=14), at + timedelta(days=20))
    early = Event(step=Step.RESTORED, at=at + timedelta(days=13), by="x")
    with pytest.raises(PolicyError, match="must not return before"):
        countered.then(early)
    back = countered.then(Event(step=Step.RESTORED, at=at + timedelta(days=14), by="x"))
    assert not back.withheld


@given(st.integers(0, 60), st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)))
def test_business_days_against_counting(days: int, moment: datetime) -> None:
    end = business_days_after(moment, days)
    between = (moment + timedelta(days=i) for i in range(1, (end - moment).days + 1))
    assert sum(day.weekday() < 5 for day in between) == days


@pytest.mark.parametrize(
    "steps",
    [
        (Step.REMOVED,),
        (Step.NOTICED, Step.RESTORED),
        (Step.NOTICED, Step.NOTICED),
        (Step.NOTICED, Step.REMOVED, Step.REMOVED),
        (Step.NOTICED, Step.REJECTED, Step.REMOVED),
    ],
)
def test_steps_come_in_order(steps: tuple[Step, ...]) -> None:
    with pytest.raises(PolicyError, match="must be one of"):
        record(Ground.LIKENESS, *steps)


def test_time_has_a_zone_and_does_not_go_back() -> None:
    with pytest.raises(PolicyError, match="zone"):
        record().then(Event(step=Step.NOTICED, at=datetime(2026, 11, 26), by="x"))
    with pytest.raises(PolicyError, match="go back"):
        record(Ground.LIKENESS, Step.NOTICED).then(
            Event(step=Step.REMOVED, at=START - timedelta(seconds=1), by="x")
        )


def test_a_rejected_counter_notice_leaves_the_clip_withheld() -> None:
    assert record(Ground.LIKENESS, Step.NOTICED, Step.REMOVED, Step.COUNTERED, Step.REJECTED).withheld


def test_a_record_is_read_back() -> None:
    whole = record(Ground.LIKENESS, Step.NOTICED, Step.REMOVED, Step.COUNTERED, Step.SUED)
    assert Takedown.from_record(json.loads(json.dumps(whole.as_record()))) == whole


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "kinema.takedown/2"},
        {"ground": "dislike"},
        {"events": [{"step": "noticed"}]},
        {"events": [{"step": "removed", "at": START.isoformat(), "by": "x", "note": "", "copies": []}]},
        {"events": [{"step": "noticed", "at": "yesterday", "by": "x", "note": "", "copies": []}]},
        {"events": 3},
    ],
)
def test_a_record_that_breaks_the_rules_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        Takedown.from_record({**record(Ground.LIKENESS, Step.NOTICED).as_record(), **change})
