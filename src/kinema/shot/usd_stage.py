"""Open a USD stage safely: bounded in size, all layers in the folder of the file, complaints noted."""

from __future__ import annotations

import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from kinema.errors import ShotError
from kinema.shot.usd_pxr import pxr
from kinema.shot.usd_reading import Reading

MAX_BYTES = 512 * 2**20
MAX_LAYERS = 256
PATIENCE = 300


def open_stage(path: Path) -> Reading:
    """Open a stage whose every layer lies in the folder of `path`. Raises `ShotError`."""
    Tf, Usd, UsdGeom, UsdPhysics, UsdUtils = (
        pxr("Tf"),
        pxr("Usd"),
        pxr("UsdGeom"),
        pxr("UsdPhysics"),
        pxr("UsdUtils"),
    )

    if not path.is_file():
        got = "a folder" if path.is_dir() else "nothing there"
        raise ShotError(str(path), "must be an existing USD file", got=got, next_step="Check the path.")
    if path.stat().st_size > MAX_BYTES:
        raise ShotError(
            str(path),
            f"must be at most {MAX_BYTES >> 20} MiB",
            got=f"{path.stat().st_size >> 20} MiB",
            next_step="Split it into layers, or leave out what the shot does not see.",
        )
    warnings = UsdUtils.CoalescingDiagnosticDelegate()
    try:
        _refuse_outside(path)
        stage = Usd.Stage.Open(str(path.resolve()))
    except Tf.ErrorException as error:
        raise not_usd(path, told_by(error)) from error
    if stage is None:
        raise not_usd(path, "")
    frames, timing, notes = _timing(stage)
    y_up = UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y
    metres, kilograms = UsdGeom.GetStageMetersPerUnit(stage), UsdPhysics.GetStageKilogramsPerUnit(stage)
    for name, value in (("metersPerUnit", metres), ("kilogramsPerUnit", kilograms)):
        if not 1e-9 < value < 1e9:
            raise ShotError(
                f"{path.name}: {name}", "must be above 0", got=value, next_step="Correct the stage."
            )
    reading = Reading(
        stage=stage,
        path=path,
        metres=metres,
        kilograms=kilograms,
        turn=np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) if y_up else np.eye(3),
        frames=frames,
        timing=timing,
        notes=notes,
        warnings=warnings,
    )
    if not stage.HasAuthoredMetadata("metersPerUnit"):
        reading.note(path.name, f"metersPerUnit is not set: {metres:g} m, the default of USD, is taken")
    return reading


# A damaged binary layer can take the process down from within USD; so another process looks at it first.
_PROBE = """
import sys
from pxr import Sdf
layer = Sdf.Layer.FindOrOpen(sys.argv[1])
if layer:
    layer.GetCompositionAssetDependencies()
    layer.Traverse("/", layer.GetObjectAtPath)
    layer.ExportToString()
"""


def _refuse_deadly(path: Path) -> None:
    if not path.is_file():
        return
    with path.open("rb") as file:
        if file.read(5) == b"#usda":
            return
    try:
        probe = subprocess.run(
            [sys.executable, "-I", "-c", _PROBE, str(path.resolve())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise not_usd(path, f"a file that keeps USD busy for {PATIENCE} s") from error
    if probe.returncode < 0:
        raise not_usd(path, "a damaged file that brings USD down")


def not_usd(path: Path, told: str) -> ShotError:
    """A file that USD cannot read, with what is known about it."""
    return ShotError(
        str(path),
        "must be a USD stage",
        got=told or "something that USD cannot read",
        next_step="Open it in usdview or run `usdchecker` on it.",
    )


def told_by(error: Exception) -> str:
    """What USD says, out of: Error in 'function' at line n in file f : 'path:line:column: what'."""
    told = re.findall(r" : '(?:\S*?:(?=\d))?(.+?)'?$", str(error).strip(), re.MULTILINE)
    return re.sub(r"pxrInternal_\w*?_pegtl::", "", told[-1])[:200] if told else ""


def _refuse_outside(path: Path) -> None:
    """Walk the layers before composing them: each must lie in the folder, so nothing else is ever opened."""
    Sdf = pxr("Sdf")

    folder = path.resolve().parent
    waiting = [str(path.resolve())]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if len(seen) > MAX_LAYERS:
            raise ShotError(
                path.name,
                f"must have at most {MAX_LAYERS} layers",
                got="more",
                next_step="Flatten the stage.",
            )
        _refuse_deadly(Path(name.split("[", 1)[0]))
        layer = Sdf.Layer.FindOrOpen(name)
        if layer is None:
            if name == str(path.resolve()):
                raise not_usd(path, "")
            raise ShotError(
                path.name,
                "must have all its layers",
                got=f"{name!r} cannot be read",
                next_step="Add the missing layer.",
            )
        for asset in (*layer.GetCompositionAssetDependencies(), *_clips(layer)):
            if asset:
                waiting.append(inside(asset, layer.ComputeAbsolutePath(asset), folder, path.name))


def _clips(layer: Any) -> list[str]:
    """Asset paths of value clips, which are no composition arcs."""
    found: list[str] = []

    def visit(spec_path: Any) -> None:
        spec = layer.GetPrimAtPath(spec_path) if spec_path.IsPrimPath() else None
        if spec and not spec.expired and spec.HasInfo("clips"):
            found.extend(re.findall(r"@([^@]+)@", str(spec.GetInfo("clips"))))

    layer.Traverse("/", visit)
    return found


def inside(asset: str, resolved: str, folder: Path, source: str) -> str:
    """The resolved path of an asset, which must be a file (or in a package) in the folder of the stage."""
    outer = resolved.split("[", 1)[0]
    if "://" not in asset and not Path(outer).is_absolute():  # USD found it nowhere
        raise ShotError(
            source, "must have all the files it refers to", got=repr(asset), next_step="Add the missing file."
        )
    if "://" in asset or "://" in resolved or not Path(outer).resolve().is_relative_to(folder):
        raise ShotError(
            source,
            "must not refer to files outside its folder",
            got=repr(asset),
            next_step="Copy it beside the stage and refer to it by a relative path.",
        )
    return resolved


def _timing(stage: Any) -> tuple[tuple[float, ...], dict[str, Any], list[str]]:
    """Time codes of the frames, the shot's timing, and what was assumed. The end time code is a frame."""
    notes: list[str] = []
    authored = stage.HasAuthoredMetadata("framesPerSecond") or stage.HasAuthoredMetadata("timeCodesPerSecond")
    codes = float(stage.GetTimeCodesPerSecond())
    rate = float(stage.GetFramesPerSecond()) if stage.HasAuthoredMetadata("framesPerSecond") else codes
    if not (0 < rate <= 1000 and 0 < codes < 1e6):
        raise ShotError(
            "framesPerSecond", "must be above 0 and at most 1000", got=rate, next_step="Correct the stage."
        )
    if not authored:
        notes.append(f"framesPerSecond is not set: {rate:g} is taken")
    fps = _film_rate(rate)
    start = float(stage.GetStartTimeCode())
    if stage.HasAuthoredTimeCodeRange() and stage.GetEndTimeCode() > start:
        count = round((float(stage.GetEndTimeCode()) - start) * float(fps) / codes) + 1
    else:
        count = round(3 * fps)
        notes.append("the stage has no time range: 3 s are taken")
    if not 1 <= count <= 200_000:
        raise ShotError(
            "endTimeCode", "must give 1 to 200000 frames", got=count, next_step="Shorten the range."
        )
    times = tuple(start + i * codes / float(fps) for i in range(count))
    return times, {"fps": str(fps), "frames": count}, notes


def _film_rate(rate: float) -> Fraction:
    """23.976 and its like are the NTSC rates n * 1000/1001 (SMPTE ST 428), whatever digits were written."""
    ntsc = Fraction(round(rate * 1.001) * 1000, 1001)
    if abs(rate - round(rate)) > 1e-6 and abs(float(ntsc) - rate) < 0.005:
        return ntsc
    return Fraction(rate).limit_denominator(1001)
