"""`kinema shoot take/ --look "noir film, wet asphalt"`: another look, the same tape, and a take that knows both."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kinema
from kinema.media.decode import read_frames
from kinema.take import Take

PROMPT = "A steel ball rolls at 2 m/s into ten pins on concrete. 0.4 seconds."
SMALL = ("--quality", "draft", "--size", "96x64")


def kinema_shoot(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinema.cli", "shoot", *arguments, *SMALL]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """With `a.take`, as it was simulated."""
    folder = tmp_path_factory.mktemp("dressed")
    done = kinema_shoot(folder, PROMPT, "-o", "a.take")
    assert done.returncode in (0, 3), done.stderr  # 3: so short a clip need not reach its goal
    return folder


def test_a_take_is_painted_in_words_on_the_tape_it_has(folder):
    done = kinema_shoot(folder, "a.take", "--look", "noir film, wet asphalt", "-o", "noir.take")
    assert "look: “wet asphalt” → bodies.ground.finish = wet_asphalt" in done.stderr
    assert "simulate" not in done.stderr
    assert done.returncode in (0, 3), done.stderr
    first, noir = (json.loads((folder / name / "take.json").read_text()) for name in ("a.take", "noir.take"))
    assert (folder / "noir.take/tape.kt").read_bytes() == (folder / "a.take/tape.kt").read_bytes()
    assert noir["asked"]["world"] == first["asked"]["world"]
    assert noir["renderer"].startswith("painter")
    report = json.loads((folder / "noir.take/report.json").read_text())
    assert {"outlines"} <= {finding["check"] for finding in report["findings"]}
    shot = kinema.load_shot(folder / "noir.take/shot.yaml")
    assert shot.dressing == "noir film, wet asphalt"
    assert (shot.body("ground").material, shot.body("ground").finish) == ("concrete", "wet_asphalt")


def test_a_dressed_take_is_made_again_from_its_own_shot(folder):
    """Nothing but shot.yaml is needed: the words are spent."""
    done = kinema_shoot(folder, "a.take", "--look", "wet asphalt, golden hour", "-o", "gold.take")
    assert done.returncode in (0, 3), done.stderr
    record = json.loads((folder / "gold.take/take.json").read_text())
    job = kinema.Job(quality="draft", width=96, height=64)
    again: Take = kinema.make_take(
        kinema.load_shot(folder / "gold.take/shot.yaml"), folder / "again.take", job
    )
    assert again.record["hashes"] == record["hashes"]


def test_the_ground_is_another_and_nothing_stands_elsewhere(folder):
    """Snow underfoot, and the report finds every body where it found it before."""
    done = kinema_shoot(folder, "a.take", "--look", "snow, red pins", "-o", "snow.take")
    assert done.returncode in (0, 3), done.stderr
    before, after = (
        np.stack(list(read_frames(folder / name / "clip.mp4"))).astype(float)
        for name in ("a.take", "snow.take")
    )
    foot = np.s_[:, -12:, :, :]
    assert after[foot].mean() > before[foot].mean() + 20  # snow reflects 0.87, concrete 0.35
    reports = [json.loads((folder / name / "report.json").read_text()) for name in ("a.take", "snow.take")]
    geometry = [{f["check"]: f["verdict"] for f in r["findings"] if f["check"] != "clip"} for r in reports]
    assert geometry[0] == geometry[1]


def test_words_in_one_go_with_a_prompt(folder):
    done = kinema_shoot(folder, PROMPT, "--look", "wet asphalt, overcast", "-o", "one.take")
    assert done.returncode in (0, 3), done.stderr
    assert (folder / "one.take/tape.kt").read_bytes() == (folder / "a.take/tape.kt").read_bytes()


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ("noir film, watercolour", "one style or grade"),
        ("noir film, wett asphalt", "did you mean wet?"),
        ("wet asphalt, slow motion", "not what happens"),
    ],
)
def test_a_look_that_cannot_be_is_one_line_and_no_take(folder, look, said):
    done = kinema_shoot(folder, "a.take", "--look", look, "-o", "none.take")
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folder / "none.take").exists()


def test_the_words_are_listed():
    done = subprocess.run(
        [sys.executable, "-m", "kinema.cli", "looks"], capture_output=True, text=True, check=True
    )
    for word in ("noir film", "asphalt", "wet", "golden hour", "underexposed"):
        assert word in done.stdout
