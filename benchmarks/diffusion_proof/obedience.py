"""Table: do outlines, light, colour and texture of painted pixels follow the control?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from diffusion_proof.colour import luminance, mean_difference
from diffusion_proof.lambert import angle_between, light_direction
from diffusion_proof.painting import Way, painted
from diffusion_proof.separation import contrast, outline_overlap
from diffusion_proof.sticking import detail_of, slip
from diffusion_proof.worlds import World, styles_of, worlds_of
from kinema.diffusion.control import NORMAL
from kinema.diffusion.manifest import read_manifest
from kinema.shot.body import Capsule, Cylinder, Sphere

TRUE, DRIVEN, OTHER, NOISELESS = (
    "procedural picture",
    "driven by the world",
    "control of another world",
    "instance noise zeroed",
)
LEAST_AREA = 120
"""Pixels of a body that is measured."""
LEAST_CONTRAST = 12.0
"""Between a body and its surroundings in the procedural picture (CIE 1976), for its outline to count."""
MOST_STYLES = 3
AT = (0, 8, 16)
"""Frames that are measured."""
STEADY = slice(9, 17)
"""Frames over which texture is followed: one latent frame's."""

Found = dict[tuple[str, str], dict[str, list[float]]]
"""By style and picture, by measure."""


def obedience(weights: Path, count: int) -> list[dict[str, Any]]:
    """Means over bodies, on `count` worlds each of training's distribution and out of it.

    `outline`: intersection over union (`separation`). `colour_off`: of a body's mean colour from the procedural
    picture's (CIE 1976). `light_off_degree`: between the light fitted to round bodies' luminance (`lambert`) and the
    scene's strongest light; `light_apart_degree`: and the light fitted to the procedural picture. `slip`: variance of
    fine detail along exact motion over its variance (`sticking`): 0 sticks, 1 swims; `detail`: the latter's root,
    [-1, 1]. "procedural picture" is what each method says of the truth.
    """
    styles = styles_of(read_manifest(weights)["styles"], MOST_STYLES)
    found: Found = defaultdict(lambda: defaultdict(list))
    before: World | None = None
    for split in ("train", "out_of_distribution"):
        for world in worlds_of(split, count):
            for style in styles:
                true = world.pictured(style)
                pictures = {
                    TRUE: true,
                    DRIVEN: painted(weights, world, style),
                    NOISELESS: painted(weights, world, style, Way(noiseless=True)),
                }
                if before is not None:
                    pictures[OTHER] = painted(weights, world, style, controlled_by=before)
                for name, picture in pictures.items():
                    _measure(found[style, name], world, picture, true)
            before = world
    order = (TRUE, DRIVEN, NOISELESS, OTHER)
    return [_row(style, name, found[style, name]) for style in styles for name in order]


def _row(style: str, name: str, measured: dict[str, list[float]]) -> dict[str, Any]:
    row: dict[str, Any] = {"style": style, "picture": name}
    for measure in ("outline", "colour_off", "light_off_degree", "light_apart_degree", "slip", "detail"):
        values = measured.get(measure)
        row[measure] = float(np.mean(values)) if values else None
    return {
        **row,
        "bodies": len(measured.get("colour_off", ())),
        "lit": len(measured.get("light_off_degree", ())),
    }


def _measure(
    into: dict[str, list[float]],
    world: World,
    picture: Float[np.ndarray, "time row column 3"],
    true: Float[np.ndarray, "time row column 3"],
) -> None:
    """Add what a clip shows to the lists."""
    for frame, index, mask in _bodies(world):
        others = (world.body[frame] >= 0) & ~mask & _moving(world)[world.body[frame]]
        into["colour_off"].append(mean_difference(picture[frame], true[frame], mask))
        if contrast(true[frame], mask) > LEAST_CONTRAST:
            overlap = outline_overlap(picture[frame], mask, others)
            if overlap is not None:
                into["outline"].append(overlap)
        if isinstance(world.shot.bodies[index].shape, Sphere | Capsule | Cylinder):
            _light(into, world, frame, mask, picture[frame], true[frame])
    slipped = slip(detail_of(picture[STEADY]), world.motion[STEADY], world.piece[STEADY])
    if slipped is not None and slipped[1] > 0:
        into["slip"].append(slipped[0] / slipped[1])
        into["detail"].append(slipped[1] ** 0.5)


def _bodies(world: World) -> Iterator[tuple[int, int, Bool[np.ndarray, "row column"]]]:
    """(Frame, body, mask) of whole dynamic bodies that are large enough."""
    pieces = np.bincount(world.tape.geometry.piece_body)
    for frame in AT:
        for index, body in enumerate(world.shot.bodies):
            mask = world.body[frame] == index
            if body.motion == "dynamic" and pieces[index] == 1 and mask.sum() >= LEAST_AREA:
                yield frame, index, mask


def _moving(world: World) -> Bool[np.ndarray, " body"]:
    """Of each body, whether it is dynamic; the last, for index -1, is not."""
    return np.array([*(body.motion == "dynamic" for body in world.shot.bodies), False])


def _light(
    into: dict[str, list[float]],
    world: World,
    frame: int,
    mask: Bool[np.ndarray, "row column"],
    picture: Float[np.ndarray, "row column 3"],
    true: Float[np.ndarray, "row column 3"],
) -> None:
    """The light by a round body, against the scene's and the procedural picture's."""
    scene = _strongest_light(world, frame)
    normals = world.control[frame][mask][:, NORMAL].astype(float)
    shown, wanted = (light_direction(normals, luminance(each[mask])) for each in (picture, true))
    if scene is None or shown is None or wanted is None:
        return
    into["light_off_degree"].append(angle_between(shown, scene))
    into["light_apart_degree"].append(angle_between(shown, wanted))


def _strongest_light(world: World, frame: int) -> Float[np.ndarray, " 3"] | None:
    """Unit vector towards it in the frame's camera: right, up, towards the camera. None if it shines from all round.
    From the scene tokens, whose lights come strongest first and are seen from the first frame's camera."""
    rows, kinds = world.scene("painted")
    direction = rows[kinds == 1][0, 6:9].astype(float)
    if np.linalg.norm(direction) < 0.5:
        return None
    first, now = world.camera.at(0), world.camera.at(frame)
    axes = [np.stack([view.right, view.up, -view.forward]) for view in (first, now)]
    return axes[1] @ axes[0].T @ direction / np.linalg.norm(direction)
