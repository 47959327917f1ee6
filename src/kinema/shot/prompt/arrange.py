"""How several bodies of a kind stand together: row, stack, pyramid, wall, ring, pile."""

from __future__ import annotations

import math

from kinema.shot.prompt.scene import Thing
from kinema.shot.prompt.solids import Solid
from kinema.shot.prompt.stage import LENGTHWAYS, RESTING_GAP, UPRIGHT, Block, Vector, about

LONGEST_ROW = 12
"""More things of a kind than this, with no word on how they stand, make a pile."""


def block_of(thing: Thing, solid: Solid) -> Block:
    """The members of a thing about the middle of its base."""
    rotation = _attitude(thing, solid)
    block = Block(thing, solid, [], (0.0, 0.0), 0.0, rotation=rotation)
    x, y, z = block.member_half
    arrange = {
        "row": _row,
        "stack": _stack,
        "pyramid": _pyramid,
        "wall": _wall,
        "ring": _ring,
        "pile": _pile,
        "rack": _rack,
    }
    kind = thing.arrangement or ("row" if thing.count <= LONGEST_ROW else "pile")
    block.offsets = [(a, b, c + z) for a, b, c in arrange[kind](thing, (x, y, z))]
    block.half = (
        max(abs(a) for a, _, _ in block.offsets) + x,
        max(abs(b) for _, b, _ in block.offsets) + y,
    )
    block.height = max(c for _, _, c in block.offsets) + z
    return block


def _attitude(thing: Thing, solid: Solid) -> tuple[float, float, float, float]:
    """Planks and logs lie along x unless they lean; what is thin lies flat in a stack; all else stands as built."""
    x, y, z = solid.half
    leans = any(relation.kind == "lean" for relation in thing.relations)
    if thing.entry.get("lies") and not leans:
        return LENGTHWAYS if thing.entry["shape"] == "box" else about("y", 90.0)
    flat = thing.arrangement in ("stack", "pile") and thing.entry["shape"] == "box" and y < 0.2 * min(x, z)
    return about("x", 90.0) if flat else UPRIGHT


def _row(thing: Thing, half: Vector) -> list[Vector]:
    """Along x. Thin upright things stand half their height apart, as dominoes do; others with a gap of a fifth."""
    x, _, z = half
    pitch = 2 * x + 0.2 * 2 * x if x > 0.25 * z else max(1.0 * z, 2.5 * x)
    n = thing.count
    if "span" in thing.measures and n > 1:
        pitch = (thing.measures["span"] - 2 * x) / (n - 1)
        if pitch < 2 * x:
            raise thing.draft.refuse(
                f"must be long enough for {n} of them",
                got=f"{thing.measures['span']:g} m",
                next_step="Make the row longer, or the things fewer or smaller.",
            )
    return [((i - (n - 1) / 2) * pitch, 0.0, 0.0) for i in range(n)]


def _stack(thing: Thing, half: Vector) -> list[Vector]:
    return [(0.0, 0.0, i * (2 * half[2] + RESTING_GAP)) for i in range(thing.count)]


def _pyramid(thing: Thing, half: Vector) -> list[Vector]:
    """Courses of one fewer each, in the x-z plane, filled from below; balls lie in the hollows of four below."""
    x, _, z = half
    if thing.entry["shape"] == "sphere":
        return _ball_pyramid(thing.count, x)
    longest = next(k for k in range(1, thing.count + 1) if k * (k + 1) // 2 >= thing.count)
    places: list[Vector] = []
    pitch = 2 * x * 1.02
    for course in range(longest):
        wide = longest - course
        for i in range(wide):
            places.append(((i - (wide - 1) / 2) * pitch, 0.0, course * (2 * z + RESTING_GAP)))
    return places[: thing.count]


def _ball_pyramid(count: int, radius: float) -> list[Vector]:
    """Square layers; each rests on four of the one below, sqrt(2) radii higher."""
    side = next(k for k in range(1, count + 1) if k * (k + 1) * (2 * k + 1) // 6 >= count)
    pitch = 2 * radius + RESTING_GAP
    return [
        ((i - (wide - 1) / 2) * pitch, (k - (wide - 1) / 2) * pitch, (side - wide) * pitch / math.sqrt(2))
        for wide in range(side, 0, -1)
        for k in range(wide)
        for i in range(wide)
    ][:count]


def _wall(thing: Thing, half: Vector) -> list[Vector]:
    """Running bond: each course half a brick off the one below; about twice as long as high."""
    x, _, z = half
    wide = max(1, round(math.sqrt(2 * thing.count * z / x)))
    pitch = 2 * x + max(RESTING_GAP, 0.002 * x)
    places = []
    for i in range(thing.count):
        course, place = divmod(i, wide)
        shift = 0.25 if course % 2 else -0.25
        places.append(((place - (wide - 1) / 2 + shift) * pitch, 0.0, course * (2 * z + RESTING_GAP)))
    return places


def _ring(thing: Thing, half: Vector) -> list[Vector]:
    n, size = thing.count, 2 * math.hypot(half[0], half[1])
    radius = max(size, 1.4 * size / (2 * math.sin(math.pi / max(n, 2))))
    return [
        (radius * math.sin(2 * math.pi * i / n), -radius * math.cos(2 * math.pi * i / n), 0.0)
        for i in range(n)
    ]


def _rack(thing: Thing, half: Vector) -> list[Vector]:
    """A triangle on the ground, point towards -x: bowling pins 0.3048 m apart (USBC specifications), others alike;
    balls touch."""
    touching = 2 * half[0] + RESTING_GAP
    pitch = touching if thing.entry["shape"] == "sphere" else 0.3048 / 0.09 * 2 * half[0]
    places: list[Vector] = []
    row = 0
    while len(places) < thing.count:
        x = row * pitch * math.sqrt(3) / 2
        places += [(x, (i - row / 2) * pitch, 0.0) for i in range(row + 1)]
        row += 1
    middle = places[thing.count - 1][0] / 2
    return [(x - middle, y, z) for x, y, z in places[: thing.count]]


def _pile(thing: Thing, half: Vector) -> list[Vector]:
    """A loose heap: layers that shrink upwards, each member free to settle."""
    x, y, z = half
    side = max(1, math.ceil((3 * thing.count) ** (1 / 3)))
    places: list[Vector] = []
    layer = 0
    while len(places) < thing.count:
        wide = max(1, side - layer)
        places += [
            ((i - (wide - 1) / 2) * 2.06 * x, (k - (wide - 1) / 2) * 2.06 * y, layer * 2.02 * z)
            for i in range(wide)
            for k in range(wide)
        ]
        layer += 1
    return places[: thing.count]
