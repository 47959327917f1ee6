"""kinema: describe a shot; it is simulated, drawn, checked and kept.

    import kinema
    take = kinema.make_take(kinema.load_shot("examples/glass.yaml"), "glass.take")

Names are looked up on first use, so that `import kinema` itself loads nothing heavy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kinema.job import Job
    from kinema.shot.files import dump_shot, load_shot
    from kinema.shot.shot import Shot
    from kinema.take import Take, make_take

__version__ = "0.1.0"
__all__ = ["Job", "Shot", "Take", "dump_shot", "load_shot", "make_take"]

_HOME = {
    "Shot": "kinema.shot.shot",
    "load_shot": "kinema.shot.files",
    "dump_shot": "kinema.shot.files",
    "make_take": "kinema.take",
    "Take": "kinema.take",
    "Job": "kinema.job",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'kinema' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
