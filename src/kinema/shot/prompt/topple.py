"""Pushing things over, or along."""

from __future__ import annotations

import math

from kinema.shot.prompt.scene import Event, Scene
from kinema.shot.prompt.stage import Block, Stage
from kinema.shot.prompt.timing import lead

_PUSH_AT = 0.25
"""World time of a push, unless said: the viewer sees the thing at rest first [s]."""
_SHARE = 1.5
"""Turning speed given, over the least that carries a body across its edge."""
_PUSHED_SPEED = 1.5
"""Of a squat thing that is pushed, and slides [m/s]."""


def topple(scene: Scene, stage: Stage, event: Event, block: Block) -> None:
    """An impulse: near the top of what is tall or must fall over, through the middle of what slides."""
    target = stage.block(event.target) if event.act == "push" and event.target is not None else block
    thing = target.thing
    member = _member(event, target)
    in_row = thing.arrangement in ("row", None)
    sign = (
        -1.0
        if event.way == "left" or (event.way is None and in_row and 0 < member == thing.count - 1)
        else 1.0
    )
    over_x = thing.count > 1 or target.solid.half[0] <= 1.01 * target.solid.half[1]
    half = target.solid.half[0 if over_x else 1]
    tall = target.solid.half[2] > 1.4 * half
    above = thing.count - member if thing.arrangement == "stack" else 1
    if event.impulse is not None:
        impulse = event.impulse
    elif event.speed is not None or (event.act == "push" and not tall):
        impulse = target.solid.kilograms * (event.speed or _PUSHED_SPEED)
    else:
        impulse = above * _impulse_over(target.solid.kilograms, half, target.solid.half[2], stage.gravity)
    through_top = event.act == "topple" or (tall and event.speed is None)
    push = {
        "body": thing.names[member],
        "at": event.at if event.at is not None else round(min(_PUSH_AT, 0.5 * lead(scene)), 4),
        "impulse": tuple(round(sign * impulse * d, 9) for d in ((1, 0, 0) if over_x else (0, 1, 0))),
    }
    if through_top:
        push["point"] = (0.0, 0.0, round(0.8 * target.solid.half[2], 9))
    stage.pushes.append(push)
    reach = 2 * target.solid.half[2] if tall else 0.8
    way = (sign, 0.0) if over_x else (0.0, sign)
    stage.happens(push["at"] + _fall_time(target, stage.gravity))
    x, y, z = target.centre
    stage.paths.append(
        [(x, y, z), (x + way[0] * (target.half[0] + reach), y + way[1] * reach, target.base[2])]
    )
    stage.subject = stage.subject or thing.names[member]
    if event.impulse is None and event.speed is None:
        scene.assumed.append(f"{thing.names[member]} is pushed with {impulse:.3g} N s")
    event.sets("forces.pushes")


def _fall_time(target: Block, gravity: float) -> float:
    """Until the last has fallen [s]: one turns over in some 3 sqrt(h/g); along a row the wave runs at about
    1.5 sqrt(g h) (Stronge and Shu, Proc. R. Soc. A 418, 1988, of dominoes half a height apart)."""
    height = 2 * target.solid.half[2]
    one = 3 * math.sqrt(height / (gravity or 9.80665))
    if target.thing.arrangement not in ("row", None) or target.thing.count == 1:
        return one + math.sqrt(2 * target.height / (gravity or 9.80665))
    return one + 2 * max(target.half) / (1.5 * math.sqrt((gravity or 9.80665) * height))


def _member(event: Event, target: Block) -> int:
    """Which of several is pushed: as said; the first of a row; the middle one of a stack."""
    n = target.thing.count
    if event.member is not None:
        return event.member % n
    return 0 if target.thing.arrangement in ("row", None) else n // 2


def _impulse_over(mass: float, half_width: float, half_height: float, gravity: float) -> float:
    """Impulse at nine tenths of the height that turns a box over its lower edge [N s].

    To stand on its edge the centre rises by r - h, r² = b² + h²; about that edge the inertia of a plate is
    (4/3) m r². From I omega²/2 = m g (r - h), with `_SHARE` times that speed: J = I omega / (1.8 h).
    """
    r = math.hypot(half_width, half_height)
    inertia = 4 / 3 * mass * r * r
    rise = r - half_height
    omega = _SHARE * math.sqrt(2 * mass * (gravity or 9.80665) * rise / inertia)
    return inertia * omega / (1.8 * half_height)
