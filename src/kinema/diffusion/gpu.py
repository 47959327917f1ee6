"""`--gpu` for painted looks: whether this machine has what it takes, said before any work. Imports torch when asked."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from kinema.errors import UsageError

if TYPE_CHECKING:
    import torch

    from kinema.diffusion.torch_network import Torch

NEEDED: Final = ("torch", "einops")
_OR: Final = "Or leave --gpu out: OpenVINO paints on the CPU."


@lru_cache(maxsize=1)
def on_gpu() -> Torch:
    """Who runs the painter's networks on CUDA. Raises `UsageError` that says what is missing. Where torch cannot
    compile, it runs them as they are, and its notes say so."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise UsageError(
            "--gpu",
            "needs the extra `gpu`",
            got=f"no {' and no '.join(missing)}",
            next_step=f"pip install 'kinema[gpu]', with torch built for CUDA. {_OR}",
        )
    import torch

    from kinema.diffusion.torch_network import Torch

    if not torch.cuda.is_available():
        built = torch.version.cuda
        raise UsageError(
            "--gpu",
            "needs a GPU that torch can use",
            got=f"torch {torch.__version__} for CUDA {built}, which finds none"
            if built
            else f"torch {torch.__version__}, which is built without CUDA",
            next_step=f"Install NVIDIA's driver, and see that nvidia-smi lists the GPU. {_OR}"
            if built
            else f"pip install --force-reinstall torch, in a build for CUDA. {_OR}",
        )
    device = torch.device("cuda")
    if (why := why_eager(device)) is None:
        return Torch(device=device)
    note = f"torch cannot compile on this machine, so the painter runs eagerly, which is slower: {why}"
    return Torch(device=device, backend=None, notes=(note,))


def why_eager(device: torch.device, backend: str = "inductor") -> str | None:
    """What hinders `torch.compile` here, such as a C compiler or Python's headers that are missing: found by compiling
    a sum. None: nothing."""
    import torch

    try:
        torch.compile(lambda x: x.sin() + 1, backend=backend)(torch.ones(8, device=device))
    except Exception as error:  # of a compiler, a linker, a driver: anything can be missing
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return None
