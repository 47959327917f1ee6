"""The report page: whole, self-contained, escaped; its charts: honest axes, no lost spikes."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kinema.media.image import png_bytes
from kinema.verify.chart import Line, chart, ticks
from kinema.verify.drawn import Drawn, FrameFacts
from kinema.verify.page import number, report_page
from kinema.verify.verify import verify

METER = {"stages": {"draw": {"seconds": 2.5, "cpu_seconds": 4.0}}, "peak_memory_bytes": 3 << 28}
VOID = {"meta", "img", "br"}


class _Strict(HTMLParser):
    """Notes every tag, and that each is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(played: Any, *, title: str = "Two balls", stills: int = 2) -> str:
    shot = played.shot.model_copy(update={"title": title, "prompt": "A ball & another <ball>"})
    facts = FrameFacts(
        index=0,
        luminance=0.2,
        finite=1,
        moving=0.1,
        pixels={0: 40, 3: 900},
        absent={},
        samples=16,
        noise=0.01,
    )
    drawn = Drawn(width=96, height=54, first=0, frames=(facts,))
    report = verify(shot, played.tape, drawn, None)
    pictures = [png_bytes(np.full((9, 16, 3), 30 * n, np.uint8)) for n in range(stills)]
    return report_page(shot, played.tape, drawn, report, pictures, METER)


def test_page_is_whole_and_fetches_nothing(flight: Any) -> None:
    page = page_of(flight)
    parser = _Strict()
    parser.feed(page)
    assert parser.open == []
    tags = {tag for tag, _ in parser.seen}
    assert not tags & {"script", "link", "iframe", "object"}
    links = [
        value for _, attributes in parser.seen for name in ("src", "href") if (value := attributes.get(name))
    ]
    assert len(links) == 2
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert not re.search(r"url\(|@import|https?:", page)
    assert sum(tag == "figure" for tag, _ in parser.seen) == 6


def test_page_tells_every_finding_and_every_gap(flight: Any) -> None:
    page = page_of(flight)
    shot = flight.shot.model_copy(update={"title": "Two balls"})
    for finding in verify(shot, flight.tape, Drawn(width=1, height=1, first=0, frames=()), None).findings:
        assert finding.check in page
        if "&" not in finding.rule:
            assert finding.rule.replace("'", "&#39;") in page
    assert "What these checks cannot see" in page
    assert "768 MiB" in page


def test_text_cannot_become_markup(flight: Any) -> None:
    page = page_of(flight, title='<script>alert("1")</script>')
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "A ball &amp; another &lt;ball&gt;" in page


def test_page_is_the_same_twice(flight: Any) -> None:
    assert page_of(flight) == page_of(flight)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12.0, "12"),
        (0.123456, "0.1235"),
        (1e-6, "1.00e-06"),
        (158.2345, "158.2"),
        (2.5e7, "2.50e+07"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


# --- charts -----------------------------------------------------------------------------------------------------


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(3, 9))
def test_ticks_are_round_and_cover(low: float, span: float, about: int) -> None:
    # Doubles near `low` lie 2e-16 of it apart: marks closer than a billionth cannot be told round from not.
    assume(span >= 1e-9 * abs(low))
    marks = ticks(low, low + span, about)
    steps = np.diff(marks)
    step = steps[0]
    mantissa = step / 10.0 ** np.floor(np.log10(step) + 1e-9)
    assert min(abs(mantissa - m) for m in (1, 2, 5, 10)) < 1e-3
    assert 2 <= len(marks) <= about + 2
    # No room for another mark inside the range.
    assert marks[0] - step < low + 1e-3 * step
    assert marks[-1] + step > low + span - 1e-3 * step


def _curve(svg: str) -> np.ndarray:
    tree = ElementTree.fromstring(svg)
    (path,) = [node for node in tree.iter() if node.tag == "path"]
    return np.array([[float(n) for n in p.split()] for p in path.attrib["d"][1:].split("L")])


def test_thinning_keeps_a_spike_of_one_sample() -> None:
    y = np.zeros(20_000)
    y[12_345] = -7.0
    points = _curve(
        chart("spike", [Line(name="y", x=np.arange(20_000), y=y, tone=1)], x_label="x", y_label="y")
    )
    assert len(points) <= 702
    assert np.ptp(points[:, 1]) > 150  # the whole height of the chart


def test_points_are_where_they_belong() -> None:
    points = _curve(
        chart("line", [Line(name="y", x=[0, 1, 2], y=[0, 10, 20], tone=1)], x_label="x", y_label="y")
    )
    np.testing.assert_allclose(np.diff(points, axis=0)[0], np.diff(points, axis=0)[1], atol=0.11)
    assert points[2, 1] < points[0, 1]  # up is up


@pytest.mark.parametrize("y", [[], [np.nan, np.nan], [3.0], [0.0, 0.0], [1e-12, 2e-12], [np.inf, 1.0]])
def test_poor_data_still_make_a_chart(y: list[float]) -> None:
    svg = chart("poor", [Line(name="<y>", x=list(range(len(y))), y=y, tone=1)], x_label="x", y_label="y")
    ElementTree.fromstring(svg)
    assert "nan" not in svg
    assert "&lt;y&gt;" in svg
