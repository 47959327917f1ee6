"""The take as a user lives with it: made, resumed after a kill, changed in one thing, refused."""

import json
import os
import signal
import subprocess
import sys

import pytest

import kinema
from kinema.errors import UsageError
from kinema.policy.label import Label
from kinema.shot.change import change

SHOT = """
schema: kinema.shot/1
timing: {fps: 12, frames: 6}
bodies:
- {name: floor, shape: {kind: plane}, material: concrete}
- {name: ball, shape: {kind: sphere, radius: 0.2}, material: rubber, position: [0, 0, 0.6]}
- {name: block, shape: {kind: box, size: [0.4, 0.4, 0.4]}, material: oak, position: [0.7, 0, 0.2]}
lights:
- {kind: sun, name: sun, elevation: 35, azimuth: 240}
- {kind: sky, name: sky}
camera: {position: [0, -3, 1], aim: ball, f_stop: 16}
"""
DRAFT = kinema.Job(quality="draft", width=96, height=54)
TINY = kinema.Job(quality="final", width=48, height=28, noise=0.5)


@pytest.fixture
def shot():
    from kinema.shot.files import parse_shot

    return parse_shot(SHOT)


def kinema_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kinema.cli", *arguments]


def test_a_take_is_whole_and_passes(shot, tmp_path):
    take = kinema.make_take(shot, tmp_path / "a.take", DRAFT)
    assert take.report.passed, take.report.failures
    assert take.clip.stat().st_size > 0
    assert kinema.load_shot(tmp_path / "a.take/shot.yaml") == shot
    meter = json.loads((tmp_path / "a.take/meter.json").read_text())
    assert {"simulate", "draw", "verify"} <= set(meter["stages"])


def test_made_twice_the_same_bytes(shot, tmp_path):
    """Same shot, version and machine: same tape and same clip, through both renderers."""
    for job in (DRAFT, TINY):
        one = kinema.make_take(shot, tmp_path / f"{job.quality}1.take", job).record["hashes"]
        two = kinema.make_take(shot, tmp_path / f"{job.quality}2.take", job).record["hashes"]
        assert one == two


def test_one_change_leaves_the_rest_bit_identical(shot, tmp_path):
    first = kinema.make_take(shot, tmp_path / "a.take", DRAFT)
    warmer = change(shot, "light.sun.kelvin", "3200")
    second = kinema.make_take(warmer, tmp_path / "b.take", DRAFT, tape_from=tmp_path / "a.take")
    assert second.record["hashes"]["tape"] == first.record["hashes"]["tape"]
    assert second.record["hashes"]["clip"] != first.record["hashes"]["clip"]
    # Simulated afresh, not copied: still the same bytes, so nothing of the light leaks into the world.
    third = kinema.make_take(warmer, tmp_path / "c.take", DRAFT)
    assert third.record["hashes"]["tape"] == first.record["hashes"]["tape"]


def test_a_changed_world_is_simulated_again(shot, tmp_path):
    kinema.make_take(shot, tmp_path / "a.take", DRAFT)
    heavier = change(shot, "body.ball.mass", "5")
    second = kinema.make_take(heavier, tmp_path / "b.take", DRAFT, tape_from=tmp_path / "a.take")
    assert (
        second.record["hashes"]["tape"]
        != json.loads((tmp_path / "a.take/take.json").read_text())["hashes"]["tape"]
    )


def test_killed_mid_draw_and_run_again_gives_the_same_clip(tmp_path):
    """SIGKILL, so that no handler can tidy up; then the same command."""
    (tmp_path / "shot.yaml").write_text(SHOT)
    command = kinema_command("shoot", "shot.yaml", "--size", "48x28", "--noise", "0.5")
    subprocess.run([*command, "-o", "whole.take"], cwd=tmp_path, check=True, capture_output=True)

    running = subprocess.Popen([*command, "-o", "cut.take"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    drawn = tmp_path / "cut.take/drawn/000002.json"
    while not drawn.exists() and running.poll() is None:
        os.sched_yield()
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert not (tmp_path / "cut.take/clip.mp4").exists()
    kept = {p: p.stat().st_mtime_ns for p in (tmp_path / "cut.take/drawn").glob("*.exr")}
    assert 3 <= len(kept) < 6

    again = subprocess.run(
        [*command, "-o", "cut.take"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert "cut.take/clip.mp4" in again.stdout
    # of the clips before they were signed: no two signatures are alike
    cut, whole = (json.loads((tmp_path / f"{name}.take/take.json").read_text()) for name in ("cut", "whole"))
    assert cut["hashes"] == whole["hashes"]
    assert not (tmp_path / "cut.take/drawn").exists()


def test_interrupt_exits_130_and_leaves_no_partial_clip(tmp_path):
    (tmp_path / "shot.yaml").write_text(SHOT)
    command = kinema_command("shoot", "shot.yaml", "--size", "48x28", "--noise", "0.5", "-o", "a.take")
    running = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "a.take/drawn/000001.json").exists() and running.poll() is None:
        os.sched_yield()
    running.send_signal(signal.SIGINT)  # in the midst of handing the second frame to the encoder's thread
    _, said = running.communicate(timeout=300)
    assert running.returncode == 130
    assert "Traceback" not in said
    assert "stopping after what is under way" in said
    assert "What is finished is kept" in said
    assert not list((tmp_path / "a.take").glob("clip*"))


def test_a_folder_of_another_job_is_refused(shot, tmp_path):
    kinema.make_take(shot, tmp_path / "a.take", DRAFT)
    before = (tmp_path / "a.take/clip.mp4").read_bytes()
    with pytest.raises(UsageError, match="--overwrite"):
        kinema.make_take(change(shot, "seed", "9"), tmp_path / "a.take", DRAFT)
    assert (tmp_path / "a.take/clip.mp4").read_bytes() == before


def test_a_folder_of_strangers_is_never_touched(shot, tmp_path):
    (tmp_path / "a.take").mkdir()
    (tmp_path / "a.take/thesis.txt").write_text("years of work")
    with pytest.raises(UsageError):
        kinema.make_take(shot, tmp_path / "a.take", DRAFT, overwrite=True)
    assert (tmp_path / "a.take/thesis.txt").read_text() == "years of work"


def test_passes_on_request(shot, tmp_path):
    job = kinema.Job(quality="draft", width=96, height=54, passes=True, frames=(1, 3))
    take = kinema.make_take(shot, tmp_path / "a.take", job)
    assert sorted(p.name for p in take.folder.passes.glob("*.exr")) == ["000001.exr", "000002.exr"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["shoot", "nothing.yaml"],
        ["shoot", "shot.yaml", "--size", "0x0"],
        ["shoot", "shot.yaml", "--frames", "5:2"],
        ["shoot", "shot.yaml", "--frames", "0:99"],
        ["shoot", "shot.yaml", "--look", "nonesuch"],
        ["shoot", "shot.yaml", "--set", "light.sun.kelvin"],
        ["shoot", "shot.yaml", "--set", "light.moon.kelvin=3"],
        ["shoot", "shot.yaml", "--seconds", "-1"],
        ["shoot", "shot.yaml", "--quality", "best"],
        ["shoot", "empty.take"],
        ["parse", ""],
        ["shoot", "the quality of mercy is not strained", "--strict"],
    ],
    ids=" ".join,
)
def test_bad_requests_exit_2_and_write_nothing(arguments, tmp_path):
    (tmp_path / "shot.yaml").write_text(SHOT)
    done = subprocess.run(kinema_command(*arguments), cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 8
    assert [p.name for p in tmp_path.iterdir()] == ["shot.yaml"]


def test_a_brief_that_is_not_met_exits_3_and_keeps_the_take(tmp_path):
    """The ball never reaches the block in half a second; the brief says it must."""
    (tmp_path / "shot.yaml").write_text(SHOT + "goals: [{kind: hits, a: ball, b: block}]\n")
    done = subprocess.run(
        kinema_command("shoot", "shot.yaml", "--quality", "draft", "--size", "96x54", "-o", "a.take"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert "FAILED" in done.stderr
    assert "goals" in done.stderr
    assert (tmp_path / "a.take/clip.mp4").is_file()
    assert "fail" in (tmp_path / "a.take/report.html").read_text()


def test_json_is_one_object_with_the_report(tmp_path):
    (tmp_path / "shot.yaml").write_text(SHOT)
    done = subprocess.run(
        kinema_command(
            "shoot", "shot.yaml", "--quality", "draft", "--size", "96x54", "--json", "-o", "a.take"
        ),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert answer["complete"]
    assert answer["report"]["schema"] == "kinema.report/1"
    assert answer["clip"] == "clip.mp4"


OVERLAP = SHOT.replace("position: [0.7, 0, 0.2]", "position: [0.1, 0, 0.5]")
MESH = """
timing: {fps: 12, frames: 2}
bodies: [{name: thing, shape: {kind: mesh, file: parts/thing.stl}, material: steel, position: [0, 0, 1]}]
lights: [{kind: sky, name: sky}]
camera: {aim: thing}
"""


def test_an_impossible_world_leaves_no_folder_and_no_old_take_lost(shot, tmp_path):
    from kinema.errors import ShotError
    from kinema.shot.files import parse_shot

    for text in (OVERLAP, MESH):  # bodies in each other; a mesh file that is not there
        with pytest.raises(ShotError):
            kinema.make_take(parse_shot(text), tmp_path / "new.take", DRAFT, assets=tmp_path)
        assert not (tmp_path / "new.take").exists()
    kinema.make_take(shot, tmp_path / "a.take", DRAFT)
    with pytest.raises(ShotError):
        kinema.make_take(parse_shot(OVERLAP), tmp_path / "a.take", DRAFT, overwrite=True)
    assert (tmp_path / "a.take/clip.mp4").is_file()


def test_a_take_carries_its_files_and_notices_when_they_change(tmp_path):
    import trimesh

    (tmp_path / "here/parts").mkdir(parents=True)
    (tmp_path / "here/shot.yaml").write_text(MESH)
    file = tmp_path / "here/parts/thing.stl"
    trimesh.creation.box((0.3, 0.3, 0.3)).export(file)
    command = kinema_command(
        "shoot", "here/shot.yaml", "--quality", "draft", "--size", "96x54", "-o", "a.take"
    )
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert first.returncode in (0, 3), first.stderr

    trimesh.creation.box((0.4, 0.4, 0.4)).export(file)
    stale = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert stale.returncode == 2  # another world under the same name: refused, not passed off as the old one

    file.unlink()
    again = kinema_command(
        "shoot", "a.take", "--look", "noir", "--quality", "draft", "--size", "96x54", "-o", "b.take"
    )
    second = subprocess.run(again, cwd=tmp_path, capture_output=True, text=True)
    assert second.returncode in (0, 3), second.stderr
    assert (tmp_path / "b.take/tape.kt").read_bytes() == (tmp_path / "a.take/tape.kt").read_bytes()


def test_a_lost_clip_is_made_again(shot, tmp_path):
    first = kinema.make_take(shot, tmp_path / "a.take", DRAFT)
    first.clip.unlink()
    again = kinema.make_take(shot, tmp_path / "a.take", DRAFT)
    assert again.record["hashes"] == first.record["hashes"]
    assert again.clip.is_file()


def test_a_label_that_cannot_be_drawn_is_refused_before_anything_is_made(shot, tmp_path):
    for text in ("日本語", ""):
        with pytest.raises(UsageError, match="label"):
            kinema.make_take(shot, tmp_path / "a.take", DRAFT, label=Label(text=text))
    assert not (tmp_path / "a.take").exists()
