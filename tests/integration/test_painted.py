"""The weights that ship: whole, light, and what they paint follows the world; a dream does not, and is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinema.diffusion.manifest import read_manifest, weights_folder
from kinema.diffusion.styles import NAMES
from kinema.job import Job
from kinema.shot.change import change
from kinema.shot.files import load_shot
from kinema.take import Take, make_take

DOMINOES = Path(__file__).parents[2] / "examples" / "dominoes.yaml"


def taken(folder: Path, look: str) -> Take:
    shot = change(change(load_shot(DOMINOES), "timing.frames", "17"), "look", look)
    return make_take(shot, folder, Job(quality="draft", width=192, height=128))


def test_weights_ship_whole_and_are_light():
    manifest = read_manifest(weights_folder())  # refuses files of other hashes
    assert manifest["styles"] == list(NAMES)
    assert sum(path.stat().st_size for path in weights_folder().iterdir()) < 60e6


@pytest.mark.parametrize("look", ["painted", "painted-noir"])
def test_paint_lies_on_the_outlines_of_bodies(tmp_path, look):
    findings = [f for f in taken(tmp_path / "a.take", look).report.findings if f.check == "outlines"]
    assert len(findings) == 2
    assert all(finding.verdict == "pass" for finding in findings), findings


def test_a_dream_is_made_and_fails_the_check_that_it_cannot_pass(tmp_path):
    take = taken(tmp_path / "a.take", "dream")
    assert take.clip.is_file()
    assert "outlines" in {finding.check for finding in take.report.failures}
