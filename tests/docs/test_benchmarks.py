"""The page of figures is the figures: made from the results, not written."""

import importlib.util
import json
from pathlib import Path

from kinema.diffusion.footprint import LOST

ROOT = Path(__file__).parents[2]


def test_page_is_made_from_the_results():
    spec = importlib.util.spec_from_file_location("page", ROOT / "benchmarks/page.py")
    assert spec is not None
    assert spec.loader is not None
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert page.PAGE.read_text("utf-8") == page.page(), "run: python benchmarks/page.py"


def test_every_benchmark_has_its_place_on_the_page():
    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py")} - {"page"}
    text = (ROOT / "docs/benchmarks.md").read_text("utf-8")
    for script in scripts:
        assert f"benchmarks/{script}.py" in text


def test_the_warning_of_large_sizes_says_what_was_measured():
    results = json.loads((ROOT / "benchmarks/results/diffusion.json").read_text("utf-8"))
    rows = {row["size"]: row for row in results["tables"]["Sizes beyond training"]}
    learned = rows["448x256"]["dB"]
    lost = {size: f"{learned - row['dB']:.1f} dB" for size, row in rows.items() if not row["learned"]}
    assert f"{lost['640x368']} further from it at 640x368, {lost['854x480']} at 854x480" == LOST
