"""Real tapes that take milliseconds: closed forms stepped by the analytic engine, and matter that stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from kinema.physics.analytic import Analytic
from kinema.physics.build import build_world
from kinema.physics.recorder import initial_state
from kinema.physics.tape import Contacts, Cracks, Ledger, Tape
from kinema.shot.files import validate_shot
from kinema.shot.shot import Shot

SUN = {"kind": "sun", "name": "sun"}


@dataclass(frozen=True)
class Played:
    """A shot and what happened in it."""

    shot: Shot
    tape: Tape


@pytest.fixture(scope="session")
def flight() -> Played:
    """Two steel balls in the air: red strikes blue off centre at 0.43 s; blue meets the floor at 0.88 s."""
    shot = validate_shot(
        {
            "title": "Two balls",
            "bodies": [
                _ball("red", 1, [-1, 0, 3], [3, 0, 1]),
                _ball("blue", 2, [0.5, 0.05, 3], [0, 0, 1]),
                {
                    "name": "crate",
                    "shape": {"kind": "box", "size": [0.5] * 3},
                    "motion": "static",
                    "position": [0, 2, 0.5],
                },
                {"name": "floor", "shape": {"kind": "plane"}},
            ],
            "lights": [SUN],
            "camera": {"position": [0, -6, 2], "aim": [0, 0, 2]},
            "timing": {"frames": 24},
            "goals": [{"kind": "hits", "a": "red", "b": "blue"}],
        }
    )
    return Played(shot, Analytic().simulate(build_world(shot)))


def _ball(name: str, mass: float, position: list[float], velocity: list[float]) -> dict[str, Any]:
    shape = {"kind": "sphere", "radius": 0.1}
    return {
        "name": name,
        "shape": shape,
        "material": "steel",
        "mass": mass,
        "position": position,
        "velocity": velocity,
    }


@pytest.fixture(scope="session")
def stand_still() -> Callable[[dict[str, Any]], Played]:
    """Any shot, with nothing happening in it for two frames."""

    def play(tree: dict[str, Any]) -> Played:
        shot = validate_shot({"lights": [SUN], "timing": {"frames": 2}, **tree})
        world = build_world(shot)
        state = initial_state(world)
        samples = 4

        def held(values: np.ndarray, kind: type) -> np.ndarray:
            return np.repeat(values[None], samples, axis=0).astype(kind)

        none, nothing = np.zeros(0), np.zeros(samples)
        weights = np.array([piece.mass for body in world.bodies for piece in body.pieces])
        dynamic = np.array([b.motion == "dynamic" for b in world.bodies])[world.geometry.piece_body]
        height = 9.80665 * float((weights * dynamic) @ state.position[:, 2].astype(np.float32))
        tape = Tape(
            engine="none",
            seed=0,
            world_hash=world.world_hash,
            rate=Fraction(24),
            samples_per_frame=1,
            geometry=world.geometry,
            position=held(state.position, np.float32),
            orientation=held(state.orientation, np.float32),
            velocity=held(0 * state.velocity, np.float32),
            spin=held(0 * state.spin, np.float32),
            cluster=held(state.cluster, np.int32),
            contacts=Contacts(
                time=none,
                piece=np.zeros((0, 2), np.int32),
                impulse=none,
                point=np.zeros((0, 3)),
                depth=none,
            ),
            cracks=Cracks(time=none, piece=np.zeros((0, 2), np.int32), energy=none),
            ledger=Ledger(
                time=np.arange(samples) / 24,
                kinetic=nothing,
                potential=nothing + height,
                elastic=nothing,
                crack=nothing,
                work=nothing,
            ),
        )
        return Played(shot, tape)

    return play
