"""Verbs to trajectories: where each doer starts, how fast, with what spin."""

from __future__ import annotations

from collections.abc import Callable

from kinema.shot.force import WORLDS
from kinema.shot.prompt.fall import fall
from kinema.shot.prompt.flight import fly
from kinema.shot.prompt.goals import set_goals
from kinema.shot.prompt.in_place import float_about, spin
from kinema.shot.prompt.scene import MOTIONS, Event, Scene
from kinema.shot.prompt.stage import Block, Stage
from kinema.shot.prompt.suspend import hang, swing
from kinema.shot.prompt.topple import topple
from kinema.shot.prompt.travel import collide, travel

_DRIFT = 0.5
"""Of what floats into something, unless said [m/s]."""
_CARRIED = ("off", "off of", "down", "across", "along", "from", "on", "onto", "over")


def act_out(scene: Scene, stage: Stage) -> None:
    """Give every event its motion and its goals. Raises `ShotError` for what cannot happen."""
    stage.gravity = _gravity(scene)
    _pair(scene)
    for event in _merge(scene):
        if event.doer is None and (event.rests or event.act is None):
            continue
        if event.doer is None:
            raise event.draft.refuse(
                "must have someone who does it",
                got=f"no thing that can {event.name}",
                next_step="Name it first: “a ball ...”.",
            )
        _perform(scene, stage, event, stage.block(event.doer))
    set_goals(scene, stage)


def _gravity(scene: Scene) -> float:
    if scene.gravity is not None:
        return scene.gravity[0]
    if scene.place.gravity is None and any(e.act == "float" for e in scene.events):
        scene.place.gravity = "zero"
        scene.assumed.append("zero gravity, since something floats")
    return WORLDS[scene.place.gravity or "earth"]


def _pair(scene: Scene) -> None:
    """ "A red ball and a blue ball collide": the first hits the second."""
    for event, twin in zip(scene.events, scene.events[1:], strict=False):
        if (
            event.act == "strike"
            and event.draft is twin.draft
            and event.target is None
            and twin.target is None
        ):
            event.target = twin.doer
            twin.act, twin.does, twin.rests = None, None, True


def _merge(scene: Scene) -> list[Event]:
    """One motion per doer: "rolls down the ramp and hits the vase" is one way with a target."""
    first: dict[int, Event] = {}
    kept: list[Event] = []
    for event in scene.events:
        if event.does and event.act in (None, "topple") and event.target not in (None, event.doer):
            event.act = "strike"
        if event.act not in MOTIONS or event.doer is None:
            kept.append(event)
            continue
        before = first.setdefault(id(event.doer), event)
        if before is event:
            kept.append(event)
        else:
            _join(before, event)
    return [event for event in kept if not _follows(scene, event)]


def _join(before: Event, event: Event) -> None:
    """The second verb of the same doer adds a target, and what the first left open."""
    if event.target is not None and event.target is not before.target:
        if before.target is None:
            before.target, before.link = event.target, event.link or "into"
        elif before.link in _CARRIED:
            before.second = event.target
    if (
        event.act == "fall"
        and event.target is None
        and event.link in ("off", "down")
        and before.target is not None
    ):
        before.link = "off"
    for name in ("speed", "angle", "distance", "way", "source", "at", "spin"):
        if getattr(before, name) is None and getattr(event, name) is not None:
            setattr(before, name, getattr(event, name))
    before.others += [event.draft, *event.others]


def _follows(scene: Scene, event: Event) -> bool:
    """ "... is pushed and they topple": the toppling comes of the push, and needs none of its own."""
    if event.act == "hang":  # "hanging from a rope, swings into ..."
        return any(other.act == "swing" and other.doer is event.doer for other in scene.events)
    return event.act == "topple" and any(
        other is not event
        and (other.act == "push" or other.act in MOTIONS)
        and event.doer in (other.target, other.second, other.doer)
        for other in scene.events
    )


def _perform(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    _as_meant(event, block)
    performances: dict[str, Callable[[Scene, Stage, Event, Block], None]] = {
        "fly": fly,
        "strike": _strike,
        "fall": fall,
        "bounce": fall,
        "roll": travel,
        "slide": travel,
        "go": travel,
        "swing": swing,
        "hang": hang,
        "spin": spin,
        "float": float_about,
        "push": topple,
        "topple": topple,
    }
    if event.act not in performances:
        return
    performances[event.act](scene, stage, event, block)
    if event.at is not None and event.act not in ("push", "topple"):
        block.release_at = event.at
        event.sets(f"{block.thing.path}.release_at")
    if event.act in MOTIONS:
        stage.movers.add(block.thing.name)
        stage.subject = stage.subject or block.thing.names[0]


def _as_meant(event: Event, block: Block) -> None:
    """Verbs that mean another act with the words around them."""
    thing = block.thing
    stands = thing.entry.get("tips") or thing.arrangement in ("stack", "pyramid", "wall")
    if event.act == "fall" and stands and event.target is None and event.distance is None and not event.link:
        event.act = "topple"  # dominoes and towers fall where they stand
    elif event.act == "float" and event.target is not None:
        event.act, event.speed = "fly", event.speed if event.speed is not None else _DRIFT
    elif event.act == "push" and event.target is not None and event.link:
        event.act = "slide"  # "is pushed off the table"


def _knock_on(stage: Stage, event: Event, block: Block) -> None:
    """What was struck strikes the next: that one stands a little farther along the way."""
    target = stage.block(event.target) if event.target is not None else block
    way = stage.axis
    away = 1.5 * block.reach(way) + target.reach(way) + 0.02
    x, y, z = block.base
    target.base, target.support = (x + way[0] * away, y + way[1] * away, z), block.support


_ROLLS_AT = 10.0
"""What hits something faster than this was thrown [m/s]."""


def _rolls_up_to(stage: Stage, event: Event, target: Block) -> bool:
    """Whether a ball that hits something comes rolling: to another ball, and to what lies on a table."""
    block = stage.block(event.doer) if event.doer else target
    if not block.thing.entry.get("rolls") or (event.speed or 0.0) > _ROLLS_AT:
        return False
    on_table = target.support is not None and target.support.thing.entry["shape"] == "table"
    low = target.base[2] < 0.01 and bool(target.thing.entry.get("rolls"))
    return low or (on_table and target.thing.entry["shape"] != "pane")


def _strike(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """ "hits": a ball rolls into another ball and flies into all else; what is large slides."""
    if event.target is None and block.thing.count == 2:
        collide(scene, stage, event, block)
        return
    if event.target is None:
        raise event.draft.refuse(
            "must say what is hit", got="nothing", next_step="Name the thing that is hit."
        )
    rolls = bool(block.thing.entry.get("rolls"))
    if any(other.doer is not block.thing and other.target is block.thing for other in scene.events):
        _knock_on(stage, event, block)
        return
    if block.thing.entry.get("swings"):
        swing(scene, stage, event, block)
        return
    if _rolls_up_to(stage, event, stage.block(event.target)) or (block.solid.half[2] >= 0.2 and not rolls):
        travel(scene, stage, event, block)
    else:
        fly(scene, stage, event, block)
