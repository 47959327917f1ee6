"""How the preview's kernels are compiled, and where they are kept.

Import this before any kernel: numba decides where a function is kept when it is decorated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

# No `nnan` or `ninf`: depth is infinite where there is no body, and that must survive.
_FAST = {"contract", "arcp", "nsz", "reassoc", "afn"}


def kernel() -> Callable[[_Function], _Function]:
    """Compile for this CPU, kept on disk, run without the interpreter's lock. Its first argument says which items of
    the work are its own. Divisions by zero give inf or nan instead of raising.
    """
    return _njit(cache=True)


def inlined() -> Callable[[_Function], _Function]:
    """Compile as a part of the kernels that call it, always.

    Some forty arrays go down the calls: handing them over, and counting references to them, took four fifths of
    the time. What allocates nothing needs no counting.
    """
    return _njit(forceinline=True, _nrt=False)


def _njit(**options: Any) -> Any:
    import numba

    return numba.njit(nogil=True, fastmath=_FAST, error_model="numpy", **options)


def keep_kernels(cache: Path) -> None:
    """Keep compiled kernels in a folder named after the sources they are made from.

    numba looks only at the file of the kernel itself: a change in an inlined function of another file would
    go unseen.
    """
    import numba

    if numba.config.CACHE_DIR:  # type: ignore[attr-defined]
        return
    digest = hashlib.sha256()
    shared = [Path(__file__).parents[2] / name for name in ("quad.py", "stack.py")]
    for source in [*sorted(Path(__file__).parent.glob("*.py")), *shared]:
        digest.update(source.read_bytes())
    numba.config.CACHE_DIR = str(cache / "kernels" / digest.hexdigest()[:16])  # type: ignore[attr-defined]
