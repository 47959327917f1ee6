"""Which bodies of a world are measured, and when: those that are well seen and move, by the tape alone.

A body counts while it is one piece, dynamic, at least `LEAST_AREA` px large, clear of the picture's border and hardly
hidden, for at least `LEAST_FRAMES` frames, if it moves by `LEAST_SPEED` px a frame on average and never beyond the
tracker's reach, and if the tracker can follow it where the truth is shown: what is of glass, or turns fast, it loses in
the procedural picture itself, and says nothing of any other. Every mode is measured on the same bodies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from diffusion_proof.tracking import chain_of, shift_of
from diffusion_proof.worlds import World

REACH = 24
"""Of the tracker along each axis [px]: an eighth of the picture a frame, three widths a second."""
LEAST_AREA, LEAST_FRAMES, LEAST_SPEED = 60, 5, 0.5
HIDDEN = 0.35
"""Most that the centre of what is seen may be off the body's own, in radii: more, and something hides a part."""
LEAST_SHARE = 0.6
"""Of its largest area."""
FOLLOWED = 0.5
"""Most that the tracker may err on the procedural picture, mean over a body's steps [px/frame]."""


@dataclass(frozen=True)
class Track:
    """A body over the frames in which it is well seen."""

    first: int
    """Frame."""
    masks: Bool[np.ndarray, "time row column"]
    """What is seen of it, exactly."""
    places: Float[np.ndarray, "time 2"]
    """Projected centre of mass [px], right and down."""

    @property
    def steps(self) -> Float[np.ndarray, "step 2"]:
        """From frame to frame [px]."""
        return np.diff(self.places, axis=0)

    @property
    def frames(self) -> slice:
        """Of the clip."""
        return slice(self.first, self.first + len(self.places))


@dataclass(frozen=True)
class Errors:
    """What a picture's bodies did, against the tape."""

    place: Float[np.ndarray, " frame"]
    """[px], of frames after the first of each track, in which the body is where the tape says."""
    velocity: Float[np.ndarray, " step"]
    """[px/frame]"""


def tracks_of(world: World) -> Iterator[Track]:
    """The bodies worth measuring."""
    pieces = np.bincount(world.tape.geometry.piece_body)
    for index, body in enumerate(world.shot.bodies):
        if body.motion != "dynamic" or pieces[index] != 1:
            continue
        masks = world.body == index
        places = np.concatenate(
            [
                world.camera.at(frame).project(world.camera.centre(body.name, frame)[None])
                for frame in range(len(masks))
            ]
        )
        run = _longest_run(_seen_well(masks, places))
        speeds = np.linalg.norm(np.diff(places[run], axis=0), axis=1)
        far = np.abs(np.diff(places[run], axis=0)).max(initial=0.0)
        if run.stop - run.start >= LEAST_FRAMES and speeds.mean() >= LEAST_SPEED and far < REACH:
            yield Track(run.start, masks[run], places[run])


def _seen_well(
    masks: Bool[np.ndarray, "time row column"], places: Float[np.ndarray, "time 2"]
) -> Bool[np.ndarray, " time"]:
    area = masks.sum((1, 2))
    edge = masks[:, [0, -1]].any((1, 2)) | masks[:, :, [0, -1]].any((1, 2))
    good = (area >= max(LEAST_AREA, LEAST_SHARE * area.max())) & ~edge
    for frame in np.flatnonzero(good):
        rows, columns = np.nonzero(masks[frame])
        centre = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
        good[frame] = np.linalg.norm(centre - places[frame]) < HIDDEN * np.sqrt(area[frame] / np.pi)
    return good


def _longest_run(good: Bool[np.ndarray, " time"]) -> slice:
    best, start = slice(0, 0), 0
    for frame, each in enumerate([*good, False]):
        if not each:
            if frame - start > best.stop - best.start:
                best = slice(start, frame)
            start = frame + 1
    return best


def errors_of(picture: Float[np.ndarray, "time row column 3"], track: Track, after: int = 0) -> Errors:
    """Of one body in one clip. Velocity: the pixels under the exact mask are looked for in the next frame, each pair
    anew. Place: they are followed from the first frame on. Only what ends later than frame `after` counts."""
    seen = picture[track.frames]
    late = np.arange(1, len(seen)) + track.first > after
    chain = chain_of(seen, track.masks[0], REACH)
    places = np.linalg.norm(chain + track.places[0] - track.places, axis=1)[1:]
    steps = [shift_of(seen[k], seen[k + 1], track.masks[k], REACH) for k in np.flatnonzero(late)]
    found = np.array([(step.right, step.down) for step in steps]).reshape(-1, 2)
    return Errors(places[late], np.linalg.norm(found - track.steps[late], axis=1))


def at_rest(track: Track) -> Errors:
    """Of a picture in which nothing moves."""
    away = np.linalg.norm(track.places - track.places[0], axis=1)[1:]
    return Errors(away, np.linalg.norm(track.steps, axis=1))
