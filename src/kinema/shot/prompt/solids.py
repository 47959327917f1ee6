"""A thing as a solid: the sizes that were said, the rest from its entry, and the mass that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from kinema.shot.body import (
    Box,
    Capsule,
    Compound,
    Cone,
    ConvexHull,
    Cylinder,
    Pane,
    Placed,
    Shape,
    Sphere,
    Vase,
)
from kinema.shot.material import library
from kinema.shot.prompt.scene import Thing

THINNEST_SIDE_OF_A_PANE = 0.03
"""A bare length up to this is a pane's thickness [m]."""
SMALLEST, LARGEST = 1e-4, 1000.0
"""Of any measure of a body in a prompt [m]."""
_FILL = {"vase": 0.12, "egg": 0.52, "ramp": 0.5, "table": 0.1, "hammer": 0.3}
"""Share of the bounding box that is matter."""


@dataclass(frozen=True)
class Solid:
    """A shape with its half extents along x, y, z [m], and a mass if it is not density times volume."""

    shape: Any
    half: tuple[float, float, float]
    mass: float | None
    """Set apart from density [kg]."""
    kilograms: float
    """What it weighs, near enough to push it [kg]."""
    material: str


def solid_of(thing: Thing) -> Solid:
    """Raises `ShotError` for measures the shape does not have."""
    material = thing.material or thing.entry["material"]
    size = {name: value * thing.factor for name, value in thing.entry["size"].items()}
    said = bool(thing.lengths or thing.measures)
    _apply_lengths(thing, size)
    for measure, value in thing.measures.items():
        if measure == "span":  # of the row, not of one of it
            continue
        _apply_measure(thing, size, measure, value)
    mass = thing.mass
    density = thing.density or library()[material].density
    if mass is not None and thing.entry.get("solid") and not said and (volume := _volume(thing, size)):
        scale = (mass / (density * volume)) ** (1 / 3)
        size = {name: value * scale for name, value in size.items()}
    if mass is None and thing.mass is None and thing.density is None and thing.entry.get("mass"):
        entry_size, volume = thing.entry["size"], _box_volume(size)
        own = thing.material is None or not thing.entry.get("solid")
        mass = thing.entry["mass"] * volume / _box_volume(entry_size) if own else None
    if any(not SMALLEST <= value <= LARGEST for value in size.values()):
        raise thing.draft.refuse(
            f"must be between {SMALLEST * 1000:g} mm and {LARGEST:g} m in every measure",
            got=", ".join(f"{name} {value:.3g} m" for name, value in size.items()),
            next_step="Correct the size or the mass.",
        )
    shape, half = _build(thing, size)
    volume = _volume(thing, size) or _FILL.get(thing.entry["shape"], 0.5) * _box_volume(size)
    return Solid(
        shape=shape,
        half=half,
        mass=mass if mass is None else round(mass, 9),
        kilograms=mass if mass is not None else density * volume,
        material=material,
    )


def _apply_lengths(thing: Thing, size: dict[str, float]) -> None:
    """Bare lengths: the side, diameter or thickness that a length means for this shape."""
    lengths = list(thing.lengths)
    if thing.entry["shape"] == "pane":
        thin = [v for v in lengths if v <= THINNEST_SIDE_OF_A_PANE]
        lengths = [v for v in lengths if v > THINNEST_SIDE_OF_A_PANE]
        if thin:
            size["depth"] = thin[-1]
        if lengths:
            size["width"], size["height"] = lengths[0], lengths[-1]
    elif "diameter" in size and "height" not in size:
        if lengths:
            size["diameter"] = lengths[0]
    elif len(lengths) >= 3 and "width" in size:
        size["width"], size["depth"], size["height"] = lengths[:3]
    elif len(lengths) == 2:
        size["width" if "width" in size else "diameter"], size["height"] = lengths
    elif len(lengths) == 1 and "stiff" in thing.entry:
        size[thing.entry["stiff"]] = lengths[0]
    elif len(lengths) == 1:
        scale = lengths[0] / max(size.values())
        size.update({name: value * scale for name, value in size.items()})


def _apply_measure(thing: Thing, size: dict[str, float], measure: str, value: float) -> None:
    shape = thing.entry["shape"]
    thinnest, longest = min(size, key=lambda n: size[n]), max(size, key=lambda n: size[n])
    if measure in size:
        size[measure] = value
    elif measure == "radius" and "diameter" in size:
        size["diameter"] = 2 * value
    elif (measure in ("width", "depth") and "diameter" in size) or (
        measure in ("height", "length") and shape == "sphere"
    ):
        size["diameter"] = value
    elif measure == "thickness" and "width" in size:
        size[thinnest] = value
    elif measure == "thickness" and "height" in size:
        size["height"] = value
    elif measure == "length":
        size[longest if shape != "ramp" else "width"] = value
    elif measure == "side" and "width" in size:
        size["width"] = size["height"] = value
        if size["depth"] == thing.entry["size"]["width"] * thing.factor:
            size["depth"] = value
    elif measure == "angle" and shape == "ramp" and 0 < value < 80:
        size["height"] = size["width"] * math.tan(math.radians(value))
    else:
        raise thing.draft.refuse(
            f"has no {measure} kinema could set to that",
            got=f"{measure} {value:g}",
            next_step=f"A {thing.kind} has {', '.join(size)}; a ramp has an angle up to 80 degrees.",
        )


def _box_volume(size: dict[str, float]) -> float:
    if "width" in size:
        return size["width"] * size["depth"] * size["height"]
    return size["diameter"] ** 2 * size.get("height", size["diameter"])


def _volume(thing: Thing, size: dict[str, float]) -> float | None:
    r, h = size.get("diameter", 0.0) / 2, size.get("height", 0.0)
    match thing.entry["shape"]:
        case "sphere":
            return 4 / 3 * math.pi * r**3
        case "box" | "pane":
            return _box_volume(size)
        case "cylinder":
            return math.pi * r * r * h
        case "cone":
            return math.pi * r * r * h / 3
        case "capsule":
            return math.pi * r * r * (h - 2 * r) + 4 / 3 * math.pi * r**3
    return None


def _build(thing: Thing, size: dict[str, float]) -> tuple[Shape, tuple[float, float, float]]:
    d, h = size.get("diameter", 0.0), size.get("height", 0.0)
    w, t = size.get("width", d), size.get("depth", d)
    half = (w / 2, t / 2, (h or d) / 2)
    match thing.entry["shape"]:
        case "sphere":
            return Sphere(radius=d / 2), half
        case "box":
            return Box(size=(w, t, h)), half
        case "cylinder":
            return Cylinder(radius=d / 2, height=h), half
        case "cone":
            return Cone(radius=d / 2, height=h), half
        case "capsule":
            straight = max(h - d, 0.05 * d)
            return Capsule(radius=d / 2, height=straight), (d / 2, d / 2, (straight + d) / 2)
        case "pane":
            return Pane(width=w, height=h, thickness=t), half
        case "vase":
            profile = tuple((round(r * d / 2, 6), round(z * h, 6)) for r, z in thing.entry["profile"])
            scale = d / thing.entry["size"]["diameter"]
            wall = min(thing.entry["wall"] * scale, 0.4 * min(r for r, _ in profile))
            return Vase(profile=profile, wall=wall), half
        case "ramp":
            x, y, z = half
            corners = ((-x, -y, -z), (-x, y, -z), (x, -y, -z), (x, y, -z), (-x, -y, z), (-x, y, z))
            return ConvexHull(points=corners), half
        case "hammer":
            return _hammer(half), half
        case "egg":
            return ConvexHull(points=_egg(d / 2, h / 2)), half
        case _:
            return _table(half), half


def _hammer(half: tuple[float, float, float]) -> Compound:
    """A head across the end of a handle, lying on its side: width along the handle, height along the head."""
    x, y, z = half
    head = 0.12 * x
    handle = Placed(
        shape=Cylinder(radius=0.7 * y, height=2 * (x - head)),
        position=(-head, 0.0, 0.0),
        rotation=(math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0),
    )
    return Compound(
        parts=(handle, Placed(shape=Box(size=(2 * head, 2 * y, 2 * z)), position=(x - head, 0.0, 0.0)))
    )


def _egg(radius: float, half_height: float) -> tuple[tuple[float, float, float], ...]:
    """An ellipsoid, blunter below: 12 rings of 24 points and two poles."""
    points = [(0.0, 0.0, -half_height), (0.0, 0.0, half_height)]
    for i in range(1, 13):
        phi = math.pi * i / 13
        ring = radius * math.sin(phi) * (1 - 0.12 * math.cos(phi)) / 1.0072
        for k in range(24):
            theta = 2 * math.pi * k / 24
            points.append((ring * math.cos(theta), ring * math.sin(theta), half_height * math.cos(phi)))
    return tuple(points)


def _table(half: tuple[float, float, float]) -> Compound:
    """A top on four legs; solids touch and do not overlap."""
    x, y, z = half
    top, leg = min(0.04, 0.3 * z), min(0.06, 0.3 * min(x, y))
    tall = 2 * z - top
    legs = tuple(
        Placed(shape=Box(size=(leg, leg, tall)), position=(sx * (x - leg), sy * (y - leg), -top / 2))
        for sx in (-1, 1)
        for sy in (-1, 1)
    )
    board = Placed(shape=Box(size=(2 * x, 2 * y, top)), position=(0.0, 0.0, z - top / 2))
    return Compound(parts=(board, *legs))


def frame_of(pane: Pane, drop: float) -> tuple[Compound, float]:
    """A stand that holds a pane at its edges, a millimetre off: (shape, height of its centre over the pane's [m]).

    Two posts, two rails and two feet; `drop` is the height of the pane's lower edge above the ground [m].
    """
    largest = max(pane.width, pane.height)
    bar, gap, sill = max(0.02, 0.035 * largest), 0.001, max(0.01, 0.02 * largest)
    bar = min(bar, 0.5 * (drop - gap))
    x, top, floor = pane.width / 2 + gap + bar / 2, pane.height / 2 + gap + bar, -pane.height / 2 - drop
    centre = (top + floor) / 2
    posts = [
        Placed(
            shape=Box(size=(bar, bar, top - floor - sill)),
            position=(side * x, 0.0, (top + floor + sill) / 2 - centre),
        )
        for side in (-1.0, 1.0)
    ]
    feet = [
        Placed(
            shape=Box(size=(1.6 * bar, 0.4 * largest, sill)),
            position=(side * x, 0.0, floor + sill / 2 - centre),
        )
        for side in (-1.0, 1.0)
    ]
    rails = [
        Placed(shape=Box(size=(2 * x - bar, bar, bar)), position=(0.0, 0.0, z - centre))
        for z in (top - bar / 2, -pane.height / 2 - gap - bar / 2)
    ]
    return Compound(parts=(*posts, *feet, *rails)), centre


def stand_of(pane: Pane, clear: float) -> tuple[Compound, float]:
    """Four rails and four legs round a level pane, a millimetre off: (shape, height of its centre over the pane's [m]).

    The pane's width lies along x and its height along y; `clear` is the height of its underside over the ground [m].
    """
    largest = max(pane.width, pane.height)
    bar, gap = max(0.015, 0.03 * largest), 0.001
    x, y = pane.width / 2 + gap, pane.height / 2 + gap
    top, floor = pane.thickness / 2, -pane.thickness / 2 - clear
    centre, rail = (top + floor) / 2, top - bar / 2
    sides = (-1.0, 1.0)
    parts = [
        *(
            Placed(shape=Box(size=(2 * x, bar, bar)), position=(0.0, s * (y + bar / 2), rail - centre))
            for s in sides
        ),
        *(
            Placed(shape=Box(size=(bar, 2 * y, bar)), position=(s * (x + bar / 2), 0.0, rail - centre))
            for s in sides
        ),
        *(
            Placed(
                shape=Box(size=(bar, bar, top - floor)), position=(s * (x + bar / 2), t * (y + bar / 2), 0.0)
            )
            for s in sides
            for t in sides
        ),
    ]
    return Compound(parts=tuple(parts)), centre
