"""docs/shot.md is what the models say."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from kinema.shot.body import Body
from kinema.shot.files import parse_shot

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_shot_reference", DOCS / "make_shot_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(maker: ModuleType) -> None:
    assert (DOCS / "shot.md").read_text("utf-8") == maker.page(), "run python docs/make_shot_reference.py"


def test_every_field_has_a_row_and_every_link_a_section() -> None:
    page = (DOCS / "shot.md").read_text("utf-8")
    for field in Body.model_fields:
        assert f"| `{field}` |" in page
    headings = {
        re.sub(r"[^a-z0-9_ -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^## (.*)$", page, re.M)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= headings


def test_bounds_and_units_are_shown() -> None:
    page = (DOCS / "shot.md").read_text("utf-8")
    assert "| `elevation` | number ≥ -10 ≤ 90 | deg |" in page
    assert "| `mass` | number > 0 | kg |" in page


def test_what_the_page_says_of_values_is_so() -> None:
    shot = parse_shot(
        "bodies: [{name: a, shape: {kind: sphere, radius: 8 ft}, colour: '#c08040', rotation: [90, 0, 0],"
        " release_at: 1/24}]\nlights: [{name: s, kind: sun}]"
    )
    body = shot.body("a")
    assert body.rotation == pytest.approx((2**-0.5, 2**-0.5, 0, 0))
    assert body.release_at is not None
    assert body.release_at * 24 == 1
