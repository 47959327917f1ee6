"""The meter adds up, survives interruption and goes on from earlier runs."""

import json
import subprocess
import sys

import pytest

from kinema.cost.meter import Meter, peak_memory


def test_stages_add_up_over_runs(tmp_path):
    path = tmp_path / "meter.json"
    for _ in range(2):
        meter = Meter()
        meter.keep_in(path)
        with meter.stage("draw"):
            sum(range(10_000))
    reading = json.loads(path.read_text())
    assert reading["runs"] == 2
    assert reading["cpu_seconds"] == pytest.approx(sum(s["cpu_seconds"] for s in reading["stages"].values()))


def test_an_interrupted_stage_is_charged(tmp_path):
    meter = Meter()
    meter.keep_in(tmp_path / "meter.json")
    with pytest.raises(KeyboardInterrupt), meter.stage("draw"):
        raise KeyboardInterrupt
    assert json.loads((tmp_path / "meter.json").read_text())["stages"]["draw"]["seconds"] > 0


def test_peak_memory_sees_an_allocation():
    before = peak_memory()
    block = bytearray(256 * 2**20)
    block[::4096] = b"x" * len(block[::4096])  # touch every page, so that it is resident
    assert peak_memory() >= before
    assert peak_memory() > len(block)


def test_what_was_used_before_there_is_a_file_is_not_lost(tmp_path):
    meter = Meter()
    with meter.stage("world"):
        sum(range(10_000))
    meter.keep_in(tmp_path / "meter.json")
    assert json.loads((tmp_path / "meter.json").read_text())["stages"]["world"]["seconds"] > 0


def test_a_large_parent_is_not_counted():
    block = bytearray(600 * 2**20)
    block[::4096] = b"x" * len(block[::4096])
    code = "from kinema.cost.meter import peak_memory; print(peak_memory())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # A bare interpreter with the meter is some 20 MB; numpy alone would be 40.
    assert int(child.stdout) < 200 * 2**20 < len(block)
