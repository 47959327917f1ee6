"""docs/prompts.md is true: its code runs and each of its examples is understood to the last word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kinema.shot.prompt import compile_prompt
from kinema.shot.prompt.tables import table

PAGE = (Path(__file__).parents[2] / "docs" / "prompts.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS)
def test_code_blocks_run(block: str) -> None:
    exec(compile(block, "docs/prompts.md", "exec"), {})


@pytest.mark.parametrize("prompt", EXAMPLES)
def test_examples_are_understood(prompt: str) -> None:
    assert compile_prompt(prompt, strict=True).shot.bodies


def test_the_page_has_blocks_examples_and_honest_limits() -> None:
    assert len(BLOCKS) == 5
    assert len(EXAMPLES) >= 25
    known = {word for entry in table("objects").values() for word in entry["words"]}
    assert not {"water", "cloth", "person", "animal", "horse"} & known
