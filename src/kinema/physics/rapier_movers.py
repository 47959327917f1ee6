"""The work that keyframed bodies do on those they touch or hold."""

from __future__ import annotations

from kinema.physics.rapier_scene import Motion, Scene


class Movers:
    """Knows the keyframed bodies of a scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._units = [unit for unit in scene.units if unit.body.motion == "kinematic"]

    def work(self, before: Motion, now: Motion) -> float:
        """Done during the last step [J]."""
        return 0.0
