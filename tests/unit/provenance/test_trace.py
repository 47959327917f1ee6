"""Words of a trace: probabilities never rounded down, geometry read as what was done, one verdict for each evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinema.diffusion.given import Given, Placed
from kinema.diffusion.open_weights.options import Options
from kinema.job import Job
from kinema.media.distance import Distance
from kinema.provenance.fingerprint.fingerprint import Fingerprint, cut_outs, window_of
from kinema.provenance.fingerprint.pdq import cosines, distance, packed
from kinema.provenance.manifest.facts import Size, TakeFacts
from kinema.provenance.manifest.facts import Verdict as Verdict_
from kinema.provenance.manifest.inspection import Failure, Inspection, Manifest, Signer
from kinema.provenance.registry import Entry
from kinema.provenance.registry.registry import Record
from kinema.provenance.registry.search import Match
from kinema.provenance.trace.likeness import Likeness
from kinema.provenance.trace.lines import lines_of
from kinema.provenance.trace.mark import Mark
from kinema.provenance.trace.overlay import Overlay
from kinema.provenance.trace.verdict import Evidence, Verdict, judge, statement
from kinema.provenance.trace.words import explain, power
from kinema.provenance.watermark.geometry import placed, similarity
from kinema.reproduce import Reproduction

A, B = 0xA, 0xB
NONE = Inspection("none", (), "embedded", None, ())
SIGNER = Signer("kinema", "kinema", 7, "ours")
ENTRY = Entry(id=A, manifest_id="urn:c2pa:a", manifest=b"m", clip_hash=bytes(32), fingerprint=b"")


def mark(
    *, p: float = -30, degrees: float = 0, scale: float = 0.5, mirrored: bool = False, lines: float = 240
) -> Mark:
    geometry = placed(similarity(scale, degrees, mirrored=mirrored), np.zeros(2))
    return Mark(
        id=f"{A:016x}",
        log10_p=p,
        generation=0,
        known=False,
        frames=24,
        geometry=geometry,
        side=480,
        lines=lines / geometry.scale,
    )


def evidence(**changes: Any) -> Evidence:
    """Of a stripped clip that everything recognises, but for the changes."""
    whole = Evidence(
        manifest=NONE,
        mark=mark(),
        likeness=Likeness(64, (Match(A, 1.0, 8, 0.0, ""),)),
        claimed=f"{A:016x}",
        row=Record(0, "2026-01-01T00:00:00+00:00", ENTRY),
        overlay=Overlay(50, 12.0, 0.5, 0.5),
        nearness=None,
        recovered=None,
        taken_down=False,
    )
    return replace(whole, **changes)


def manifest(state: Any, standing: Any = "ours") -> Inspection:
    made = Manifest("urn:c2pa:a", "kinema", replace(SIGNER, standing=standing), "", "", (), None, ())
    failures = () if state == "trusted" else (Failure("assertion.bmffHash.mismatch", ""),)
    return Inspection(state, failures, "embedded", made, ())


ELSEWHERE = Overlay(50, 115.0, 0.5, 0.5)
NOTHING = Likeness(64, ())
LOST: dict[str, Any] = {"mark": mark(p=0), "claimed": ""}


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, Verdict.RECOVERED, "metadata stripped; recovered by watermark (p = 1e-30)"),
        ({"manifest": manifest("trusted")}, Verdict.SIGNED, "signature valid"),
        ({"manifest": manifest("trusted", "another's")}, Verdict.ANOTHERS, "not ours; signature valid"),
        ({"manifest": manifest("invalid")}, Verdict.ALTERED, "not as signed by kinema (ours)"),
        (
            LOST | {"manifest": manifest("invalid", "another's"), "overlay": None},
            Verdict.ALTERED,
            "recovered by fingerprint (score 1.00",
        ),
        ({"likeness": NOTHING}, Verdict.RECOVERED, "re-encoded (12 of 256 bits differ)"),
        ({"mark": mark(scale=0.5 / 0.71)}, Verdict.RECOVERED, "cropped to 71 % of its side, re-encoded"),
        ({"likeness": NOTHING, "overlay": ELSEWHERE}, Verdict.TRANSPLANTED, "looks like no clip of ours"),
        (
            {"likeness": Likeness(64, (Match(B, 0.9, 8, 0.0, ""),)), "overlay": None},
            Verdict.TRANSPLANTED,
            "it looks like clip 000000000000000b (score 0.90)",
        ),
        (
            {"manifest": manifest("invalid"), "mark": mark(p=0), "likeness": NOTHING, "overlay": None},
            Verdict.TRANSPLANTED,
            "carries our manifest of clip",
        ),
        (
            {"likeness": NOTHING, "overlay": None},
            Verdict.UNCONFIRMED,
            "nothing is seen that could be compared",
        ),
        ({"likeness": NOTHING, "overlay": None, "row": None}, Verdict.UNCONFIRMED, "does not know that clip"),
        (
            LOST | {"overlay": None},
            Verdict.RECOVERED,
            "by fingerprint (score 1.00 over 8 quarter seconds; no watermark",
        ),
        (
            LOST | {"likeness": NOTHING, "row": None, "overlay": None},
            Verdict.UNKNOWN,
            "not ours; no watermark of ours (p = 1)",
        ),
        (
            LOST | {"mark": None, "likeness": Likeness(0, ()), "row": None, "overlay": None},
            Verdict.UNKNOWN,
            "too small for a watermark",
        ),
        (
            LOST
            | {
                "manifest": manifest("invalid", "another's"),
                "likeness": NOTHING,
                "row": None,
                "overlay": None,
            },
            Verdict.ALTERED,
            "not as signed by kinema (another's)",
        ),
    ],
)
def test_verdicts(changes: dict[str, Any], verdict: Verdict, words: str) -> None:
    seen = evidence(**changes)
    assert judge(seen) is verdict
    assert words in explain(verdict, seen)
    assert [layer for layer, _ in lines_of(seen)] == [
        "manifest",
        "watermark",
        "fingerprint",
        "laid over",
        "registry",
    ]


def test_whose_statement_is_believed() -> None:
    facts = TakeFacts(
        id=f"{A:016x}",
        drawn_by="preview",
        renderer="preview",
        engine="rapier",
        shot="0" * 64,
        tape="0" * 64,
        clip="0" * 64,
        seeds={},
        versions={},
        verdict=Verdict_(passed=True, checks=1),
    )

    def said(state: Any, standing: Any, *codes: str) -> Inspection:
        made = manifest(state, standing)
        assert made.manifest is not None
        failures = tuple(Failure(code, "") for code in codes)
        return replace(made, failures=failures, manifest=replace(made.manifest, take=facts))

    moved, ended, unknown = (
        "assertion.bmffHash.mismatch",
        "signingCredential.expired",
        "signingCredential.untrusted",
    )
    assert statement(said("trusted", "ours")) is facts
    assert statement(said("invalid", "ours", moved)) is facts
    assert statement(said("untrusted", "ours", ended, unknown)) is facts
    assert statement(said("untrusted", "ours", unknown)) is None  # our serial number, and not our root
    assert statement(said("invalid", "ours", "assertion.hashedURI.mismatch")) is None
    assert statement(said("trusted", "another's")) is None
    assert statement(said("invalid", "ours, revoked", moved)) is None
    assert statement(NONE) is None
    assert statement(None) is None


def test_only_what_is_known_and_whole_is_an_origin() -> None:
    found = {verdict for verdict in Verdict if verdict.origin_found}
    assert found == {Verdict.SIGNED, Verdict.ANOTHERS, Verdict.RECOVERED}


def test_taken_down_is_said_whatever_the_verdict() -> None:
    for changes in ({}, {"manifest": manifest("trusted")}, {"likeness": NOTHING, "overlay": ELSEWHERE}):
        seen = evidence(taken_down=True, **changes)
        assert "TAKEN DOWN" in explain(judge(seen), seen)


@given(st.floats(-400, 0))
def test_a_probability_is_never_said_to_be_smaller(log10_p: float) -> None:
    digits, _, exponent = power(log10_p).partition("e")
    said = np.log10(float(digits)) + float(exponent or 0)
    # Two digits near 1, rounded either way; one below a thousandth, rounded up: at most twice too much.
    assert log10_p - 0.03 <= said <= log10_p + 0.31
    if log10_p <= -3:
        assert said >= log10_p - 1e-9


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({}, ()),
        ({"degrees": 10}, ("rotated by 10.0°",)),
        ({"degrees": -7}, ("rotated by -7.0°",)),
        ({"degrees": 90}, ("turned by 90°",)),
        ({"degrees": -90}, ("turned by -90°",)),
        ({"degrees": 180}, ("turned by 180°",)),
        ({"mirrored": True}, ("mirrored",)),
        ({"scale": 0.5 / 0.71}, ("cropped to 71 % of its side",)),
        ({"scale": 0.4}, ("set in a frame 25 % larger",)),
    ],
)
def test_geometry_in_words(how: dict[str, Any], words: tuple[str, ...]) -> None:
    assert mark(**how).changes == words


def test_scale_in_words() -> None:
    assert mark().scaled(480) == ""
    assert mark().scaled(720) == "scaled to 67 %"
    assert mark(scale=0.5 / 0.71).scaled(round(480 / 0.71)) == ""  # cut out, and not scaled


def test_stretch_in_words() -> None:
    bent = placed(np.diag([0.55, 0.5]), np.zeros(2))
    assert "stretched by 10 %" in replace(mark(), geometry=bent).changes


@pytest.mark.parametrize("shape", [(270, 480), (480, 270), (300, 300)])
def test_windows_are_those_that_are_hashed(shape: tuple[int, int]) -> None:
    """`window_of` says where `cut_outs` cut: hashing there gives the same bits."""
    luma = np.random.default_rng(3).normal(128, 40, shape).cumsum(1).astype(np.float32)
    for view, hash_ in zip(*cut_outs(luma), strict=True):
        left, top, wide, high = window_of(int(view), shape[1] / shape[0])
        there = packed(cosines(shape[0], top, high) @ luma @ cosines(shape[1], left, wide).T)
        assert int(distance(there, hash_)) <= 2, view  # the same window, up to a float's rounding


def test_an_empty_fingerprint_cannot_be_laid_over(tmp_path: Any) -> None:
    from kinema.provenance.trace.overlay import overlay

    assert (
        overlay(
            tmp_path / "never read", mark(), Fingerprint.from_bytes(b"").to_bytes(), Size(width=4, height=3)
        )
        is None
    )


@pytest.mark.parametrize(
    ("distance_", "agrees"),
    [
        (Distance(frames=24, psnr=np.inf, greatest=0), True),
        (Distance(frames=24, psnr=45.1, greatest=9), True),
        (Distance(frames=24, psnr=44.9, greatest=9), False),
        (Distance(frames=0, psnr=0.0, greatest=255), False),
    ],
)
def test_a_reproduction_needs_tape_and_pictures(distance_: Distance, *, agrees: bool) -> None:
    made = Reproduction(
        id="a",
        same_shot=True,
        same_tape=True,
        same_request=True,
        distance=distance_,
        versions={"numpy": ("1", "2")},
    )
    assert made.equal is agrees
    assert not replace(made, same_tape=False).equal
    assert not replace(made, same_shot=False).equal
    assert ("versions", "numpy 2 (was 1)") in made.lines
    assert made.as_dict()["psnr"] != np.inf  # JSON has no infinity


def test_a_job_comes_back_from_take_json() -> None:
    job = Job(
        quality="draft",
        frames=(2, 9),
        open_weights=Options(steps=4),
        given=Given(pictures=(Placed(file="a.png", at=-1),), strength=0.5),
    )
    asked = json.loads(json.dumps(job.asked(world="w", label=None)))
    assert Job.of(asked) == job
    assert Job.of({}) == Job()
