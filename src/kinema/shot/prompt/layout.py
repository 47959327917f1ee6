"""Where things are before anything happens: relations solved in metres, nothing overlapping, all that rests resting."""

from __future__ import annotations

import math

from kinema.shot.body import Pane
from kinema.shot.prompt.arrange import block_of
from kinema.shot.prompt.scene import Relation, Scene, Thing
from kinema.shot.prompt.solids import frame_of, solid_of, stand_of
from kinema.shot.prompt.stage import RESTING_GAP, UPRIGHT, Block, Stage, about

PANE_ABOVE_GROUND = 0.15
"""Height of a framed pane's lower edge over what its frame stands on, per metre of pane [m/m]."""
LEVEL_PANE_ABOVE_GROUND = 0.45
"""Height of a level pane over the ground, per metre of pane [m/m]."""
LEAN = 15.0
"""Of what leans, off the plumb: friction holds it [deg]."""
_MOVES = {"fly", "fall", "roll", "slide", "swing", "strike", "bounce", "go"}
_SIDE = {
    "left_of": (-1, 0),
    "right_of": (1, 0),
    "beside": (1, 0),
    "behind": (0, 1),
    "front": (0, -1),
    "against": (0, -1),
}


def lay_out(scene: Scene) -> Stage:
    """A stage with every thing on it; movers stand where they would if they did not move."""
    stage = Stage()
    for thing in scene.things:
        stage.blocks[thing.name] = block_of(thing, solid_of(thing))
    for block in stage.blocks.values():
        block.free = _is_free(scene, block.thing)
        block.held = bool(block.thing.entry.get("held")) and block.thing.entry["shape"] != "pane"
        if not block.free and isinstance(block.solid.shape, Pane):
            _raise(scene, block, block.solid.shape)
        elif block.thing.lies:
            block.turn(about("x", 90.0))
    for event in scene.events:
        for relation in event.doer.relations if event.doer and event.act == "lean" else ():
            relation.angle = event.angle
    _place_roots(scene, stage)
    for thing in scene.things:
        _place(stage, thing, [])
    for block in list(stage.blocks.values()):
        if isinstance(block.solid.shape, Pane) and not block.free:
            scene.assumed.append(f"{block.thing.name} is held at its edges by a steel frame")
    return stage


def _raise(scene: Scene, block: Block, pane: Pane) -> None:
    """A framed pane stands over the ground; one that something falls onto lies level, at the height of a table."""
    if any(e.target is block.thing and e.act in ("fall", "bounce") for e in scene.events):
        block.turn(about("x", 90.0))
        block.level = True
        rise = LEVEL_PANE_ABOVE_GROUND * max(pane.width, pane.height)
    else:
        rise = _drop(pane)
    block.offsets = [(x, y, z + rise) for x, y, z in block.offsets]
    block.height += rise


def add_frames(stage: Stage) -> None:
    """The stands of framed panes, after the panes have their last places."""
    for block in stage.blocks.values():
        pane = block.solid.shape
        if not isinstance(pane, Pane) or block.free:
            continue
        lowest = block.offsets[0][2] - block.member_half[2] - RESTING_GAP
        shape, rise = (stand_of if block.level else frame_of)(pane, lowest)
        for name, (x, y, z) in zip(block.thing.names, block.positions(), strict=True):
            stage.extras.append(
                {
                    "name": f"{name}_frame",
                    "shape": shape,
                    "material": "steel",
                    "colour": "#24262a",
                    "position": (x, y, z + rise),
                    "rotation": UPRIGHT if block.level else block.rotation,
                    "motion": "static",
                }
            )


def _drop(pane: Pane) -> float:
    return PANE_ABOVE_GROUND * max(pane.width, pane.height)


def _is_free(scene: Scene, thing: Thing) -> bool:
    """A pane that leans, lies on something, or moves by itself is not framed."""
    moves = any(
        e.doer is thing and e.act in _MOVES | {"topple", "lean", "float", "hang", "spin"}
        for e in scene.events
    )
    leans = any(relation.kind in ("lean", "on", "above") for relation in thing.relations)
    return moves or leans or thing.lies or (thing.count > 1 and thing.arrangement == "stack")


# --- roots: things that are placed against nothing ------------------------------------------------------------


def _place_roots(scene: Scene, stage: Stage) -> None:
    """Side by side along x in order of mention, about the middle; what is hit stands at the middle."""
    movers = {id(e.doer) for e in scene.events if e.act in _MOVES and e.target is not None}
    roots = [stage.block(t) for t in scene.things if not t.relations and id(t) not in movers]
    targets = [b for b in roots if any(e.target is b.thing for e in scene.events)]
    roots = [*targets, *(b for b in roots if b not in targets)]
    if not roots:
        return
    left = right = roots[0].half[0]
    roots[0].placed = True
    for i, block in enumerate(roots[1:]):
        gap = 0.35 * max(roots[0].half[0], block.half[0]) + 0.03
        if i % 2 == 0:
            block.base = (right + gap + block.half[0], 0.0, RESTING_GAP)
            right += gap + 2 * block.half[0]
        else:
            block.base = (-left - gap - block.half[0], 0.0, RESTING_GAP)
            left += gap + 2 * block.half[0]
        block.placed = True
    roots[0].base = (0.0, 0.0, RESTING_GAP)


# --- relations -------------------------------------------------------------------------------------------------


def _place(stage: Stage, thing: Thing, chain: list[Thing]) -> None:
    block = stage.block(thing)
    if block.placed:
        return
    if thing in chain:
        raise thing.draft.refuse(
            "must not stand on or beside itself through others",
            got=" → ".join(t.name for t in [*chain, thing]),
            next_step="Take one of the relations out.",
        )
    for relation in thing.relations:
        if relation.other is not None:
            _place(stage, relation.other, [*chain, thing])
    block.base = (0.0, 0.0, RESTING_GAP)
    block.placed = True
    # supports first: what stands left of a thing on a table stands on that table too
    for relation in sorted(thing.relations, key=lambda r: r.kind in _SIDE):
        if relation.other is not None:
            _apply(stage, block, relation, stage.block(relation.other))


def _apply(stage: Stage, block: Block, relation: Relation, other: Block) -> None:
    if relation.kind in _SIDE:
        _beside(stage, block, relation, other)
    elif relation.kind == "on":
        block.support = other
        block.base = (other.base[0], other.base[1], other.top + RESTING_GAP)
        _share(stage, other)
    elif relation.kind == "above":
        distance = relation.distance if relation.distance is not None else 0.5
        block.base = (other.base[0], other.base[1], other.top + distance)
    elif relation.kind == "under":
        _under(block, relation, other)
    elif relation.kind == "lean":
        _lean(block, relation, other)


def _beside(stage: Stage, block: Block, relation: Relation, other: Block) -> None:
    side = _SIDE[relation.kind]
    gap = 0.1 * (block.reach(side) + other.reach(side)) + 0.01
    if relation.kind == "against":
        gap = 1e-3
    gap = relation.distance if relation.distance is not None else gap
    level = block.base[2] if block.support else other.base[2]
    # the first free place on that side, then on the other for "beside"
    for turn in range(200):
        sign = -1 if relation.kind == "beside" and turn % 2 else 1
        away = other.reach(side) + block.reach(side) + gap
        away += (turn // 2 if relation.kind == "beside" else turn) * (2 * block.reach(side) + 0.02)
        x, y = (other.base[i] + sign * side[i] * away for i in (0, 1))
        if block.support is other:
            x, y = other.base[0], other.base[1]
        block.base, block.support = (x, y, level), block.support or other.support
        if not any(_overlap(block, b) for b in stage.blocks.values() if b is not block and b.placed):
            return


def _overlap(a: Block, b: Block) -> bool:
    flat = all(abs(a.base[i] - b.base[i]) < a.half[i] + b.half[i] for i in (0, 1))
    return flat and a.base[2] < b.top and b.base[2] < a.top


def _share(stage: Stage, other: Block) -> None:
    """Several things on one: side by side along x, about its middle."""
    there = [b for b in stage.blocks.values() if b.placed and b.support is other and _only_on(b)]
    gap = 0.25 * min(b.half[0] for b in there) + 0.02
    width = sum(2 * b.half[0] for b in there) + gap * (len(there) - 1)
    if len(there) > 1 and width > 2 * other.half[0]:
        raise there[-1].thing.draft.refuse(
            f"must fit on the {other.thing.kind}",
            got=f"{width:.2f} m of things on {2 * other.half[0]:.2f} m",
            next_step="Make them smaller or the support larger.",
        )
    x = other.base[0] - width / 2
    for block in there:
        block.base = (x + block.half[0], block.base[1], block.base[2])
        x += 2 * block.half[0] + gap


def _only_on(block: Block) -> bool:
    return not any(relation.kind in _SIDE for relation in block.thing.relations)


def _under(block: Block, relation: Relation, other: Block) -> None:
    room = other.base[2] + other.height
    if other.thing.entry["shape"] == "table":
        room -= 0.04
    elif other.base[2] <= 2 * RESTING_GAP:
        other.base = (*other.base[:2], block.height + 2 * RESTING_GAP + (relation.distance or 0.5))
        room = other.base[2]
    if block.height > room:
        raise relation.draft.refuse(
            f"must fit under the {other.thing.kind}",
            got=f"{block.height:.2f} m high, {room:.2f} m of room",
            next_step="Make it smaller.",
        )
    block.base = (other.base[0], other.base[1], RESTING_GAP)


def _lean(block: Block, relation: Relation, other: Block) -> None:
    """Against the near face of the other: foot out, top touching its face or, if that is lower, its upper edge.

    Turned by a about x, the rear face of a box of half depth d and half height h runs from its lowest edge
    (d cos a - h sin a) up; at t along it from the middle it stands back d cos a + t sin a.
    """
    degrees = relation.angle if relation.angle is not None else LEAN
    if not 0 < degrees < 60:
        raise relation.draft.refuse(
            "must lean by more than 0 and less than 60 degrees",
            got=f"{degrees:g}°",
            next_step="Correct the angle.",
        )
    block.rotation = about("x", -degrees)
    width, d, h = block.solid.half
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    rise = h * c + d * s
    t = (min(other.height, 2 * h * c) - rise + d * s) / c
    block.half, block.height = (width, h * s + d * c), 2 * rise
    block.offsets = [(0.0, 0.0, rise)] * len(block.offsets)
    face = other.base[1] - other.half[1]
    block.base = (other.base[0], face - (d * c + t * s) - 1e-4, other.base[2])
    block.support = other.support
