"""Takedowns in the registry: a clip is withheld exactly as long as one of its cases withholds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinema.errors import PolicyError, UsageError
from kinema.policy.docket import Docket
from kinema.policy.takedown import Ground, Step
from kinema.provenance.keys import open_keyring
from kinema.provenance.log.checkpoint import LogKey, log_key
from kinema.provenance.registry import Entry, Notice, Registry

START = datetime(2026, 11, 26, 12, tzinfo=UTC)  # a Thursday
CLIPS = [f"{number:016x}" for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> LogKey:
    return log_key(open_keyring(tmp_path_factory.mktemp("log") / "keys").keyring.checkpoint)


def filled(folder: Path, key: LogKey) -> Registry:
    registry = Registry.open(folder / "registry.sqlite", key)
    for clip in CLIPS:
        registry.register(
            Entry(id=int(clip, 16), manifest_id=f"urn:c2pa:{clip}", manifest=b"m", clip_hash=bytes(32), fingerprint=b"")
        )  # fmt: skip
    return registry


@pytest.fixture
def docket(tmp_path: Path, key: LogKey) -> Iterator[Docket]:
    with filled(tmp_path, key) as registry:
        yield Docket(registry)


def withheld(docket: Docket) -> list[bool]:
    return [docket.registry.taken_down(int(clip, 16)) for clip in CLIPS]


def test_a_clip_and_the_copies_that_are_named_go_and_come_back(docket: Docket) -> None:
    case = docket.take_down(CLIPS[0], Ground.COPYRIGHT, by="case 7", now=START, copies=[CLIPS[2]])
    assert case.id == f"{CLIPS[0]}.1"
    assert withheld(docket) == [True, False, True]
    assert docket.cases(CLIPS[0]) == docket.cases(CLIPS[2]) == [case]
    case = docket.proceed(CLIPS[0], Step.COUNTERED, by="case 7", now=START + timedelta(days=1))
    assert case.may_return is not None
    with pytest.raises(PolicyError, match="must not return before"):
        docket.proceed(case.id, Step.RESTORED, by="case 7", now=START + timedelta(days=2))
    assert withheld(docket) == [True, False, True]
    docket.proceed(case.id, Step.RESTORED, by="case 7", now=case.may_return[0])
    assert withheld(docket) == [False, False, False]


def test_another_case_goes_on_withholding(docket: Docket) -> None:
    """A counter-notice to one notice is no answer to the other."""
    one = docket.take_down(CLIPS[0], Ground.LIKENESS, by="case 1", now=START)
    two = docket.take_down(CLIPS[0], Ground.INTIMATE, by="case 2", now=START)
    with pytest.raises(UsageError, match="one case"):
        docket.proceed(CLIPS[0], Step.COUNTERED, by="case 1", now=START)
    with pytest.raises(PolicyError, match="final for this ground"):
        docket.proceed(two.id, Step.COUNTERED, by="case 2", now=START)
    docket.proceed(one.id, Step.COUNTERED, by="case 1", now=START)
    assert not docket.proceed(one.id, Step.RESTORED, by="case 1", now=START).withheld
    assert withheld(docket)[0]


@pytest.mark.parametrize("clip", ["", "1", "0" * 16, "f" * 16, "x" * 16, f"{CLIPS[0]}.1"])
def test_what_is_no_clip_of_ours_is_refused(docket: Docket, clip: str) -> None:
    for copies in ([], [clip]):
        with pytest.raises(UsageError, match="must be one of the registry"):
            docket.take_down(CLIPS[0] if copies else clip, Ground.MINOR, by="x", now=START, copies=copies)
    assert withheld(docket) == [False, False, False]


def test_notices_in_words_are_no_cases(docket: Docket) -> None:
    for statement in ("because", "[]", '{"schema": "other"}'):
        docket.registry.record(Notice(kind="audit", subject=CLIPS[0], statement=statement))
    assert docket.cases(CLIPS[0]) == []


_clips = st.sampled_from(CLIPS)
acts = st.tuples(st.sampled_from([None, *Step]), _clips, st.sampled_from(list(Ground)), st.sets(_clips))


@settings(max_examples=40)  # each writes a registry of its own, to the disk
@given(st.lists(acts, max_size=8))
def test_withheld_is_what_the_cases_say(
    tmp_path_factory: pytest.TempPathFactory,
    key: LogKey,
    told: list[tuple[Step | None, str, Ground, set[str]]],
) -> None:
    """Whatever is told in whatever order, the registry's one bit is that some case withholds the clip."""
    now = START
    with filled(tmp_path_factory.mktemp("docket"), key) as registry:
        docket = Docket(registry)
        for step, clip, ground, copies in told:
            now += timedelta(days=20)  # later than any return
            with suppress(PolicyError, UsageError):
                if step is None:
                    docket.take_down(clip, ground, by="x", now=now, copies=sorted(copies))
                else:
                    docket.proceed(f"{clip}.1", step, by="x", now=now)
            assert withheld(docket) == [any(case.withheld for case in docket.cases(one)) for one in CLIPS]
