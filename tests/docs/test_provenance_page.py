"""docs/provenance.md: its commands and its example run, its figures are the measured ones, its tests exist."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/provenance.md").read_text("utf-8")
# A take in full size is minutes of path tracing; the same command, smaller, takes the same path.
SMALL = ["--quality", "draft", "--size", "160x90", "--seconds", "1"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.S | re.M)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("provenance")
    (folder / "examples").symlink_to(ROOT / "examples")
    return folder


def test_commands_run_in_order(workplace: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True)[1:] for line in lines]
    assert len(commands) >= 7
    for command in commands:
        small = SMALL if command[0] == "shoot" else []
        done = subprocess.run(
            [sys.executable, "-m", "kinema.cli", *command, *small],
            cwd=workplace,
            capture_output=True,
            text=True,
        )
        # 3 of `shoot`: made, but a second is too short for the brief.
        assert done.returncode in ((0, 3) if small else (0,)), f"{command}\n{done.stdout}{done.stderr}"
    assert "Signed" in (workplace / "traced.html").read_text("utf-8")


def test_the_example_strips_crops_encodes_and_traces(workplace: Path) -> None:
    (example,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", example], cwd=workplace, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("metadata stripped; recovered by watermark (p = ")


def test_every_test_that_the_checklist_names_exists() -> None:
    there = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    rows = re.findall(r"^\| (R\d+) .*$", PAGE, re.M)
    assert rows == [f"R{n}" for n in range(1, 21)]
    for line in re.findall(r"^\| R\d+ .*$", PAGE, re.M):
        named = re.findall(r"`(test_\w+)`", line)
        assert named, line
        for name in named:
            assert f"def {name}(" in there, name
        for path in re.findall(r"`([\w/]+(?:\.py|/))`", line):
            assert (ROOT / "src/kinema" / path).exists(), path


def test_figures_are_the_measured_ones() -> None:
    results = {
        name: json.loads((ROOT / f"benchmarks/results/{name}.json").read_text("utf-8"))["tables"]
        for name in ("watermark", "fingerprint")
    }
    battery = {row["attack"]: row for row in results["watermark"]["Battery"]}
    page = " ".join(PAGE.split())

    def found(attack: str, strength: str) -> str:
        return f"{100 * battery[attack][f'{strength} TPR']:.0f} %"

    h264, h265 = "H.264 CRF 40", "H.265 CRF 40"
    assert f"in {found(h264, 'gentle')} of the clips after H.264 CRF 40" in page
    assert f"in {found(h265, 'gentle')} after H.265 CRF 40" in page
    assert f"{found(h264, 'sturdy')} and {found(h265, 'sturdy')}" in page
    assert battery["perspective 0.5"]["gentle TPR"] == battery["H.264 CRF 50"]["gentle TPR"] == 0
    assert f"({results['watermark']['Clips'][0]['clips']} clips of 3 s at 854x480" in page
    assert f"{100 * battery['H.264 CRF 30']['gentle TPR']:.1f} % of all clips keep it" in page
    assert f"{found('trim, conform, 480p ladder', 'gentle')} after trim, 25 frames a second" in page
    gentle = results["watermark"]["Quality"][0]
    assert (
        f"VMAF is {gentle['VMAF, mean']:.1f} on average, and 95 or more in {gentle['clips with VMAF of 95']}"
        in page
    )
    assert f"{gentle['VMAF, least']:.1f} at least" in page
    null = results["watermark"]["Null"][0]
    assert f"Of {null['trials']:,} trials with wrong keys" in page
    assert f"smallest log10 p of {null['smallest_log10_p']:.2f}" in page
    assert null["false_alarms_at_1e-6"] == 0
    assert f"{null['false_positives_below_95_percent']:.1e}".replace("e-0", "e-") in page
    speed = {row["work"]: f"{row['frames a second']:.0f}" for row in results["watermark"]["Speed"]}
    assert f"at {speed['embed']} frames a second; looking for a mark at {speed['detect, marked']}" in page
    assert f"in unmarked clips at {speed['detect, unmarked']}" in page
    edits = {row["edit"]: row for row in results["fingerprint"]["Found again"]}
    assert edits["rotate 10"]["worlds"] == edits["perspective 0.5"]["worlds"] == 0
    assert f"{100 * edits['crop 0.55, anywhere']['worlds']:.0f} % of cut-outs of 0.55" in page
    closely = results["fingerprint"]["False alarms"][1]
    assert f"Of {closely['clip_pairs']} pairs" in page
    assert closely["found"] == 0
    assert "none agreed falsely" in page
