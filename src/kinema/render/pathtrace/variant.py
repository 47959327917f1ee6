"""Which Mitsuba: spectral on CUDA where a device is there, else on the CPU through LLVM. Safe to ask
anywhere.

Mitsuba's wheel holds no LLVM. It takes the first it finds, and LLVM 15 or 16 aborts the whole process on the
first large kernel ("Cannot select: fminimum"), past any handler. So a library is chosen here, by name, and
its version read before anything is compiled.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from kinema.errors import MachineError

OLDEST_LLVM = 17
_CACHE_LINE = 64
"""[bytes], and the width of AVX-512."""
_HELP = "Install karellen-llvm-core==19.1.7 (pip) or libllvm19 (apt); `kinema doctor` tells which is found."


@lru_cache(maxsize=1)
def mitsuba() -> Any:
    """The module, its variant set. Raises `MachineError` where neither CUDA nor a fit LLVM is found."""
    if has_cuda():
        import mitsuba as mi

        mi.set_variant("cuda_ad_spectral")
        return _silenced(mi)
    library = _own_llvm() or _system_llvm()
    if library is None:
        raise MachineError(
            "LLVM", f"must be version {OLDEST_LLVM} or newer", got="none found", next_step=_HELP
        )
    # dr.jit reads this when it is first imported. kinema's own settings are read in config.py.
    os.environ["DRJIT_LIBLLVM_PATH"] = str(library)
    import drjit as dr
    import mitsuba as mi

    mi.set_variant("llvm_ad_spectral")
    version = dr.detail.llvm_version()
    if version is None or version < (OLDEST_LLVM, 0, 0):
        raise MachineError(
            "LLVM", f"must be version {OLDEST_LLVM} or newer", got=f"{version} at {library}", next_step=_HELP
        )
    return _silenced(mi)


def drjit() -> Any:
    """dr.jit, after `mitsuba` chose what it compiles with: it looks for LLVM when it is imported, and
    once."""
    mitsuba()
    import drjit as dr

    return dr


def _silenced(mi: Any) -> Any:
    mi.set_log_level(mi.LogLevel.Error)
    return mi


@lru_cache(maxsize=1)
def has_cuda() -> bool:
    """Whether the CUDA driver is there and has a device. Touches no device."""
    try:
        driver = ctypes.CDLL("libcuda.so.1" if sys.platform == "linux" else "nvcuda.dll")
        count = ctypes.c_int(0)
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except (OSError, AttributeError):
        return False


def _own_llvm() -> Path | None:
    """LLVM from the pip package, beside this interpreter. It needs its own C++ library, loaded first."""
    root = Path(sys.prefix) / "lib"
    found = [path for path in sorted(root.glob("libLLVM*.so*")) if not path.is_symlink()] or sorted(
        root.glob("libLLVM*.so*")
    )
    if not found:
        return None
    for name in ("libunwind.so.1*", "libc++abi.so.1*", "libc++.so.1*"):  # each needs the one before
        for library in [*sorted(root.glob(f"*/{name}")), *sorted(root.glob(name))][:1]:
            ctypes.CDLL(str(library))
    return found[0]


def _system_llvm() -> Path | None:
    """Newest fit libLLVM of the system, by the version in its file name."""
    places = (
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/opt/homebrew/opt/llvm/lib",
        "/usr/local/opt/llvm/lib",
    )
    best: tuple[int, Path] | None = None
    for place in places:
        for pattern in ("libLLVM*", "*/libLLVM*", "llvm*/lib/libLLVM*"):
            for path in Path(place).glob(pattern):
                found = re.search(r"libLLVM[-.]?(?:so\.)?(\d+)", path.name)
                version = int(found[1]) if found else 0
                if version >= OLDEST_LLVM and (best is None or version > best[0]):
                    best = version, path
    return best[1] if best else None


def describe() -> str:
    """Name, variant and versions, for the record."""
    mi, dr = mitsuba(), drjit()
    back = "" if "cuda" in mi.variant() else f", LLVM {'.'.join(map(str, dr.detail.llvm_version()))}"
    return f"mitsuba {mi.__version__} {mi.variant()}{back}"


def aligned(values: np.ndarray, dtype: type[np.generic]) -> np.ndarray:
    """A flat copy that begins on a cache line, for dr.jit to map.

    It maps numpy's memory as it lies, and compiles another kernel for what is not aligned to its vectors: numpy
    aligns to 16 bytes, so a kernel of three arrays had eight variants, drawn by lot and compiled in mid-clip.
    """
    size = values.size * np.dtype(dtype).itemsize
    room = np.empty(size + _CACHE_LINE, np.uint8)
    start = -room.ctypes.data % _CACHE_LINE
    copy = room[start : start + size].view(dtype)
    copy[:] = values.ravel()
    return copy
