"""Write docs/benchmarks.md from the JSON in results/: what is printed in the docs is what was measured.

python benchmarks/page.py           # a test fails if the page and the results differ
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
CLAIMS = {
    "physics": "Engines against closed forms and against each other",
    "preview": "The preview draws in real time",
    "pathtrace": "Seconds a frame at a given error",
    "diffusion": "Painted pixels obey the world; what they cost",
    "diffusion_gpu": "The painter on a GPU",
    "scaling": "Loss falls with parameters, tokens and arithmetic",
    "watermark": "The watermark outlives codecs, crops and turns, and seldom errs",
    "fingerprint": "Clips are found again, without false alarms, quickly",
    "policy": "What is refused, and what is not",
    "cost_growth": "Cost grows no faster than pixels and frames, and memory not at all",
}
HEAD = """# Benchmarks

Measured, not promised. Each table comes from the script named above it, run on two shared x86-64 cores without a GPU
unless it names another device, often with `--quick` and on few worlds or clips; the scripts measure more. Absolute
times there are noisy, ratios within one run less so. How to read them: [benchmarks](../benchmarks/README.md).
Made by `python benchmarks/page.py`; do not edit by hand.
"""


def page() -> str:
    """The whole page."""
    sections = [HEAD]
    for name, claim in CLAIMS.items():
        file = HERE / "results" / f"{name}.json"
        sections.append(f"## {claim}\n\n`python benchmarks/{name}.py`\n")
        if not file.is_file():
            sections.append("Not measured yet.\n")
            continue
        result = json.loads(file.read_text("utf-8"))
        tables = result["tables"] if "tables" in result else {"": result["rows"]}
        for title, rows in tables.items():
            sections.append((f"**{title}**\n\n" if title else "") + table(rows))
    return "\n".join(sections)


def table(rows: list[dict[str, Any]]) -> str:
    """Rows of one shape as a Markdown table."""
    columns = list(rows[0])
    lines = ["| " + " | ".join(c.replace("_", " ") for c in columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(cell(row.get(c)) for c in columns) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(value: Any) -> str:
    """Three significant digits; yes, no and nothing in words."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(PAGE)
