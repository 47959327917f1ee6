"""Every engine, by name."""

from __future__ import annotations

import pytest

from kinema.physics.build import build_world
from kinema.physics.engine import engine_named
from kinema.physics.tape import Tape
from kinema.shot.shot import Shot


class Simulate:
    """Simulates shots with one engine."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, shot: Shot) -> Tape:
        return engine_named(self.name).simulate(build_world(shot))


@pytest.fixture(params=["rapier", "mujoco", "analytic"])
def simulate(request: pytest.FixtureRequest) -> Simulate:
    """By each engine: scenes that have a closed form."""
    return Simulate(request.param)


@pytest.fixture(params=["rapier", "mujoco"])
def step(request: pytest.FixtureRequest) -> Simulate:
    """By each engine that steps: all other scenes."""
    return Simulate(request.param)
