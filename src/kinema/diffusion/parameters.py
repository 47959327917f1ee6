"""What the networks learned, read back out of their exported graphs: so the same files serve OpenVINO and torch.

A graph's constant is known by its own name, where the converter kept the parameter's, or by its user's: biases, gains
and tables are folded to another shape and lose their names, but who adds or multiplies by them keeps its module's. What
was computed from parameters before it was written is taken apart again (`_linear`). Nothing is guessed: a constant that
stands for no parameter is refused here, and a parameter without its constant by whoever loads it. The one exception is
a bias of zeros or a gain of ones, which the converter leaves out because it does nothing: see `neutral`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Float

from kinema.diffusion.grid import SPACE, TIME
from kinema.diffusion.sizes import CONDITION, LATENT
from kinema.errors import TrainingError

Arrays = dict[str, Float[np.ndarray, "*any"]]
"""float32, by torch's names."""

SMALL: Final = 32
"""Constants of no parameter, such as frequencies of turning and waves of time, are no larger."""
FINE: Final = 2**-6
"""Spread [of pixels in -1 to 1] above which a component's product with it, some 1/80 of it a number, is a normal half
float; what ships has none below."""
_BLOCK: Final = 3 * TIME * SPACE**2
_MODULE: Final = re.compile(r"^__module\.([^/]+)/")


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Of both networks, by the names of `model.autoencoder.Autoencoder` and `model.network.PainterNetwork`."""

    autoencoder: Arrays
    network: Arrays


class _Constant(NamedTuple):
    """A constant of a graph, and who uses it."""

    name: str
    user: str
    kind: str
    """Of the user: Add, Multiply, Convolution, …"""
    value: Float[np.ndarray, "*any"]

    @property
    def module(self) -> str:
        """The user's module; empty at the root of a graph."""
        found = _MODULE.match(self.user)
        return found.group(1) if found else ""


def read_parameters(folder: Path) -> Parameters:
    """All that was learned, from graphs of `export`. Raises `TrainingError` for graphs that say something else."""
    step, reader, stem = (_graph(folder, name) for name in ("step", "reader", "stem_first"))
    decoder, shader, encoder = (_graph(folder, name) for name in ("decoder_first", "shader", "encoder_first"))
    words = {name: value for name, value in reader.items() if not name.startswith("transformer.")}
    drawn = decoder | shader | encoder
    if missing := {"synthesis", "analysis"} - drawn.keys():
        raise _strange("decoder_first or encoder_first", f"no {' and '.join(sorted(missing))} of components")
    linear = _linear(drawn.pop("synthesis"), drawn.pop("analysis"))
    return Parameters(autoencoder=drawn | linear, network=step | words | stem)


def neutral(name: str, shape: tuple[int, ...]) -> Float[np.ndarray, "*any"] | None:
    """What a parameter that no constant stands for must have been, so that the converter left it out: a bias of zeros,
    a gain of ones. None: it must be there."""
    leaf = name.rpartition(".")[2]
    if leaf in ("bias", "shift", "offset", "centre"):
        return np.zeros(shape, np.float32)
    if leaf == "gain" or (leaf == "weight" and len(shape) == 1):
        return np.ones(shape, np.float32)
    return None


def depth_of(names: Mapping[str, Any], prefix: str) -> int:
    """Modules that are numbered after `prefix`."""
    numbers = (re.match(rf"{re.escape(prefix)}\.(\d+)\.", name) for name in names)
    return 1 + max((int(found.group(1)) for found in numbers if found), default=-1)


def _linear(
    synthesis: Float[np.ndarray, "6144 48 1 1 1"], analysis: Float[np.ndarray, "48 6144 1 1 1"]
) -> Arrays:
    """The components and their spread, of their product and their quotient. Both are rounded to half floats; what is
    made of them again differs from the product by float32's rounding, from the quotient by half a float's. Components
    that data had too few directions for are zeros, and any spread is theirs."""
    product = synthesis.reshape(_BLOCK, LATENT).T.astype(float)
    quotient = analysis.reshape(LATENT, _BLOCK).astype(float)
    square, one = (product**2).sum(1), (product * quotient).sum(1)
    spread = np.sqrt(np.divide(square, one, out=np.ones(LATENT), where=one > 0))
    # Products of a small spread are among the least half floats, which are coarse: then the quotient says it better.
    basis = np.where(spread[:, None] > FINE, product / spread[:, None], quotient * spread[:, None])
    return {"basis": basis.astype(np.float32), "spread": spread.astype(np.float32)}


def _graph(folder: Path, name: str) -> Arrays:
    """The parameters of one graph. A constant of several users stands for one parameter, or is refused."""
    found: Arrays = {}
    for constant in _constants(folder / f"{name}.xml"):
        key = _key(name, constant)
        if key is None:
            continue
        value = -constant.value if "::sub/" in constant.user and constant.kind == "Add" else constant.value
        if key in found and not np.array_equal(found[key].ravel(), value.ravel()):
            raise _strange(name, f"two constants for {key}")
        found[key] = value
    return found


def _key(graph: str, constant: _Constant) -> str | None:
    """Which parameter it is; None if it is none, or is read from another graph. Raises `TrainingError`."""
    if constant.name.startswith("self."):
        return _stripped(constant.name.removeprefix("self.").removesuffix("_compressed"))
    if not constant.module:
        return _at_root(graph, constant)
    module = _stripped(constant.module)
    if constant.kind == "Multiply" and module == "transformer.clock":  # the waves of time
        return None
    if constant.kind == "Add":
        return f"{module}.{'table' if re.fullmatch(r'transformer.blocks.[0-9]+', module) else 'bias'}"
    if constant.kind == "Multiply":
        leaf = "nothing" if module == "shader" else "weight" if "rms_norm" in constant.user else "gain"
        return f"{module}.{leaf}"
    raise _strange(graph, f"{constant.name}, used by {constant.user}")


def _at_root(graph: str, constant: _Constant) -> str | None:
    """Of a graph's outermost module, whose name is not said: by what is done with it, and how large it is."""
    size, kind = constant.value.size, constant.kind
    known = {
        ("step", "Multiply", LATENT): "transformer.rough",
        ("reader", "Result", CONDITION): "no_control",
        ("stem_first", "Convolution", LATENT * _BLOCK): "stem.basis",
        ("stem_first", "Add", LATENT): "stem.offset",
        ("decoder_first", "Add", LATENT): "shift",
        ("decoder_first", "Convolution", LATENT * _BLOCK): "synthesis",
        ("decoder_first", "Add", _BLOCK): "centre",
        ("encoder_first", "Convolution", LATENT * _BLOCK): "analysis",
        ("encoder_first", "Add", _BLOCK): "centre",
        ("encoder_first", "Add", LATENT): "shift",
    }
    if (found := known.get((graph, kind, size))) is not None:
        return found
    if graph == "step" and kind == "Add" and constant.value.shape[-2:-1] == (2,):
        return "transformer.table"
    tables = (
        graph == "reader" and kind == "Add" and constant.value.shape[-2:-1] == (6,)
    )  # of blocks: step has them
    if size <= SMALL or tables:
        return None
    raise _strange(graph, f"{constant.name}, used by {constant.user}")


def _stripped(path: str) -> str:
    """Without the wrapper that `export` traced it in."""
    return path.removeprefix("network.").removeprefix("autoencoder.")


def _constants(path: Path) -> Iterator[_Constant]:
    """Of numbers, more than one. Half floats are followed through their conversion to who uses them."""
    import openvino

    try:
        model = openvino.Core().read_model(path)
    except RuntimeError as error:
        raise _strange(path.name, str(error).strip().partition("\n")[0][:160]) from error
    for node in model.get_ordered_ops():
        if node.get_type_name() != "Constant" or not node.get_element_type().is_real():
            continue
        value = np.array(node.data, np.float32)
        users = _users(node)
        if value.size > 1 and users:
            user = users[0]
            yield _Constant(node.get_friendly_name(), user.get_friendly_name(), user.get_type_name(), value)


def _users(node: Any) -> list[Any]:
    users = [port.get_node() for port in node.output(0).get_target_inputs()]
    return _users(users[0]) if users and users[0].get_type_name() == "Convert" else users


def _strange(graph: str, what: str) -> TrainingError:
    return TrainingError(
        f"the graph {graph}",
        "must be one that kinema exported and torch can take over",
        got=what,
        next_step="Export the weights again: kinema export. Without --gpu they may still paint.",
    )
