"""What the words promise will be seen."""

from __future__ import annotations

import math

from kinema.shot.prompt.scene import MOTIONS, Event, Scene, Thing
from kinema.shot.prompt.stage import Stage

_SMASHED, _TOPPLED = 0.25, 0.2
"""Share of a stack, a wall or a heap that ends out of place when it is smashed, and when it is knocked over."""
MOST_BROKEN = 4
"""Of several things that break, so many are cut; of more, only the one that is struck."""
_MEETS = {"into", "at", "against", "toward", "towards", "on", "onto", "to", "through", ""}


def set_goals(scene: Scene, stage: Stage) -> None:
    """hits, shatters, topples and survives, once each. Raises `ShotError` for what excludes itself."""
    for event in scene.events:
        _goals_of(stage, event)
    for thing in scene.things:
        if thing.survives:
            for name in thing.names:
                stage.goal(kind="survives", body=name)


def _goals_of(stage: Stage, event: Event) -> None:
    doer, target = event.doer, event.second or event.target
    if event.second is None and event.does is None and event.link not in _MEETS:
        target = None
    if event.act in MOTIONS and doer is not None and target not in (None, doer) and not event.rests:
        assert target is not None
        a = doer.names[event.member] if event.member is not None and doer.count > 1 else doer.names[0]
        stage.goal(kind="hits", a=a, b=_struck(stage, doer, target))
        event.sets("goals.hits")
    hurt = target if target is not None else doer
    if hurt is None:
        return
    if event.does == "breaks":
        _breaks(stage, event, hurt)
    if event.does == "topples":
        _topples(stage, event, hurt)


def _topples(stage: Stage, event: Event, hurt: Thing) -> None:
    """One thing or the last of a row falls over; of what stands on or beside each other, a share is out of place."""
    if hurt.count > 1 and hurt.arrangement not in (None, "row"):
        _scatters(stage, event, hurt, _TOPPLED)
        return
    stage.goal(kind="topples", body=hurt.names[-1])
    event.sets("goals.topples")


def _scatters(stage: Stage, event: Event, hurt: Thing, share: float) -> None:
    size = 2 * max(stage.block(hurt).member_half)
    least = max(math.ceil(share * hurt.count), 1)
    stage.goal(kind="scatters", bodies=hurt.names, least=least, moved=round(0.5 * size, 6))
    event.sets("goals.scatters")


def _struck(stage: Stage, doer: Thing, target: Thing) -> str:
    """The one of several that is met first: the nearest to the doer's first position, at its height."""
    if target.count == 1:
        return target.name
    aim = stage.aims.get((doer.name, target.name), stage.block(doer).centre)
    places = stage.block(target).positions()
    nearest = min(range(len(places)), key=lambda i: (round(math.dist(places[i], aim), 6), i))
    return target.names[nearest]


def _breaks(stage: Stage, event: Event, hurt: Thing) -> None:
    if hurt.survives:
        raise event.draft.refuse(
            "must not both break and stay whole", got=hurt.name, next_step="Keep one of the two."
        )
    struck = (
        _struck(stage, event.doer, hurt) if event.doer not in (None, hurt) and event.doer else hurt.names[0]
    )
    if event.name == "smash" and hurt.count > 1:  # a wall is smashed when it falls apart, brick from brick
        _scatters(stage, event, hurt, _SMASHED)
        return
    hurt.breaks.update(hurt.names if hurt.count <= MOST_BROKEN else [struck])
    stage.goal(kind="shatters", body=struck)
    event.sets("goals.shatters")
