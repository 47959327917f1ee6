"""Stop, focus, exposure and shutter of the lens: as said."""

from __future__ import annotations

from typing import Any

from kinema.shot.prompt.moves import subject_of
from kinema.shot.prompt.scene import Scene, Thing
from kinema.shot.prompt.stage import Stage


def optics_of(scene: Scene, stage: Stage) -> dict[str, Any]:
    """f-stop, focus, exposure, shutter: as said."""
    said = scene.camera
    optics: dict[str, Any] = {
        key: said[key][0] for key in ("f_stop", "exposure", "shutter_angle") if key in said
    }
    if "focus" in said:
        value = said["focus"][0]
        if isinstance(value, Thing):
            optics["focus"] = value.names[0]
        elif value == "subject":
            optics["focus"] = subject_of(stage)
        else:
            optics["focus"] = value
    elif "f_stop" in said:
        optics["focus"] = subject_of(stage)
        scene.assumed.append(f"focus on {optics['focus']}")
    if "focus" in optics and optics["focus"] != "deep" and "f_stop" not in said:
        optics["f_stop"] = 2.8
        scene.assumed.append("f/2.8")
    return optics
