"""What works on this machine. Each check runs the real part on something tiny; none only imports."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass

from kinema.config import read_config


@dataclass(frozen=True)
class Check:
    """One part of the machine."""

    name: str
    works: bool
    needed: bool
    """False: kinema works without it."""
    finding: str
    remedy: str = ""


def examine() -> tuple[Check, ...]:
    """Run all checks. Takes some seconds; compiles small kernels."""
    return (
        _python(),
        _memory(),
        _cache(),
        _run("rapier", _RAPIER, needed=True, remedy="pip install --force-reinstall rapier3d"),
        _run("mujoco", _MUJOCO, needed=False, remedy="Only --engine mujoco needs it: pip install mujoco"),
        _run("preview", _NUMBA, needed=True, remedy="pip install --force-reinstall numba llvmlite"),
        _run(
            "path tracer",
            _MITSUBA,
            needed=True,
            remedy="LLVM >= 17 comes with pip install karellen-llvm-core (Linux x86-64); elsewhere "
            "install it from the system (Debian: apt install libllvm19) and set DRJIT_LIBLLVM_PATH. "
            "--quality draft works without.",
        ),
        _run("denoiser", _OIDN, needed=True, remedy="pip install --force-reinstall pyoidn"),
        _run("codecs", _CODECS, needed=True, remedy="pip install --force-reinstall av"),
        _run("colour", _OCIO, needed=True, remedy="pip install --force-reinstall opencolorio"),
        _run("OpenEXR", _EXR, needed=True, remedy="pip install --force-reinstall OpenEXR"),
        _run("USD", _USD, needed=False, remedy="Only USD stages need it: pip install usd-core"),
        _gpu(),
        _llm(),
    )


def _python() -> Check:
    version = platform.python_version()
    return Check("python", sys.version_info >= (3, 11), True, version, "kinema needs Python 3.11 or newer.")


def _memory() -> Check:
    import psutil

    free = psutil.virtual_memory().available / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Check("memory", free > 2, True, f"{free:.1f} GiB free, {cores} cores", "kinema wants 2 GiB free.")


def _cache() -> Check:
    folder = read_config().cache
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        return Check(
            "cache", False, True, f"{folder}: {error}", "Set KINEMA_CACHE to a folder you can write."
        )
    return Check("cache", True, True, str(folder))


def _run(name: str, program: str, *, needed: bool, remedy: str) -> Check:
    """In a process of its own: a wrong LLVM aborts, and no `except` catches that."""
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False
    )
    if answer.returncode == 0:
        return Check(name, True, needed, answer.stdout.strip().splitlines()[-1])
    why = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
    return Check(name, False, needed, why[:160], remedy)


def _gpu() -> Check:
    finding = _first_line(["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"])
    return Check("GPU", finding is not None, False, finding or "no NVIDIA GPU; the CPU draws")


def _llm() -> Check:
    url = read_config().llm_url
    return Check("LLM", url is not None, False, url or "off; words are compiled by kinema's own compiler")


def _first_line(command: list[str]) -> str | None:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=True
        ).stdout.splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return None


_RAPIER = """
import importlib.metadata, rapier3d as rp
w = rp.PhysicsWorld(gravity=(0.0, 0.0, -9.81))
h = w.add_body(rp.RigidBody.dynamic(), [rp.Collider.ball(0.1)])
w.step()
assert w.rigid_bodies[h].linvel.z < 0
print("rapier3d", importlib.metadata.version("rapier3d"))
"""
_MUJOCO = """
import mujoco as mj
body = '<body><freejoint/><geom size=".1"/></body>'
m = mj.MjModel.from_xml_string(f'<mujoco><worldbody>{body}</worldbody></mujoco>')
d = mj.MjData(m)
mj.mj_step(m, d)
assert d.qvel[2] < 0
print("mujoco", mj.__version__)
"""
_NUMBA = """
import numba as nb, numpy as np
@nb.njit(parallel=True)
def double(x):
    for i in nb.prange(x.size):
        x[i] *= 2
    return x
assert double(np.ones(8)).sum() == 16
print("numba", nb.__version__, "on", nb.get_num_threads(), "threads")
"""
_MITSUBA = """
from kinema.render.pathtrace.variant import mitsuba
mi = mitsuba()
film = {"type": "hdrfilm", "width": 8, "height": 8}
scene = mi.load_dict({"type": "scene", "integrator": {"type": "path"}, "light": {"type": "constant"},
                      "sensor": {"type": "perspective", "film": film}})
assert float(mi.TensorXf(mi.render(scene, spp=1)).array[0]) > 0
print("mitsuba", mi.__version__, mi.variant())
"""
_OIDN = """
import numpy as np, pyoidn
assert np.isfinite(pyoidn.denoise(np.ones((16, 16, 3), np.float32), hdr=True)).all()
print("pyoidn", getattr(pyoidn, "__version__", ""))
"""
_CODECS = """
import av
names = [n for n in ("libx264", "libsvtav1", "prores_ks") if n in av.codecs_available]
assert "libx264" in names, "libx264 is missing"
print("PyAV", av.__version__, "with", ", ".join(names))
"""
_OCIO = """
import PyOpenColorIO as ocio
config = ocio.Config.CreateFromBuiltinConfig("cg-config-v4.0.0_aces-v2.0_ocio-v2.5")
print("OpenColorIO", ocio.GetVersion(), config.getName())
"""
_EXR = """
import OpenEXR
print("OpenEXR", OpenEXR.__version__)
"""
_USD = """
from pxr import Usd
stage = Usd.Stage.CreateInMemory()
assert stage.DefinePrim("/World")
print("USD", ".".join(str(v) for v in Usd.GetVersion()))
"""
