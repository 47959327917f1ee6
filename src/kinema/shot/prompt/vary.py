"""Several things of a kind that are not alike: of different sizes, of different colours."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from kinema.shot.prompt.scene import Relation, Scene, Thing

_SMALLEST, _LARGEST = 0.6, 1.5
"""Of things of different sizes, over the usual size; those between grow by equal factors."""
_COLOURS = ("#c01818", "#1c48b8", "#f0cc18", "#1e8c32", "#e87010", "#6a2a8c", "#28b8b0", "#e8e8e4")
"""Of things of different colours, in turn."""


def vary(scene: Scene) -> None:
    """Make things that are not alike of what was said to vary. Raises `ShotError` where they must be alike."""
    for thing in [each for each in scene.things if each.varies]:
        if thing.arrangement not in (None, "row", "stack"):
            raise thing.draft.refuse(
                f"must be alike to stand in a {thing.arrangement}",
                got=f"{thing.kind}s of different {' and '.join(sorted(thing.varies))}",
                next_step=f"Leave the {thing.arrangement} out, or make them alike.",
            )
        members = [_member(thing, i) for i in range(thing.count)]
        if thing.arrangement == "stack":
            for lower, upper in pairwise(members):
                upper.relations = [Relation("on", lower, thing.draft)]
        _replace(scene, thing, members)
        if "sizes" in thing.varies:
            factors = ", ".join(f"{_factor(thing, i):.2g}" for i in range(thing.count))
            scene.assumed.append(f"sizes of {thing.name}: {factors} of the usual")


def _factor(thing: Thing, i: int) -> float:
    """Largest first: it stands in the middle, or lowest."""
    return _LARGEST * (_SMALLEST / _LARGEST) ** (i / (thing.count - 1))


def _member(thing: Thing, i: int) -> Thing:
    scale = _factor(thing, i) if "sizes" in thing.varies else 1.0
    return replace(
        thing,
        name=f"{thing.name}_{i + 1}",
        count=1,
        arrangement=None,
        factor=thing.factor * scale,
        lengths=tuple(scale * length for length in thing.lengths),
        measures={name: scale * value for name, value in thing.measures.items() if name != "angle"},
        colour=_COLOURS[i % len(_COLOURS)] if "colours" in thing.varies else thing.colour,
        relations=list(thing.relations),
        breaks=set(),
        varies=set(),
    )


def _replace(scene: Scene, thing: Thing, members: list[Thing]) -> None:
    """The members take the place of the whole: each does what it did; what was done to it is done to the first."""
    at = scene.things.index(thing)
    scene.things[at : at + 1] = members
    for event in list(scene.events):
        if event.target is thing:
            event.target = members[0]
        if event.second is thing:
            event.second = members[0]
        if event.doer is thing:
            event.doer = members[0]
            scene.events += [replace(event, doer=member, others=list(event.others)) for member in members[1:]]
    for other in scene.things:
        for relation in other.relations:
            relation.other = members[0] if relation.other is thing else relation.other
    for move in scene.moves:
        move.body = members[0] if move.body is thing else move.body
    for key, (value, draft) in list(scene.camera.items()):
        scene.camera[key] = (members[0] if value is thing else value, draft)
