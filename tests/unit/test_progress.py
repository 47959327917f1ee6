"""Progress is told at the pace of the work, and not of what came before it."""

from __future__ import annotations

from kinema.progress import Lines, Pace


def test_pace_counts_from_the_first_report():
    pace = Pace()
    assert pace.at(1, 80.0) is None  # eighty seconds of compiling are nobody's pace
    assert pace.at(1, 81.0) is None
    assert pace.at(9, 84.0) == 2.0


def test_frames_kept_from_an_earlier_run_are_no_pace_either():
    pace = Pace()
    assert pace.at(100, 0.0) is None
    assert pace.at(101, 2.0) == 0.5


def test_lines_say_no_time_left_before_they_know_it(capsys):
    with Lines(every=0).stage("draw", "frame") as report:
        report(1, 4)
        report(3, 4)
    first, second, last = capsys.readouterr().err.splitlines()
    assert first == "draw: frame 1 of 4"
    assert second.startswith("draw: frame 3 of 4, ")
    assert second.endswith(" s left")
    assert last.startswith("draw: 3 of 4 frames in ")
