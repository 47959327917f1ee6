"""Prompts that contradict themselves or ask for what cannot be: one error with phrase, rule, value, next step."""

from __future__ import annotations

import pytest

from kinema.errors import ShotError
from kinema.shot.prompt import compile_prompt

REFUSED = [
    ("", "prompt", "at least one thing with a body"),
    ("Golden hour, 35 mm lens, slow push in.", "prompt", "at least one thing with a body"),
    ("A steel ball made of wood.", "steel ball", "one material"),
    ("A ball. 3 seconds. 5 seconds.", "5 seconds", "contradict “3 seconds”"),
    ("A ball. 72 frames. 3 seconds. 60 fps.", "72 frames", "contradict"),
    ("A ball. 35 mm lens. 85 mm lens.", "85 mm lens", "contradict"),
    ("A ball. Static camera. Pan left.", "Pan left", "locked-off"),
    ("A ball. Pan left. Locked off.", "Locked off", "contradict"),
    ("A ball. Overexposed, underexposed.", "underexposed", "both darker and brighter"),
    ("A ball. A warm cool light.", "A warm cool light", "contradict itself"),
    ("A ball. Noir, bleach bypass.", "bleach bypass", "contradict"),
    ("A ball flies at 2 m/s from 5 m into a crate.", "flies", "fast enough to reach"),
    ("A ball is thrown at 0 m/s.", "is thrown", "above 0"),
    ("A ball is thrown at a box at 95 degrees.", "is thrown", "between 0 and 90"),
    ("A ball falls in zero gravity.", "falls", "must have gravity"),
    ("A ball swings from 120 degrees.", "swings", "rope cannot push"),
    ("A ball on itself.", "on itself", "against itself"),
    ("A ball in a box.", "in a box", "inside another"),
    ("A steel ball shatters a pane without breaking it.", "shatters a pane", "both break and stay whole"),
    ("A table shatters.", "A table", "cuts solids, panes and vessels"),
    ("3000 crates.", "3000 crates", "from 1 to 2000"),
    ("2.5 crates.", "2.5 crates", "whole things"),
    ("A -1 kg ball.", "A -1 kg ball", "above zero"),
    ("A 0 m cube.", "A 0 m cube", "between 0.1 mm and 1000 m"),
    ("A ball with a radius of 5 km.", "A ball", "between 0.1 mm and 1000 m"),
    ("A pyramid.", "A pyramid", "of what the pyramid is"),
    ("A ball in a row.", "in a row", "more than one thing"),
    ("A 3 m crate under a table.", "under a table", "fit under the table"),
    ("A 3 m crate and a 3 m box on a table.", "box", "fit on the table"),
    ("It falls.", "It", "thing named before"),
    ("A ball on a cube. The cube on the ball.", "A ball", "through others"),
    ("A ball on concrete. Grass.", "Grass", "one ground"),
    ("On the moon and on mars a ball falls.", "on mars", "one place"),
    ("A ball. Sun at 120 degrees.", "Sun", "between -10 and 90"),
    ("A 99999999999 kg ball.", "99999999999 kg", "below 1e9"),
    ("A ball. Candle at 100 K.", "lights", "1000"),
    ("A ball. f/0.1.", "camera", "0.5"),
    ("A ball. Push in 50 m.", "Push in", "stop before it reaches"),
]


@pytest.mark.parametrize(("prompt", "name", "rule"), REFUSED, ids=[prompt[:40] for prompt, *_ in REFUSED])
def test_impossible_prompts_are_refused_by_phrase(prompt: str, name: str, rule: str) -> None:
    with pytest.raises(ShotError) as caught:
        compile_prompt(prompt)
    assert name in caught.value.name
    assert rule in caught.value.rule
    assert caught.value.next_step
