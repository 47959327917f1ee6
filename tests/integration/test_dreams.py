"""Dreams with the weights that ship, as the examples make them: what is given shows, and none is called simulated."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from kinema.diffusion.given import Given, Placed
from kinema.diffusion.manifest import PAINTER
from kinema.diffusion.plates import hashes_of
from kinema.media.decode import read_frames

ROOT = Path(__file__).parents[2]
DREAMS = ("after", "longer", "earlier", "between", "round", "edited", "mended")


@pytest.fixture(scope="module")
def takes(tmp_path_factory) -> Path:
    """`examples/dreams.sh`, run as its first line says, on pictures of a quarter of the size."""
    folder = tmp_path_factory.mktemp("dreams")
    shutil.copytree(ROOT / "examples", folder / "examples")
    script = folder / "examples/dreams.sh"
    script.write_text(script.read_text("utf-8").replace("192x128", "96x64"), "utf-8")
    kinema = folder / "bin/kinema"
    kinema.parent.mkdir()
    kinema.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m kinema.cli "$@"\n', "utf-8")
    kinema.chmod(0o755)
    path = f"{kinema.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "examples/dreams.sh"],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3, done.stderr
    return folder


def frames_of(take: Path) -> np.ndarray:
    return np.stack(list(read_frames(take / "clip.mp4"))).astype(np.float32)


def unlike(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference, in codes."""
    return float(np.abs(one - other).mean())


def test_every_use_makes_a_clip_that_is_not_called_simulated(takes):
    for name in DREAMS:
        take = takes / f"{name}.take"
        assert len(frames_of(take)) == 24
        report = json.loads((take / "report.json").read_text("utf-8"))
        verdicts = {found["check"]: found["verdict"] for found in report["findings"]}
        assert verdicts["driven"] == "fail", name


def test_what_was_given_is_recorded_by_its_hash(takes, monkeypatch):
    monkeypatch.chdir(takes)
    record = json.loads(Path("mended.take/take.json").read_text("utf-8"))
    given = Given(pictures=(Placed(file="fall.take/clip.mp4"),), strength=1.0, mask="examples/mask.png")
    weights, *plates = record["ingredients"]
    assert weights["pipeline"] == PAINTER
    assert {part["name"]: part["sha256"] for part in plates} == hashes_of(given)
    assert record["asked"]["given"] == json.loads(json.dumps(asdict(given)))


def test_given_frames_come_back_in_their_places(takes):
    """Up to the codec and the decoder: nearer to the same frame of the film than to the later one."""
    film, later = frames_of(takes / "fall.take"), frames_of(takes / "later.take")
    longer, earlier, between = (frames_of(takes / f"{n}.take") for n in ("longer", "earlier", "between"))
    assert unlike(longer[:17], film) < unlike(longer[:17], later[:1])
    assert unlike(earlier[-15:], film[-15:]) < unlike(earlier[-15:], later[:1])
    assert unlike(between[0], film[8]) < unlike(between[0], later[4])
    assert unlike(between[-1], later[4]) < unlike(between[-1], film[8])


def test_a_loop_closes(takes):
    """Its last frame is nearer to its first than that of a clip from the same still without a loop."""
    round_, after = frames_of(takes / "round.take"), frames_of(takes / "after.take")
    assert unlike(round_[-1], round_[0]) < unlike(after[-1], after[0])


def test_a_mask_keeps_what_is_black(takes):
    """The left third is far from the hole; the middle of the hole is dreamt."""
    film, mended = frames_of(takes / "fall.take"), frames_of(takes / "mended.take")[:17]
    longer = frames_of(takes / "longer.take")[:17]
    kept, hole = np.s_[:, :, :32], np.s_[:, 20:44, 52:84]
    assert unlike(mended[kept], longer[kept]) < 0.25 * unlike(mended[hole], longer[hole])
    assert unlike(mended[hole], film[hole]) > unlike(longer[hole], film[hole])


def test_an_edit_is_between_the_clip_and_a_dream(takes):
    film, longer, edited = (frames_of(takes / f"{n}.take")[:17] for n in ("fall", "longer", "edited"))
    assert unlike(edited, film) > unlike(longer, film)
    assert unlike(edited, film) < unlike(np.full_like(film, film.mean()), film) * 2


def test_a_look_that_is_simulated_takes_no_pictures(takes):
    done = subprocess.run(
        [takes / "bin/kinema", "shoot", "A ball falls.", "--given", "fall.take/clip.mp4", "-o", "no.take"],
        cwd=takes,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "--look dream" in done.stderr
    assert not (takes / "no.take").exists()
