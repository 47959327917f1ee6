"""A USD stage in kinema's frame: metres, kilograms, z up, seconds from the first frame."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from kinema.errors import ShotError
from kinema.shot.usd_pxr import pxr

MAX_PRIMS = 1_000_000
MAX_KEYS = 10_000


@dataclass(frozen=True)
class Pose:
    """Where a frame is in the world, without its scale."""

    position: tuple[float, float, float]
    """[m]"""
    rotation: tuple[float, float, float, float]
    """w, x, y, z"""
    axes: Float[np.ndarray, "3 3"]
    """The rotation as a matrix: columns are the frame's axes."""
    scale: Float[np.ndarray, " 3"]
    """Metres per unit of the prim along each of its axes."""
    sheared: bool
    mirrored: bool


@dataclass
class Reading:
    """One stage on its way to a shot."""

    stage: Any
    path: Path
    metres: float
    """Per scene unit."""
    kilograms: float
    """Per unit of mass."""
    turn: Float[np.ndarray, "3 3"]
    """Stage axes to z up."""
    frames: tuple[float, ...]
    """Time code of each frame of the clip."""
    timing: dict[str, Any]
    notes: list[str]
    warnings: Any
    """Keeps USD's own diagnostics off the terminal for as long as the reading lives."""
    materials: dict[str, Any] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    """Paths of prims that became something."""
    _names: dict[str, set[str]] = field(default_factory=dict)
    _caches: dict[float, Any] = field(default_factory=dict)

    @property
    def start(self) -> float:
        """Time code of the first frame."""
        return self.frames[0]

    def note(self, prim: Any, text: str) -> None:
        """Something the user should know about a prim, or about the stage under its file name."""
        self.notes.append(f"{prim if isinstance(prim, str) else prim.GetPath()}: {text}")

    def name_for(self, prim: Any, group: str) -> str:
        """A name for a prim that nothing else in the group has: its own, after its parent's, or numbered."""
        parent = prim.GetParent().GetName()
        own = as_name(prim.GetName())
        return self.name_free([own, as_name(f"{parent}_{own}")] if parent.strip("/") else [own], group)

    def name_free(self, wanted: list[str], group: str) -> str:
        """The first of the wanted names that nothing else in the group has, else the first, numbered."""
        taken = self._names.setdefault(group, set())
        numbered = (f"{wanted[0][:56]}_{number}" for number in range(2, len(taken) + 3))
        name = next(name for name in (*wanted, *numbered) if name not in taken)
        taken.add(name)
        return name

    def matrix(self, prim: Any, time: float | None = None) -> Float[np.ndarray, "4 4"]:
        """Prim frame to world: metres, z up, column vectors."""
        Usd, UsdGeom = pxr("Usd"), pxr("UsdGeom")
        at = self.start if time is None else time
        if at not in self._caches:
            self._caches[at] = UsdGeom.XformCache(Usd.TimeCode(at))
        local_to_stage = np.array(self._caches[at].GetLocalToWorldTransform(prim)).T
        if not np.isfinite(local_to_stage).all() or np.abs(local_to_stage).max() > 1e100:
            raise ShotError(
                str(prim.GetPath()),
                "must have a finite transform",
                got="numbers beyond bounds",
                next_step="Correct the stage.",
            )
        world = np.eye(4)
        world[:3] = self.metres * self.turn @ local_to_stage[:3]
        return world

    def pose(self, prim: Any, time: float | None = None) -> Pose:
        """Pose of a prim in the world at a time code, the first frame's by default."""
        return pose_of(self.matrix(prim, time))

    def moves(self, prim: Any) -> bool:
        """Whether its transform, or that of anything above it, changes with time."""
        UsdGeom = pxr("UsdGeom")
        while prim and not prim.IsPseudoRoot():
            xform = UsdGeom.Xformable(prim)
            if xform and xform.TransformMightBeTimeVarying():
                return True
            prim = prim.GetParent()
        return False

    def seconds(self, time: float) -> str:
        """Clip time of a time code, exact where the rate is."""
        rate = Fraction(self.stage.GetTimeCodesPerSecond()).limit_denominator(1001)
        since = Fraction(time).limit_denominator(10_000) - Fraction(self.start).limit_denominator(10_000)
        return str(since / rate)

    def key_times(self) -> tuple[float, ...]:
        """Time codes at which animation is sampled: every frame, fewer for very long clips."""
        return self.frames[:: -(-len(self.frames) // MAX_KEYS)]

    def unread(self) -> list[str]:
        """What of the stage nobody asked for: by prim, then what USD itself had to say."""
        left = [
            f"{prim.GetPath()}: {prim.GetTypeName()} is not understood and left out"
            for prim in self.prims()
            if prim.GetTypeName()
            and prim.GetTypeName() not in _SILENT
            and str(prim.GetPath()) not in self.read
        ]
        return left + [f"USD: {told.commentary}" for told in self.warnings.TakeUncoalescedDiagnostics()]

    def prims(self) -> list[Any]:
        """All prims, instances opened."""
        Usd = pxr("Usd")
        found = []
        for prim in Usd.PrimRange(self.stage.GetPseudoRoot(), Usd.TraverseInstanceProxies()):
            found.append(prim)
            if len(found) > MAX_PRIMS:
                raise ShotError(
                    self.path.name,
                    f"must hold at most {MAX_PRIMS} prims",
                    got="more",
                    next_step="Deactivate what the shot does not see.",
                )
        return found


_SILENT = {
    "Xform",
    "Scope",
    "Material",
    "Shader",
    "NodeGraph",
    "RenderSettings",
    "RenderProduct",
    "RenderVar",
}


def as_name(text: str) -> str:
    """A prim's name as a name a shot can hold."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", text)[:60]
    return name if name[:1].isalpha() else f"b{name}"


def tidy(numbers: Any) -> tuple[float, ...]:
    """Without the dust of unit conversion: to a nanometre."""
    return tuple(round(float(x), 9) + 0.0 for x in numbers)


def pose_of(matrix: Float[np.ndarray, "4 4"]) -> Pose:
    """A frame's matrix as rotation and scale; the nearest ones (polar decomposition) where it is sheared."""
    linear = matrix[:3, :3]
    scale = np.linalg.norm(linear, axis=0)
    axes = linear / np.where(scale > 0, scale, 1)
    mirrored = bool(np.linalg.det(linear) < 0)
    if mirrored:
        axes = axes * [-1, 1, 1]
    sheared = bool(np.abs(axes.T @ axes - np.eye(3)).max() > 1e-4)
    u, _, vt = np.linalg.svd(axes)
    axes = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt)) or 1]) @ vt
    x, y, z = tidy(matrix[:3, 3])
    return Pose((x, y, z), quaternion(axes), axes, scale, sheared, mirrored)


def quaternion(axes: Float[np.ndarray, "3 3"]) -> tuple[float, float, float, float]:
    """Unit quaternion w, x, y, z of a rotation matrix."""
    found = pxr("Gf").Matrix3d(*map(float, axes.T.ravel())).ExtractRotation().GetQuat()
    sign = -1.0 if found.GetReal() < 0 else 1.0
    w, x, y, z = (round(sign * float(c), 12) + 0.0 for c in (found.GetReal(), *found.GetImaginary()))
    return w, x, y, z
